package treecheck

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// The modes of git. ModeFolder is for one case only, a folder named .git (in
// any case of letters): no tree of git has an entry of that name, so even an
// empty one must not go unseen.
const (
	ModeFile      uint32 = 0o100644
	ModeExec      uint32 = 0o100755
	ModeSymlink   uint32 = 0o120000
	ModeSubmodule uint32 = 0o160000
	ModeFolder    uint32 = 0o040000
)

// Entry is one file, symlink or submodule of a tree.
type Entry struct {
	Path string // from the tree's root, with slashes; bytes as git has them, which need not be UTF-8
	Mode uint32 // one of the Mode constants
	ID   string // git's id: 40 hex digits in lower case; of a submodule, its commit

	size int64             // bytes; known of what Hash read
	sum  [sha256.Size]byte // SHA-256 of the content; likewise
}

// Tree is everything below one folder.
type Tree struct {
	// ID is git's id of the tree, 40 hex digits. It is SHA-1: an identifier.
	ID string
	// SHA256 is a digest of our own in hex, for which no collision of SHA-1
	// helps: SHA-256 over one record for each entry, in the order of Entries,
	//
	//	MODE SP DIGEST SP PATH NUL
	//
	// where MODE is 6 octal digits, SP one space, DIGEST the SHA-256 of the
	// file's content or the symlink's target as 64 hex digits in lower case, and
	// NUL a zero byte, which no path holds. It is empty if the contents were
	// not read.
	SHA256 string
	// Entries are sorted by the bytes of their paths. Folders are not listed.
	Entries []Entry
}

// newTree sorts the entries that were read from a disk and computes both ids.
func newTree(entries []Entry) Tree {
	slices.SortFunc(entries, func(a, b Entry) int { return cmp.Compare(a.Path, b.Path) })
	sum := sha256.New()
	for _, e := range entries {
		_, _ = fmt.Fprintf(sum, "%06o %x %s\x00", e.Mode, e.sum, e.Path)
	}
	return Tree{ID: treeID(entries, 0), SHA256: hex.EncodeToString(sum.Sum(nil)), Entries: entries}
}

// treeID computes the id of the tree that the entries make, the first skip
// bytes of every path being the tree's own. The entries must be sorted by
// path, and then they already stand in git's order: git sorts a folder as if
// its name ended in a slash.
func treeID(entries []Entry, skip int) string {
	var content []byte
	for len(entries) > 0 {
		e, n := entries[0], 1
		name, _, folder := strings.Cut(e.Path[skip:], "/")
		mode, id := e.Mode, e.ID
		if folder {
			prefix := e.Path[:skip+len(name)+1]
			for n < len(entries) && strings.HasPrefix(entries[n].Path, prefix) {
				n++
			}
			mode, id = ModeFolder, treeID(entries[:n], len(prefix))
		}
		content = fmt.Appendf(content, "%o %s\x00", mode, name)
		raw, _ := hex.DecodeString(id) // made here or checked when it was parsed
		content = append(content, raw...)
		entries = entries[n:]
	}
	return gitID("tree", content)
}
