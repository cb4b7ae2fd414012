//go:build !unix

package treecheck

import "os"

// How files and folders are opened. There are no fifos in folders here.
const (
	fileFlags   = os.O_RDONLY
	folderFlags = os.O_RDONLY
)
