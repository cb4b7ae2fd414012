package action

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/internal/lockfile"
	"github.com/org/cilock-action/pkg/attest"
)

const lockfileName = "lockfile"

// Bounds of the lockfile section. What is beyond one is a gap.
const (
	maxLockFiles  = 64
	maxLockBytes  = 64 << 20 // of all files together; of one: lockfile.MaxSize
	maxLockWalked = 500_000  // entries of folders that are looked at
	// maxLockListed bounds the list of entries, in bytes of JSON: it has to fit
	// into a bundle that a verifier still reads, beside everything else.
	maxLockListed = 8 << 20
)

// lockfileLimits are what the collector never sees.
var lockfileLimits = []string{
	"lock files below node_modules, vendor and .git, and above the working directory, are not read, nor are folders that are symlinks followed",
	"a lock file says what shall be installed, not what the step installed",
}

// lockfileCollector records what package managers are to install, by the lock
// files in the working directory before the step. A folder without any is not
// applicable.
type lockfileCollector struct{}

func (lockfileCollector) Name() string { return lockfileName }

// Start reads the files, since the step may change them; what is in them is
// found out while it runs.
func (lockfileCollector) Start(ctx context.Context, t Target) (Stop, error) {
	root, err := os.OpenRoot(t.Plan.Dir)
	if err != nil {
		return nil, fmt.Errorf("open the folder of the lock files: %w", err)
	}
	defer root.Close()
	search := lockSearch{root: root}
	search.walk(ctx)
	if len(search.paths) == 0 && len(search.gaps) == 0 {
		return nil, &NotApplicable{Reason: "no lock file in the working directory"}
	}
	files := search.read(ctx)
	done := make(chan Section, 1)
	failed := make(chan error, 1)
	go func() {
		if err := guarded(func() error {
			done <- lockfileSection(files, search.gaps)
			return nil
		}); err != nil {
			failed <- err
		}
	}()
	return func(ctx context.Context, _ Step) (Section, error) {
		select {
		case s := <-done:
			return s, nil
		case err := <-failed:
			return Section{}, err
		case <-ctx.Done():
			return Section{}, errors.New("there was no time left to read the lock files")
		}
	}, nil
}

// lockSearch looks for lock files below one folder, and never leaves it.
type lockSearch struct {
	root   *os.Root
	paths  []string // with slashes
	walked int
	gaps   []string
}

// gap notes what was not seen. Of many gaps the first are spelled out.
func (l *lockSearch) gap(format string, args ...any) {
	switch {
	case len(l.gaps) < gapLimit:
		l.gaps = append(l.gaps, fmt.Sprintf(format, args...))
	case len(l.gaps) == gapLimit:
		l.gaps = append(l.gaps, "and more")
	}
}

// walk finds the names. The type of an entry comes with its name, so that a large
// tree costs no look at each file.
func (l *lockSearch) walk(ctx context.Context) {
	for stack := []string{"."}; len(stack) > 0; {
		if ctx.Err() != nil {
			l.gap("not all folders were looked at: the run was cancelled")
			return
		}
		if l.walked > maxLockWalked {
			l.gap("not all folders were looked at: there are more than %d entries", maxLockWalked)
			return
		}
		folder := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		err := listFolder(l.root, folder, func(e fs.DirEntry) {
			l.walked++
			switch name := e.Name(); {
			case e.IsDir() && !slices.Contains([]string{"node_modules", "vendor", ".git"}, name):
				stack = append(stack, path.Join(folder, name))
			case !e.IsDir() && lockfile.KindOf(name) != "":
				l.paths = append(l.paths, path.Join(folder, name))
			}
		})
		// A folder that is gone by now holds no lock file for the step.
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			l.gap("folder %q was not looked at whole: %s", filetree.RecordedName(folder), scanReason(err))
		}
	}
}

// lockContent is a lock file as it was before the step.
type lockContent struct {
	path string // as recorded
	kind lockfile.Kind
	data []byte
}

// read reads the files, those with the shortest way first.
func (l *lockSearch) read(ctx context.Context) []lockContent {
	slices.SortFunc(l.paths, func(a, b string) int {
		if n := strings.Count(a, "/") - strings.Count(b, "/"); n != 0 {
			return n
		}
		return strings.Compare(a, b)
	})
	if n := len(l.paths) - maxLockFiles; n > 0 {
		l.gap("%d lock files are not read: there are more than %d, as %q", n, maxLockFiles, filetree.RecordedName(l.paths[maxLockFiles]))
		l.paths = l.paths[:maxLockFiles]
	}
	var files []lockContent
	left := int64(maxLockBytes)
	for _, p := range l.paths {
		name := filetree.RecordedName(p)
		data, err := l.content(ctx, p, left)
		if err != nil {
			l.gap("%q is not read: %s", name, scanReason(err))
			continue
		}
		left -= int64(len(data))
		files = append(files, lockContent{name, lockfile.KindOf(path.Base(p)), data})
	}
	return files
}

// content reads one file. A symlink is followed as its package manager would,
// within the folder alone.
func (l *lockSearch) content(ctx context.Context, p string, left int64) ([]byte, error) {
	if ctx.Err() != nil {
		return nil, errors.New("the run was cancelled")
	}
	f, err := filetree.OpenRegularIn(l.root, p)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	most := min(left, lockfile.MaxSize)
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	switch {
	case err != nil:
		return nil, err
	case int64(len(data)) > lockfile.MaxSize:
		return nil, fmt.Errorf("it is larger than %d MiB", lockfile.MaxSize>>20)
	case int64(len(data)) > most:
		return nil, fmt.Errorf("all lock files together are larger than %d MiB", maxLockBytes>>20)
	}
	return data, nil
}

// lockfileSection says what is in the files.
func lockfileSection(files []lockContent, gaps []string) Section {
	s := Section{Type: attest.TypeLockfile, Phase: Material, Gaps: gaps, Limits: lockfileLimits[:len(lockfileLimits):len(lockfileLimits)]}
	slices.SortFunc(files, func(a, b lockContent) int { return strings.Compare(a.path, b.path) })
	body := attest.Lockfile{Files: []attest.LockFile{}, Entries: []attest.LockedPackage{}}
	size := 0
	for _, c := range files {
		parsed, err := lockfile.Parse(c.kind, c.data)
		if err != nil {
			s.Gaps = append(s.Gaps, fmt.Sprintf("lock file %q is not understood: %v", c.path, err))
			continue
		}
		sum := sha256.Sum256(c.data)
		file := attest.LockFile{
			Path: c.path, Kind: string(c.kind), Digest: attest.SHA256(hex.EncodeToString(sum[:])), Entries: len(parsed.Entries),
			LockfileVersion: parsed.Version, Registries: parsed.Registries, Includes: parsed.Includes,
		}
		if parsed.HashMode {
			file.Mode = "hashes"
		}
		for _, e := range parsed.Entries {
			if e.Unhashed() {
				file.Unhashed++
			}
			entry := lockedPackage(c.path, e)
			if size += lockedSize(entry); size > maxLockListed {
				body.NotListed++
				continue
			}
			body.Entries = append(body.Entries, entry)
		}
		body.Files = append(body.Files, file)
	}
	if body.NotListed > 0 {
		s.Gaps = append(s.Gaps, fmt.Sprintf("%d entries of lock files are counted and not listed: the list would be larger than %d MiB", body.NotListed, maxLockListed>>20))
	}
	s.Body = body
	return s
}

func lockedPackage(file string, e lockfile.Entry) attest.LockedPackage {
	out := attest.LockedPackage{
		File: file, Name: e.Name, Version: e.Version, Registry: e.Registry, Commit: e.Commit, Dev: e.Dev, GoModOnly: e.GoModOnly,
	}
	if len(e.Hashes) > 0 {
		out.Hash = e.Hashes[0]
	}
	if len(e.Hashes) > 1 {
		out.Hashes = e.Hashes
	}
	return out
}

// lockedSize is about what an entry takes as JSON, in bytes.
func lockedSize(p attest.LockedPackage) int {
	size := 100 + len(p.File) + len(p.Name) + len(p.Version) + len(p.Registry) + len(p.Hash) + len(p.Commit)
	for _, h := range p.Hashes {
		size += len(h) + 3
	}
	return size
}
