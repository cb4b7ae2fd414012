package treecheck

import (
	"encoding/hex"
	"strconv"
	"strings"
)

// pointer is what git holds instead of a large file (Git LFS,
// docs/spec.md, version 1).
type pointer struct {
	sha256 [32]byte
	size   int64
}

// maxPointer is the size from which on Git LFS does not take a file for a
// pointer, in bytes.
const maxPointer = 1024

// parsePointer reads a pointer in its one canonical form: three lines that end
// in LF, the version, "oid sha256:HEX" and "size DECIMAL". Pointers with
// extensions are not understood.
func parsePointer(blob []byte) (pointer, bool) {
	if len(blob) >= maxPointer {
		return pointer{}, false
	}
	rest, ok := strings.CutPrefix(string(blob), "version https://git-lfs.github.com/spec/v1\noid sha256:")
	if !ok || !strings.HasSuffix(rest, "\n") {
		return pointer{}, false
	}
	oid, decimal, ok := strings.Cut(strings.TrimSuffix(rest, "\n"), "\nsize ")
	if !ok || strings.ToLower(oid) != oid {
		return pointer{}, false
	}
	sum, err := hex.DecodeString(oid)
	var p pointer
	if err != nil || copy(p.sha256[:], sum) != len(p.sha256) || len(sum) != len(p.sha256) {
		return pointer{}, false
	}
	p.size, err = strconv.ParseInt(decimal, 10, 64)
	if err != nil || p.size < 0 || strconv.FormatInt(p.size, 10) != decimal {
		return pointer{}, false
	}
	return p, true
}
