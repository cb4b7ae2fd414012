package filetree

import (
	"io/fs"
	"path"
)

// Changes is what a step did to a tree, each list sorted by path.
type Changes struct {
	Products []Product
	// Deleted are files that were there before. It is empty when the later
	// snapshot is incomplete, and leaves out what lies under a directory that
	// could not be read.
	Deleted []string
	// Others are the entries without a digest that are new or different.
	Others []Other
}

// Product is a file that a step made or changed, as it was afterwards.
type Product struct {
	File
	Change Change
}

// Change says what makes a file a product.
type Change string

// The changes. A file that was there before without a known digest counts as
// modified.
const (
	Created     Change = "created"
	Modified    Change = "modified"
	ModeChanged Change = "mode" // same content; executable, setuid or setgid bits differ
)

// modeBits are the permission bits that change what a file can do.
const modeBits = 0o111 | fs.ModeSetuid | fs.ModeSetgid

// Compare returns what changed between two snapshots of one directory. globs
// choose the products only; nothing chooses what was deleted.
//
// If before is incomplete, a file that it did not reach counts as created: the
// caller records that gap.
func Compare(before, after *Snapshot, globs Globs) Changes {
	var c Changes
	for i := range after.Files {
		f := &after.Files[i]
		if change := changeOf(before, f); change != "" && globs.Match(f.Path) {
			c.Products = append(c.Products, Product{*f, change})
		}
	}
	for _, o := range after.Others {
		if old := before.other(o.Path); old == nil || *old != o {
			c.Others = append(c.Others, o)
		}
	}
	if after.Incomplete != "" {
		return c
	}
	for i := range before.Files {
		if p := before.Files[i].Path; !after.holds(p) && !after.hidden(p) {
			c.Deleted = append(c.Deleted, p)
		}
	}
	return c
}

// changeOf returns how f differs from what was there before, or "".
func changeOf(before *Snapshot, f *File) Change {
	old := before.File(f.Path)
	switch {
	case old == nil && before.other(f.Path) == nil:
		return Created
	case old == nil || old.SHA256 != f.SHA256:
		return Modified
	case old.Mode&modeBits != f.Mode&modeBits:
		return ModeChanged
	}
	return ""
}

// hidden reports whether a directory above the name could not be read.
func (s *Snapshot) hidden(name string) bool {
	dir, err := PathOf(name)
	for err == nil && dir != "." {
		dir = path.Dir(dir)
		if o := s.other(RecordedName(dir)); o != nil && o.Kind.Hole() {
			return true
		}
	}
	return false
}
