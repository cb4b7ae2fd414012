package filetree

import (
	"crypto/sha256"
	"io/fs"
	"slices"
	"strings"
)

// Snapshot is a directory tree at the time of a scan. It is shared with the
// Scanner that made it and must not be changed.
type Snapshot struct {
	Files []File // regular files whose digest is known, sorted by Path

	// Others is everything else but directories, sorted by Path; the first
	// 100,000 are kept. OthersTotal counts all of them.
	Others      []Other
	OthersTotal int

	// Incomplete says why the walk did not see the whole tree, and is empty if
	// it did. A file that is missing from an incomplete snapshot may exist.
	Incomplete string

	Hashed int   // files read in this scan
	Bytes  int64 // bytes read for them
	Reused int   // files whose digest an earlier scan had computed
}

// File is a regular file that stood still while it was hashed.
type File struct {
	Path   string // as RecordedName returns it, relative to the root
	Size   int64  // bytes
	SHA256 [sha256.Size]byte
	MIME   string      // by content, as in DetectMIME
	Mode   fs.FileMode // permission bits, setuid and setgid
	Found  any         // what the scan's Inspection found, nil if none looked

	stamp   stamp
	settled bool
}

// Other is an entry that has no digest.
type Other struct {
	Path   string // as RecordedName returns it; "." is the root itself
	Kind   Kind
	Detail string // target of a symlink as RecordedName returns it, or a reason
}

// Kind says what an Other is.
type Kind string

// The kinds. Unreadable and Changed are holes in the record; the rest is what
// the entry is.
const (
	Symlink    Kind = "symlink"
	Socket     Kind = "socket"
	FIFO       Kind = "fifo"
	Device     Kind = "device"
	Irregular  Kind = "irregular"  // what the platform has beyond these, such as a Windows junction
	Unreadable Kind = "unreadable" // a file or directory that could not be opened or read
	Changed    Kind = "changed"    // a file or directory that changed or vanished as it was read, twice
)

// Hole reports whether the entry may have had content that was not recorded.
func (k Kind) Hole() bool { return k == Unreadable || k == Changed }

// kindOf names an entry that is neither a regular file nor a directory.
func kindOf(m fs.FileMode) Kind {
	switch {
	case m&fs.ModeSymlink != 0:
		return Symlink
	case m&fs.ModeSocket != 0:
		return Socket
	case m&fs.ModeNamedPipe != 0:
		return FIFO
	case m&fs.ModeDevice != 0:
		return Device
	}
	return Irregular
}

// File returns the file with the given recorded name, or nil.
func (s *Snapshot) File(path string) *File {
	if s == nil {
		return nil
	}
	i, ok := slices.BinarySearchFunc(s.Files, path, func(f File, p string) int { return strings.Compare(f.Path, p) })
	if !ok {
		return nil
	}
	return &s.Files[i]
}

// other returns the entry with the given recorded name, or nil.
func (s *Snapshot) other(path string) *Other {
	i, ok := slices.BinarySearchFunc(s.Others, path, func(o Other, p string) int { return strings.Compare(o.Path, p) })
	if !ok {
		return nil
	}
	return &s.Others[i]
}

// holds reports whether anything but a directory is recorded under the name.
func (s *Snapshot) holds(path string) bool { return s.File(path) != nil || s.other(path) != nil }

// addOther records an entry within the bound.
func (s *Snapshot) addOther(o Other, limit int) {
	s.OthersTotal++
	if len(s.Others) < limit {
		s.Others = append(s.Others, o)
	} else {
		s.incomplete("more special, unreadable or changed entries than are kept")
	}
}

// incomplete keeps the first reason.
func (s *Snapshot) incomplete(reason string) {
	if s.Incomplete == "" {
		s.Incomplete = reason
	}
}

// sort puts both lists in the order of their paths' bytes.
func (s *Snapshot) sort() {
	slices.SortFunc(s.Files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	slices.SortFunc(s.Others, func(a, b Other) int { return strings.Compare(a.Path, b.Path) })
}
