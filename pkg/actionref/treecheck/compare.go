package treecheck

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
)

// State is the answer of the bytes check.
type State string

// The states. Unverified is no "no": something could not be read, or a
// difference has an explanation that proves nothing. Result.Reason says which.
const (
	True       State = "true"
	False      State = "false"
	Unverified State = "unverified"
)

// The kinds of differences, seen from the commit.
const (
	KindMissing = "missing" // in the commit, not on the disk
	KindExtra   = "extra"   // on the disk, not in the commit
	KindContent = "content"
	KindMode    = "mode" // the executable bit, or what kind of entry it is
)

// Difference is one way in which a folder differs from its commit.
type Difference struct {
	// Path is from the tree's root, with slashes. Its bytes are those of the
	// commit or the disk: untrusted, and perhaps not UTF-8.
	Path string
	Kind string // one of the Kind constants
	// Explained is what makes the difference a legitimate one: export-ignore,
	// submodule, lfs, eol, ident, ident+eol, export-subst, windows-mode,
	// windows-symlink. Three never make the state true: export-subst where git's
	// text cannot be computed, working-tree-encoding, and too-large. Empty means
	// no explanation.
	Explained string
}

// maxDifferences is how many differences a result lists.
const maxDifferences = 100

// Result is what Compare found. TreeID and TreeSHA256 are those of what is on
// the disk, empty if it could not be read.
type Result struct {
	State       State
	Reason      string // empty if the state is true; may quote paths and git, so it is untrusted
	TreeID      string
	TreeSHA256  string
	Differences []Difference // unexplained first, by path, at most 100
	Total       int          // unexplained differences, also those not listed
}

// Options change how Compare looks.
type Options struct {
	Limits Limits
	// Windows says that the folder was unpacked on Windows, where neither
	// executable bits nor symlinks survive and text may have got CRLF.
	Windows bool
	// Temp is the folder for git's temporary index; the system's if empty.
	Temp string
}

// Compare says whether a folder holds what the commit holds. If both trees have
// the same id that costs one run of git. It never says true of what it could
// not read in full.
func Compare(ctx context.Context, dir string, c Commit, o Options) Result {
	disk, err := Hash(ctx, dir, o.Limits)
	var special *SpecialError
	switch {
	case errors.As(err, &special):
		// No commit can hold that, so nothing else needs to be known.
		return Result{
			State: False, Reason: err.Error(), Total: 1,
			Differences: []Difference{{Path: special.Path, Kind: KindExtra}},
		}
	case err != nil:
		return Result{State: Unverified, Reason: err.Error()}
	}
	res := Result{State: True, TreeID: disk.ID, TreeSHA256: disk.SHA256}
	h, err := c.header(ctx)
	if err != nil {
		res.State, res.Reason = Unverified, err.Error()
		return res
	}
	if h.tree == disk.ID {
		return res
	}
	tree, err := c.list(ctx, h.tree)
	if err != nil {
		res.State, res.Reason = Unverified, err.Error()
		return res
	}
	x := explainer{dir: dir, commit: c, header: h, tree: tree, options: o}
	err = x.explain(ctx, diff(tree.Entries, disk.Entries))
	res.judge(c, x, err)
	return res
}

// judge turns what was explained into the answer. What is wrong stays wrong,
// even if something else could not be looked at.
func (r *Result) judge(c Commit, x explainer, err error) {
	for _, d := range x.found {
		if d.Explained == "" {
			r.Total++
		}
	}
	switch {
	case r.Total > 0:
		r.State = False
		r.Reason = fmt.Sprintf("%d differences from commit %s have no explanation", r.Total, c.SHA)
		if err != nil {
			r.Reason += fmt.Sprintf(", and not all were looked at: %v", err)
		}
	case err != nil:
		r.State, r.Reason = Unverified, err.Error()
	case x.doubt != "":
		r.State, r.Reason = Unverified, x.doubt
	}
	slices.SortFunc(x.found, func(a, b Difference) int {
		if (a.Explained == "") != (b.Explained == "") {
			if a.Explained == "" {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Kind, b.Kind))
	})
	r.Differences = x.found[:min(len(x.found), maxDifferences)]
}

// change is a difference before it is explained: what the commit has and what
// the disk has, one of which may be the zero Entry.
type change struct {
	path, kind string
	want, have Entry
}

// diff lists how two sorted lists differ. A path can differ in content and in
// mode: that are two changes, since an explanation of one is none of the other.
func diff(want, have []Entry) []change {
	var all []change
	for len(want) > 0 || len(have) > 0 {
		switch {
		case len(have) == 0 || len(want) > 0 && want[0].Path < have[0].Path:
			all = append(all, change{want[0].Path, KindMissing, want[0], Entry{}})
			want = want[1:]
		case len(want) == 0 || have[0].Path < want[0].Path:
			all = append(all, change{have[0].Path, KindExtra, Entry{}, have[0]})
			have = have[1:]
		default:
			w, h := want[0], have[0]
			if w.ID != h.ID {
				all = append(all, change{w.Path, KindContent, w, h})
			}
			if w.Mode != h.Mode {
				all = append(all, change{w.Path, KindMode, w, h})
			}
			want, have = want[1:], have[1:]
		}
	}
	return all
}
