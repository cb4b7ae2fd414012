package refs

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/pkg/actionref"
)

// Fixed is what Fix did.
type Fixed struct {
	Pinned int      // references that were pinned
	Files  []string // that were written
	Left   []string // what could not be pinned in place, and why; untrusted
}

// Fix pins in place every reference whose commit is proved to belong to its
// repository. Files are replaced whole or not at all. It needs a Report that
// was followed with a resolver; nothing else is known well enough to be written.
func Fix(r Report) Fixed {
	byFile := map[string][]Row{}
	var fixed Fixed
	for _, row := range r.Rows {
		switch {
		case row.Pinned || !row.Annotate || len(row.Via) > 0 || row.Kind == actionref.KindError:
		case row.twoCommits():
			fixed.Left = append(fixed.Left, fmt.Sprintf("%s:%d: %s: a branch and a tag have this name: pin the commit that you mean", row.File, row.Line, short(row.Uses)))
		case clean(row.Reachable) && row.ResolvedSHA != "":
			byFile[row.File] = append(byFile[row.File], row)
		case row.Kind == actionref.KindDocker, row.Kind == actionref.KindImage:
			fixed.Left = append(fixed.Left, fmt.Sprintf("%s:%d: %s: no registry is asked for digests", row.File, row.Line, short(row.Uses)))
		default:
			fixed.Left = append(fixed.Left, fmt.Sprintf("%s:%d: %s: not proved", row.File, row.Line, short(row.Uses)))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(byFile)) {
		n, left, err := fixFile(name, byFile[name])
		for _, refusal := range left {
			fixed.Left = append(fixed.Left, fmt.Sprintf("%s:%d: %s: %s", name, refusal.Use.Line, short(refusal.Use.Ref.Text()), refusal.Why))
		}
		switch {
		case err != nil:
			fixed.Left = append(fixed.Left, err.Error())
		case n > 0:
			fixed.Pinned += n
			fixed.Files = append(fixed.Files, name)
		}
	}
	return fixed
}

// fixFile pins the references of rows in one file.
func fixFile(name string, rows []Row) (n int, left []actionref.Refusal, err error) {
	path, err := filetree.PathOf(name)
	if err != nil {
		return 0, nil, fmt.Errorf("pin in %s: %w", name, err)
	}
	info, err := os.Lstat(path)
	if err != nil {
		return 0, nil, fmt.Errorf("pin in %s: %w", name, err)
	}
	if !info.Mode().IsRegular() {
		return 0, nil, fmt.Errorf("pin in %s: it is not a file of its own, and is left alone", name)
	}
	if info.Mode().Perm()&0o200 == 0 || linked(info) {
		return 0, nil, fmt.Errorf("pin in %s: it is read-only or has a second name (hard link), and is left alone", name)
	}
	src, err := Source{Path: name, name: path}.Read()
	if err != nil {
		return 0, nil, fmt.Errorf("pin in %s: %w", name, err)
	}
	pins := pinnings(src, rows)
	out, left := actionref.Pin(src, pins)
	if n = len(pins) - len(left); n <= 0 {
		return 0, left, nil
	}
	if err := replace(path, src, out, info.Mode().Perm()); err != nil {
		return 0, left, fmt.Errorf("pin in %s: %w", name, err)
	}
	return n, left, nil
}

// pinnings finds the rows again in the bytes as they are now.
func pinnings(src []byte, rows []Row) []actionref.Pinning {
	var pins []actionref.Pinning
	for _, use := range actionref.Find(src).Uses {
		for _, row := range rows {
			if use.Line == row.Line && use.Col == row.Col && use.Ref.Canonical() == row.ref.Canonical() {
				pins = append(pins, actionref.Pinning{
					Use: use, To: row.ResolvedSHA, Version: bestTag(row.answer.Tags, use.Ref.Version()),
				})
				break
			}
		}
	}
	return pins
}

// replace puts new content under a name at once, or leaves what is there. A file
// that no longer holds the old content was changed by somebody else meanwhile,
// and is theirs.
func replace(path string, old, data []byte, mode os.FileMode) error {
	return filetree.Replace(path, data, mode, func(tmp *os.File) error {
		if err := tmp.Sync(); err != nil { // or a crash could leave an empty file under the name
			return err
		}
		now, err := Source{name: path}.Read()
		if err != nil {
			return err
		}
		if !bytes.Equal(now, old) {
			return errors.New("it was changed meanwhile, and is left alone")
		}
		return nil
	})
}
