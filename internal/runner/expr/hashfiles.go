package expr

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/org/cilock-action/internal/filetree"
)

// Limits of hashFiles. The runner has one of time instead, two minutes.
const (
	maxPatterns    = 1_000
	maxPatternSize = 4_096     // bytes of one
	maxHashEntries = 1_000_000 // files and folders that are looked at
	maxHashBytes   = 64 << 30  // of the files that are hashed
)

// Files is where hashFiles looks.
type Files struct {
	Workspace string
	Home      string // what ~ stands for; empty: nothing, and a pattern with it is an error
}

// HashFiles is Files.Hash without a home directory.
func HashFiles(ctx context.Context, workspace string, patterns []string) (string, error) {
	return Files{Workspace: workspace}.Hash(ctx, patterns)
}

// Hash does what the function hashFiles of the runner does: it hashes the files
// of the workspace that the patterns match, each with SHA-256, and returns the
// SHA-256 of those digests in the order in which the runner meets the files, in
// hexadecimal. If nothing matches it returns "".
//
// A pattern may have several lines; empty ones and those that begin with # do
// not count. ! excludes, and a later pattern overrules an earlier one. The
// first may be --follow-symbolic-links, without which links to folders are
// skipped. Links to files are always followed. Unlike for the runner, a link
// that leads out of the workspace, or to what is neither file nor folder, is an
// error, and folders outside are not looked at.
func (f Files) Hash(ctx context.Context, patterns []string) (string, error) {
	h := hasher{ctx: ctx, sum: sha256.New(), bytes: maxHashBytes, entries: maxHashEntries}
	return h.hash(f, patterns)
}

func (h *hasher) hash(f Files, patterns []string) (string, error) {
	if len(patterns) > 0 && strings.HasPrefix(patterns[0], "--") {
		if !strings.EqualFold(patterns[0], "--follow-symbolic-links") {
			return "", errors.New("hashFiles has no such option; there is --follow-symbolic-links")
		}
		h.follow, patterns = true, patterns[1:]
	}
	var err error
	if h.workspace, err = filepath.Abs(f.Workspace); err != nil {
		return "", fmt.Errorf("find the workspace: %w", err)
	}
	if err := h.parse(patterns, filepath.ToSlash(f.Home)); err != nil {
		return "", fmt.Errorf("hashFiles: %w", err)
	}
	if h.root, err = os.OpenRoot(h.workspace); err != nil {
		return "", fmt.Errorf("open the workspace: %w", err)
	}
	defer h.root.Close()
	for _, start := range h.starts() {
		if err := h.begin(start); err != nil {
			return "", fmt.Errorf("hashFiles in %s: %w", h.workspace, err)
		}
	}
	if !h.found {
		return "", nil
	}
	return hex.EncodeToString(h.sum.Sum(nil)), nil
}

// hasher is one call of Hash.
type hasher struct {
	ctx       context.Context
	workspace string
	root      *os.Root
	patterns  []pattern
	follow    bool
	sum       hash.Hash
	found     bool
	entries   int   // that may still be looked at
	bytes     int64 // that may still be hashed
}

func (h *hasher) parse(patterns []string, home string) error {
	for line := range strings.SplitSeq(strings.Join(patterns, "\n"), "\n") {
		line = strings.TrimFunc(line, unicode.IsSpace)
		switch {
		case line == "" || line[0] == '#':
			continue
		case len(line) > maxPatternSize:
			return fmt.Errorf("a pattern is longer than %d bytes", maxPatternSize) // a part of a secret is known to nobody as one
		}
		p, err := parsePattern(line, filepath.ToSlash(h.workspace), home)
		if err != nil {
			return err
		}
		h.patterns = append(h.patterns, p)
		if p.dirOnly || !p.endsInGlobstar() {
			h.patterns = append(h.patterns, p.descendants())
		}
		if len(h.patterns) > 2*maxPatterns {
			return fmt.Errorf("there are more than %d patterns", maxPatterns)
		}
	}
	return nil
}

// starts are the places where the runner's search begins, in its order: the
// literal beginnings of the patterns that do not exclude, less those below
// another one.
func (h *hasher) starts() [][]string {
	candidates := map[string]bool{}
	for _, p := range h.patterns {
		if !p.negate {
			candidates[strings.Join(p.literal, "/")] = true
		}
	}
	var starts [][]string
	included := map[string]bool{}
	for _, p := range h.patterns {
		place := strings.Join(p.literal, "/")
		if p.negate || included[place] {
			continue
		}
		below := candidates[""] && place != ""
		for i := range place {
			below = below || place[i] == '/' && candidates[place[:i]]
		}
		if !below {
			included[place] = true
			starts = append(starts, p.literal)
		}
	}
	return starts
}

// begin walks from a place, or from the workspace if that is below the place. A
// place elsewhere has nothing that counts.
func (h *hasher) begin(place []string) error {
	ours := split(filepath.ToSlash(h.workspace))
	n := min(len(ours), len(place))
	if !slices.EqualFunc(ours[:n], place[:n], sameName) {
		return nil
	}
	name := path.Join(place[n:]...)
	if name == "" {
		name = "."
	}
	folder, err := h.resolve(path.Dir(name))
	found := path.Join(folder, path.Base(name))
	if err == nil {
		_, err = h.root.Lstat(found)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return h.visit(item{name, found, append(slices.Clone(ours), place[n:]...)}, nil)
}

// item is a place in the workspace.
type item struct {
	name string   // relative to the workspace, as patterns see it
	real string   // the same without symbolic links to folders
	path []string // all names from the file system's root on
}

// visit goes through a tree in the order of names, folders where they come.
// above are the real names of the folders that it is in.
func (h *hasher) visit(it item, above []string) error {
	if err := h.ctx.Err(); err != nil {
		return err
	}
	if h.entries--; h.entries < 0 {
		return fmt.Errorf("there are more than %d files and folders to look at", maxHashEntries)
	}
	file, dir := h.match(it.path)
	if !file && !dir && !h.mayMatchBelow(it.path) {
		return nil
	}
	info, err := h.root.Lstat(it.real)
	if err == nil && info.Mode().Type() == fs.ModeSymlink {
		if !file && !h.follow {
			return nil
		}
		if it.real, err = h.resolve(it.real); err == nil {
			info, err = h.root.Stat(it.real)
		}
		switch {
		case h.follow && errors.Is(err, fs.ErrNotExist):
			return nil // a broken link
		case err == nil && info.IsDir() && !h.follow:
			return nil
		}
	}
	switch {
	case err != nil:
		return err
	case info.IsDir() && slices.Contains(above, it.real):
		return nil // a cycle
	case info.IsDir():
		return h.children(it, append(slices.Clone(above), it.real))
	case file:
		return h.add(it.real)
	}
	return nil
}

func (h *hasher) children(it item, above []string) error {
	names, err := h.list(it.real)
	if err != nil {
		return err
	}
	for _, name := range names {
		child := item{path.Join(it.name, name), path.Join(it.real, name), append(slices.Clone(it.path), name)}
		if err := h.visit(child, above); err != nil {
			return err
		}
	}
	return nil
}

// list returns the names in a folder, in the order of their bytes.
func (h *hasher) list(folder string) ([]string, error) {
	d, err := h.root.OpenFile(folder, os.O_RDONLY|filetree.NonBlock, 0)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	var names []string
	for {
		some, err := d.Readdirnames(1_000)
		names = append(names, some...)
		if len(names) > h.entries {
			return nil, fmt.Errorf("there are more than %d files and folders to look at", maxHashEntries)
		}
		if errors.Is(err, io.EOF) {
			slices.Sort(names)
			return names, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// resolve follows symbolic links to a name in the workspace. An os.Root follows
// none that is absolute, so this one is made relative first; what is opened
// later is opened through the root all the same.
func (h *hasher) resolve(name string) (string, error) {
	target, err := filepath.EvalSymlinks(filepath.Join(h.workspace, name))
	if err != nil {
		return "", fmt.Errorf("follow the link %s: %w", name, err)
	}
	workspace, err := filepath.EvalSymlinks(h.workspace)
	if err != nil {
		return "", err
	}
	inside, err := filepath.Rel(workspace, target)
	if err != nil || !filepath.IsLocal(inside) {
		return "", fmt.Errorf("the link %s leads out of the workspace", name)
	}
	return filepath.ToSlash(inside), nil
}

// match asks the patterns one after the other; those that exclude take away
// what those before them gave.
func (h *hasher) match(path []string) (file, dir bool) {
	for _, p := range h.patterns {
		if p.match(path, false) {
			dir = !p.negate
			if !p.dirOnly {
				file = !p.negate
			}
		}
	}
	return file, dir
}

// mayMatchBelow reports whether something in a folder may match that itself
// does not. What excludes a folder also excludes what is in it.
func (h *hasher) mayMatchBelow(path []string) bool {
	may := false
	for _, p := range h.patterns {
		if p.negate {
			may = may && !p.match(path, false)
		} else {
			may = may || p.match(path, true)
		}
	}
	return may
}

// add hashes a file.
func (h *hasher) add(name string) error {
	f, err := filetree.OpenRegularIn(h.root, name)
	if err != nil {
		return err
	}
	defer f.Close()
	one := sha256.New()
	n, err := io.Copy(one, io.LimitReader(ctxReader{h.ctx, f}, h.bytes+1))
	if err != nil {
		return fmt.Errorf("hash %s: %w", name, err)
	}
	if h.bytes -= n; h.bytes < 0 {
		return fmt.Errorf("the files have more than %d bytes", int64(maxHashBytes))
	}
	h.sum.Write(one.Sum(nil))
	h.found = true
	return nil
}

// ctxReader ends a long file when the context does.
type ctxReader struct {
	ctx context.Context
	r   io.Reader
}

func (c ctxReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
