//go:build !unix

package filetree

// nonblock has no meaning here.
const nonblock = 0
