//go:build !unix

package refs

import "io/fs"

// linked is not known here.
func linked(fs.FileInfo) bool { return false }
