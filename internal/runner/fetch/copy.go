package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/pkg/actionref/treecheck"
)

const listBatch = 512 // names read at once

// fromRunner copies what the runner has downloaded: the files there may change
// later, those that are checked and run must not.
func (f *Fetcher) fromRunner(ctx context.Context, want wanted, w *writer) (Fetched, error) {
	if f.o.Runner == "" {
		return Fetched{}, errors.New("there is no runner's folder")
	}
	all, err := treecheck.Layout(f.o.Runner)
	var found []treecheck.Downloaded
	for _, d := range all {
		ref := d.Ref
		if want.version == strings.ToLower(ref) && len(want.version) == 40 { // a commit, or equal anyway
			ref = want.version
		}
		if d.Complete && strings.ToLower(d.Owner+"/"+d.Repo) == want.repository && ref == want.version {
			found = append(found, d)
		}
	}
	switch {
	case len(found) > 1:
		return Fetched{}, fmt.Errorf("it was downloaded %d times, under several spellings of its name", len(found))
	case len(found) == 0:
		return Fetched{}, errors.Join(errors.New("the runner has not downloaded it"), err)
	}
	return want.result(FromRunner), copyFolder(ctx, found[0].Dir, w, false)
}

// copyFolder copies what lies in a folder, symlinks as they are. The folder
// itself may be a symlink. With without what is named .git stays behind; else it
// is an error, no commit having such a path.
func copyFolder(ctx context.Context, dir string, w *writer, without bool) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("copy %s: %w", dir, err)
	}
	defer root.Close()
	if err := (copier{ctx, root, w, without}).folder("."); err != nil {
		return fmt.Errorf("copy %s: %w", dir, err)
	}
	return nil
}

type copier struct {
	ctx     context.Context
	root    *os.Root
	w       *writer
	without bool
}

func (c copier) folder(name string) error {
	f, err := c.root.OpenFile(name, os.O_RDONLY|filetree.NonBlock, 0)
	if err != nil {
		return brief("list", name, err)
	}
	defer f.Close()
	var folders []string
	for {
		list, err := f.ReadDir(listBatch)
		if err == io.EOF {
			break
		}
		if err != nil {
			return brief("list", name, err)
		}
		for _, d := range list {
			below := path.Join(name, d.Name())
			if c.without && strings.EqualFold(d.Name(), ".git") {
				continue
			}
			if d.IsDir() {
				if err := c.w.folder(below); err != nil { // counts it, too
					return err
				}
				folders = append(folders, below)
			} else if err := c.leaf(below, d.Type()); err != nil {
				return err
			}
		}
	}
	f.Close() // so that depth costs no descriptors
	for _, below := range folders {
		if err := c.folder(below); err != nil {
			return err
		}
	}
	return nil
}

func (c copier) leaf(name string, mode fs.FileMode) error {
	if err := c.ctx.Err(); err != nil {
		return err
	}
	if mode == fs.ModeSymlink {
		target, err := c.root.Readlink(name)
		if err != nil {
			return brief("read the symlink", name, err)
		}
		return c.w.link(name, target)
	}
	if mode != 0 {
		return fmt.Errorf("%.200q is neither file, folder nor symlink but %v", name, mode)
	}
	f, err := filetree.OpenRegularIn(c.root, name)
	if err != nil {
		return brief("read", name, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return brief("read", name, err)
	}
	return c.w.file(name, info.Mode()&0o100 != 0, info.Size(), f)
}
