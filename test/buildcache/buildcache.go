// Package buildcache builds programs that tests start, once for all packages
// and runs, and keeps them in the user's cache folder. It is for programs that
// take minutes to compile; what is built is named after all that goes into it,
// so no cache can be stale.
package buildcache

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Program is a main package of a module of this repository, or of one that such
// a module requires.
type Program struct {
	Name    string   // of the file in the cache, before its digest
	Dir     string   // the module's folder
	Package string   // what to build; empty means the module's own folder
	Flags   []string // for go build
	Env     []string // added to the environment of go build
}

// Main runs the tests of a package with a folder for what they share, such as a
// program that is built once. It is gone when they have ended. The exit code is
// for os.Exit, before which no deferred call runs.
func Main(m *testing.M, name string, folder *string) (code int) {
	var err error
	if *folder, err = os.MkdirTemp("", "cilock-"+name+"-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(*folder)
	return m.Run()
}

// Require returns the path of the program and builds it if the cache has none.
//
// Under -short the test is skipped. If the program cannot be built, or not
// before the test binary's time is over, the test fails where the environment
// variable CI is true, and is skipped elsewhere, so that a machine without a
// network can still run the rest. The next run goes on where this one stopped.
func Require(t testing.TB, p Program) string {
	t.Helper()
	if testing.Short() {
		t.Skipf("%s is not run under -short", p.Name)
	}
	ctx := t.Context()
	if limited, ok := t.(interface{ Deadline() (time.Time, bool) }); ok {
		if deadline, ok := limited.Deadline(); ok {
			var cancel context.CancelFunc
			ctx, cancel = context.WithDeadline(ctx, deadline.Add(-margin))
			defer cancel()
		}
	}
	path, err := Build(ctx, p)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is required where CI=true: %v", p.Name, err)
		}
		t.Skipf("%s cannot be had here: %v", p.Name, err)
	}
	return path
}

// margin is what a build leaves of the time of the test binary, to say so.
const margin = 10 * time.Second

// Build returns the program's path and builds it if the cache has none. Tests
// of several packages may want it at once: the first builds, the others wait.
func Build(ctx context.Context, p Program) (string, error) {
	name, err := p.cacheName()
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the cache folder for %s: %w", p.Name, err)
	}
	dir := filepath.Join(cache, "cilock-action-tools")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("make the cache folder for %s: %w", p.Name, err)
	}
	path := filepath.Join(dir, name)
	unlock, err := lock(ctx, path+".lock")
	if err != nil {
		return "", err
	}
	defer unlock()
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return path, err
	}
	// Built beside its place and renamed, so that nobody sees half a program.
	part := fmt.Sprintf("%s.%d.part", path, os.Getpid())
	defer os.Remove(part)
	args := append([]string{"-C", p.Dir, "build", "-o", part}, p.Flags...)
	cmd := exec.CommandContext(ctx, "go", append(args, cmp.Or(p.Package, "."))...)
	cmd.Env = append(append(os.Environ(), "GOWORK=off"), p.Env...)
	cmd.WaitDelay = margin / 2 // a compiler may still run when go is killed
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", p.Name, errors.Join(err, ctx.Err()), out)
	}
	if err := os.Rename(part, path); err != nil {
		return "", fmt.Errorf("keep the %s that was built: %w", p.Name, err)
	}
	return path, nil
}

// cacheName names the program after everything in it: the module's go.mod and
// go.sum, which fix all versions, and its own files less tests.
func (p Program) cacheName() (string, error) {
	all := new(bytes.Buffer)
	fmt.Fprintf(all, "%q %q %q\n", p.Package, p.Flags, p.Env)
	err := filepath.WalkDir(p.Dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == "testdata":
			return fs.SkipDir
		case !d.Type().IsRegular() || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(p.Dir, path)
		if err != nil {
			return err
		}
		fmt.Fprintf(all, "%q %x\n", filepath.ToSlash(relative), sha256.Sum256(data))
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("find out what is in %s: %w", p.Name, err)
	}
	digest := sha256.Sum256(all.Bytes())
	return fmt.Sprintf("%s-%x", p.Name, digest[:8]), nil
}
