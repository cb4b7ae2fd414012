package fetch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/org/cilock-action/pkg/actionref/treecheck"
)

// Bounds of what is held in memory.
const (
	maxFile   = 100 << 20 // bytes of one file, GitHub's own limit ("About large files on GitHub")
	batchSize = 16 << 20  // bytes of the files that are read with one run of git, about
	batchMax  = 4096      // and their number
)

// extract writes the tree of a commit. The tree is checked against the commit's
// id and every blob against its own, so the repository may lie.
func extract(ctx context.Context, c treecheck.Commit, w *writer) error {
	tree, err := c.Tree(ctx)
	if err != nil {
		return err
	}
	var files []treecheck.Entry
	var ids []string
	for _, e := range tree.Entries {
		if e.Mode == treecheck.ModeSubmodule {
			if err := w.folder(e.Path); err != nil {
				return err
			}
			continue
		}
		files, ids = append(files, e), append(ids, e.ID)
	}
	sizes, err := measure(ctx, c, files, ids, w.lim)
	if err != nil {
		return err
	}
	for len(files) > 0 {
		n, size := 1, sizes[0]
		for n < len(files) && n < batchMax && size+sizes[n] <= batchSize {
			size += sizes[n]
			n++
		}
		blobs, err := c.Blobs(ctx, ids[:n])
		if err != nil {
			return err
		}
		for _, e := range files[:n] {
			if err := write(w, e, blobs[e.ID]); err != nil {
				return err
			}
		}
		files, ids, sizes = files[n:], ids[n:], sizes[n:]
	}
	return nil
}

// measure asks for all sizes, so that what is too large is not even read.
func measure(ctx context.Context, c treecheck.Commit, files []treecheck.Entry, ids []string, lim Limits) ([]int64, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	sizes, err := c.Sizes(ctx, ids)
	if err != nil {
		return nil, err
	}
	left := lim.Bytes
	for i, size := range sizes {
		if size > maxFile {
			return nil, fmt.Errorf("%.200q has %d bytes: more than the limit of %d for one file", files[i].Path, size, int64(maxFile))
		}
		if left -= size; left < 0 {
			return nil, fmt.Errorf("more than the limit of %d bytes", lim.Bytes)
		}
	}
	return sizes, nil
}

func write(w *writer, e treecheck.Entry, content []byte) error {
	if e.Mode == treecheck.ModeSymlink {
		return w.link(e.Path, string(content))
	}
	return w.file(e.Path, e.Mode == treecheck.ModeExec, int64(len(content)), bytes.NewReader(content))
}

// prefetch brings all blobs of a commit that a partial clone lacks with one
// fetch, where git by itself would fetch one after the other. The arguments are
// those of git's own promisor-remote.c.
func prefetch(ctx context.Context, c treecheck.Commit) error {
	out, err := c.Git(ctx, nil, "rev-list", "--objects", "--missing=print", c.SHA+"^{tree}")
	if err != nil {
		return fmt.Errorf("list the objects of commit %s: %w", c.SHA, err)
	}
	var ids strings.Builder
	for line := range strings.Lines(string(out)) {
		if id, ok := strings.CutPrefix(line, "?"); ok {
			ids.WriteString(id)
		}
	}
	if ids.Len() == 0 {
		return nil
	}
	_, err = c.Git(ctx, []byte(ids.String()), "-c", "fetch.negotiationAlgorithm=noop", "fetch", "origin", "--quiet", "--no-tags",
		"--no-write-fetch-head", "--no-auto-maintenance", "--recurse-submodules=no", "--filter=blob:none", "--stdin")
	if err != nil {
		return fmt.Errorf("fetch the files of commit %s: %w", c.SHA, err)
	}
	return nil
}

// fromGit extracts what git fetches.
func (f *Fetcher) fromGit(ctx context.Context, want wanted, w *writer) (Fetched, error) {
	if f.o.Net == nil {
		return Fetched{}, errOffline
	}
	if want.git == nil {
		return Fetched{}, want.why
	}
	got := want.result(FromGit)
	if err := prefetch(ctx, *got.Commit); err != nil {
		return Fetched{}, err
	}
	return got, extract(ctx, *got.Commit, w)
}

var errOffline = errors.New("nothing is fetched over the network")
