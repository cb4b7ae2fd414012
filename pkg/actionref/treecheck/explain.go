package treecheck

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// Bounds on the search for explanations.
const (
	maxText       = 32 << 20 // bytes of a file whose content is compared in memory
	maxContents   = 4096     // changed files whose committed content is read
	blobBatch     = 256      // blobs read with one run of git
	blobBatchSize = 16 << 20 // bytes of the changed files in one such run, about
)

// explainer looks for the explanation of each change.
type explainer struct {
	dir     string
	commit  Commit
	header  header
	tree    Tree
	options Options

	found []Difference
	doubt string // why what is explained is not proved, or empty
}

func (x *explainer) add(c change, explained string) {
	x.found = append(x.found, Difference{c.path, c.kind, explained})
}

// doubtful adds a difference that has an explanation and no proof.
func (x *explainer) doubtful(c change, explained, why string) {
	x.add(c, explained)
	if x.doubt == "" {
		x.doubt = fmt.Sprintf("%s: %.200q %s", explained, c.path, why)
	}
}

// explain settles every change that it can; an error means that some are left.
func (x *explainer) explain(ctx context.Context, changes []change) error {
	var open []change // by their attributes
	for _, c := range changes {
		switch {
		case c.kind == KindMode:
			x.add(c, x.mode(c))
		case c.kind == KindMissing && c.want.Mode == ModeSubmodule:
			// An archive has an empty folder in its place. What is in that folder
			// is extra.
			x.add(c, "submodule")
		case c.kind == KindMissing, c.kind == KindContent && regular(c.want) && regular(c.have):
			open = append(open, c)
		default:
			x.add(c, "")
		}
	}
	all, err := x.commit.attributes(ctx, x.tree, questions(open), x.options.Temp)
	if err != nil {
		return err
	}
	var contents []change
	for _, c := range open {
		a, known := all[c.path]
		switch {
		case c.kind == KindMissing && ignored(c.path, all):
			x.add(c, "export-ignore")
		case c.kind == KindMissing || !known:
			x.add(c, "")
		default:
			if x.worthReading(c, a) {
				contents = append(contents, c)
			}
		}
	}
	return x.contents(ctx, contents, all)
}

func regular(e Entry) bool { return e.Mode == ModeFile || e.Mode == ModeExec }

// mode explains a change of mode: the archive for Windows is a zip file that
// is unpacked without modes, and a symlink becomes a file that holds its
// target.
func (x *explainer) mode(c change) string {
	switch {
	case !x.options.Windows || c.have.Mode != ModeFile:
	case c.want.Mode == ModeExec:
		return "windows-mode"
	case c.want.Mode == ModeSymlink && c.want.ID == c.have.ID:
		return "windows-symlink"
	}
	return ""
}

// questions are the paths whose attributes matter: those that changed, and the
// folders above what is missing, since export-ignore on a folder leaves out
// all that is in it.
func questions(changes []change) []string {
	var paths []string
	seen := map[string]bool{}
	for _, c := range changes {
		paths = append(paths, c.path)
		if c.kind != KindMissing {
			continue
		}
		for _, dir := range above(c.path) {
			if !seen[dir] {
				seen[dir] = true
				paths = append(paths, dir)
			}
		}
	}
	return paths
}

// above lists the folders above a path, each with a slash at its end, which is
// how git is told that they are folders.
func above(path string) []string {
	var dirs []string
	for i := range len(path) {
		if path[i] == '/' {
			dirs = append(dirs, path[:i+1])
		}
	}
	return dirs
}

// ignored reports whether git leaves the path out of an archive.
func ignored(path string, all map[string]attributes) bool {
	return slices.ContainsFunc(append(above(path), path), func(p string) bool {
		a, ok := all[p]
		return ok && a.set(exportIgnore)
	})
}

// worthReading reports whether the committed content can explain a change; if
// not, the change is settled.
func (x *explainer) worthReading(c change, a attributes) bool {
	convert, _ := a.toCRLF(x.options.Windows)
	switch encoded := a[encoding]; {
	case encoded != "unspecified" && encoded != "unset" && encoded != "set" && !strings.EqualFold(encoded, "utf-8"):
		x.doubtful(c, "working-tree-encoding", "is stored in another encoding than it is unpacked")
	case a[filter] == "lfs":
		return true
	case !convert && !a.set(ident) && !a.set(exportSubst):
		x.add(c, "")
	case c.have.size > maxText:
		x.doubtful(c, "too-large", "differs and is too large to look at")
	default:
		return true
	}
	return false
}

// contents explains changes of content, some of them with one run of git.
func (x *explainer) contents(ctx context.Context, changes []change, all map[string]attributes) error {
	if len(changes) == 0 {
		return nil
	}
	root, err := os.OpenRoot(x.dir)
	if err != nil {
		return fmt.Errorf("read changed files: %w", err)
	}
	defer root.Close()
	for i, read := 0, 0; i < len(changes); {
		n, size := 0, int64(0)
		for i+n < len(changes) && n < blobBatch && (n == 0 || size < blobBatchSize) {
			size += changes[i+n].have.size
			n++
		}
		if read += n; read > maxContents {
			return fmt.Errorf("more than %d changed files, too many to explain", maxContents)
		}
		var ids []string
		for _, c := range changes[i : i+n] {
			ids = append(ids, c.want.ID)
		}
		blobs, err := x.commit.Blobs(ctx, ids)
		if err != nil {
			return err
		}
		for _, c := range changes[i : i+n] {
			if err := x.content(root, c, all[c.path], blobs[c.want.ID]); err != nil {
				return fmt.Errorf("read changed file %q: %w", c.path, err)
			}
		}
		i += n
	}
	return nil
}

// content explains one change of content.
func (x *explainer) content(root *os.Root, c change, a attributes, blob []byte) error {
	if p, ok := parsePointer(blob); ok && a[filter] == "lfs" {
		if p.sha256 == c.have.sum && p.size == c.have.size {
			x.add(c, "lfs")
		} else {
			x.add(c, "")
		}
		return nil
	}
	if c.have.size > maxText { // and not a large file's pointer, though it says so
		x.add(c, "")
		return nil
	}
	disk, err := readAgain(root, c.have)
	if err != nil {
		return err
	}
	all := conversions(blob, c.want.ID, a, x.options.Windows)
	for _, v := range all {
		if string(v.content) == string(disk) {
			x.add(c, v.by)
			return nil
		}
	}
	if a.set(exportSubst) {
		x.subst(c, disk, all)
	} else {
		x.add(c, "")
	}
	return nil
}

// subst explains a change by export-subst.
func (x *explainer) subst(c change, disk []byte, all []converted) {
	known := func(format string) (string, bool) { return x.header.expand(x.commit.SHA, format) }
	for _, v := range all {
		p := parseSubst(v.content, known)
		switch {
		case !p.match(disk):
		case p.exact():
			x.add(c, "export-subst")
			return
		default:
			x.doubtful(c, "export-subst", "holds text that git put in and that is not proved")
			return
		}
	}
	x.add(c, "")
}

// readAgain reads a file that was hashed, and wants to see the same.
func readAgain(root *os.Root, e Entry) ([]byte, error) {
	f, _, err := openFile(root, e.Path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, e.size+1))
	if err == nil && gitID("blob", content) != e.ID {
		err = errChanged
	}
	return content, err
}
