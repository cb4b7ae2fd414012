//go:build !unix

package filetree

// NonBlock has no meaning here.
const NonBlock = 0
