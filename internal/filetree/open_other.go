//go:build !unix

package filetree

// os.Root refuses reparse points by itself, and there are no fifos.
const (
	fileFlags = 0
	dirFlags  = 0
)
