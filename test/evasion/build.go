package main

import (
	"context"
	"crypto/sha256"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// The programs of the tricks; *.h is shared by those in C.
//
//go:embed testdata
var sources embed.FS

// compileArgs is how a program is built: static, to run where there is no
// libc, but for the one that is about the dynamic loader.
func compileArgs(name, source, out string) []string {
	if strings.HasSuffix(source, ".go") {
		return []string{"go", "build", "-o", out, source}
	}
	args := []string{"gcc", "-O1", "-s", "-pthread", "-o", out, source}
	if name != "dynamic" {
		args = append(args, "-static")
	}
	return args
}

// builder builds programs, or takes them from a cache.
type builder struct {
	src    string // a copy of testdata
	folder string // where they go
	cache  string // empty if there is none
	shared []byte // all headers
}

// build makes every program in folder. It needs gcc and go.
func build(ctx context.Context, folder string) error {
	src, err := os.MkdirTemp("", "tricks-src-")
	if err != nil {
		return fmt.Errorf("build the tricks: %w", err)
	}
	defer os.RemoveAll(src)
	b := builder{src: src, folder: folder}
	names, err := b.prepare()
	if err != nil {
		return fmt.Errorf("build the tricks: %w", err)
	}
	var (
		group sync.WaitGroup
		errs  = make([]error, len(names))
		slots = make(chan struct{}, runtime.NumCPU())
	)
	for i, name := range names {
		group.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			errs[i] = b.one(ctx, name)
		})
	}
	group.Wait()
	return errors.Join(errs...)
}

// prepare lays the sources out and lists those that are programs.
func (b *builder) prepare() ([]string, error) {
	// Everybody may enter the folder: some tricks run as nobody.
	if err := errors.Join(os.MkdirAll(b.folder, 0o755), os.Chmod(b.folder, 0o755)); err != nil {
		return nil, err
	}
	if cache, err := os.UserCacheDir(); err == nil {
		b.cache = filepath.Join(cache, "cilock-evasion")
		if err := os.MkdirAll(b.cache, 0o700); err != nil {
			return nil, err
		}
	}
	testdata, err := fs.Sub(sources, "testdata")
	if err != nil {
		return nil, err
	}
	if err := os.CopyFS(b.src, testdata); err != nil {
		return nil, err
	}
	headers, err := fs.Glob(testdata, "*.h")
	if err != nil {
		return nil, err
	}
	for _, name := range headers {
		text, err := fs.ReadFile(testdata, name)
		if err != nil {
			return nil, err
		}
		b.shared = append(b.shared, text...)
	}
	programs, err := fs.Glob(testdata, "*.c")
	if err != nil {
		return nil, err
	}
	more, err := fs.Glob(testdata, "*.go")
	return slices.Concat(programs, more), err
}

// one builds one program from the source of that name.
func (b *builder) one(ctx context.Context, source string) error {
	name, _, _ := strings.Cut(source, ".")
	out := filepath.Join(b.folder, name)
	text, err := os.ReadFile(filepath.Join(b.src, source))
	if err != nil {
		return fmt.Errorf("build %s: %w", name, err)
	}
	args := compileArgs(name, source, out)
	key := sha256.Sum256(fmt.Appendf(slices.Concat(b.shared, text), "%q", compileArgs(name, source, "")))
	cached := ""
	if b.cache != "" {
		cached = filepath.Join(b.cache, fmt.Sprintf("%s-%x", name, key[:8]))
		if copyProgram(cached, out) == nil {
			return nil
		}
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = b.src
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", name, err, text)
	}
	if cached != "" {
		if err := copyProgram(out, cached); err != nil {
			return fmt.Errorf("keep %s: %w", name, err)
		}
	}
	return nil
}

// copyProgram makes to a program like from, at once or not at all.
func copyProgram(from, to string) error {
	program, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(to), "new-")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name()) // it is gone if all went well
	_, err = temp.Write(program)
	if err = errors.Join(err, temp.Chmod(0o755), temp.Close()); err != nil {
		return err
	}
	return os.Rename(temp.Name(), to)
}
