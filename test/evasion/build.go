package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
)

// The programs of the tricks; *.h is shared by those in C.
//
//go:embed testdata
var sources embed.FS

// dynamic are the programs that cannot be static: what they are about is the
// dynamic loader.
var dynamic = map[string]bool{"dynamic": true}

// build makes every program in folder. It needs gcc and go.
func build(ctx context.Context, folder string) error {
	// Everybody may enter it: some tricks run as nobody.
	if err := errors.Join(os.MkdirAll(folder, 0o755), os.Chmod(folder, 0o755)); err != nil {
		return fmt.Errorf("build the tricks: %w", err)
	}
	src, err := os.MkdirTemp("", "tricks-")
	if err != nil {
		return fmt.Errorf("build the tricks: %w", err)
	}
	defer os.RemoveAll(src)
	testdata, err := fs.Sub(sources, "testdata")
	if err == nil {
		err = os.CopyFS(src, testdata)
	}
	if err != nil {
		return fmt.Errorf("build the tricks: %w", err)
	}
	var programs []string
	for _, pattern := range []string{"*.c", "*.go"} {
		found, err := filepath.Glob(filepath.Join(src, pattern))
		if err != nil {
			return err
		}
		programs = append(programs, found...)
	}
	return buildAll(ctx, programs, folder)
}

// buildAll builds as many programs at once as there are processors.
func buildAll(ctx context.Context, programs []string, folder string) error {
	var (
		group sync.WaitGroup
		mutex sync.Mutex
		errs  error
		slots = make(chan struct{}, runtime.NumCPU())
	)
	for _, program := range programs {
		group.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			if err := buildOne(ctx, program, folder); err != nil {
				mutex.Lock()
				defer mutex.Unlock()
				errs = errors.Join(errs, err)
			}
		})
	}
	group.Wait()
	return errs
}

func buildOne(ctx context.Context, source, folder string) error {
	name, _, _ := strings.Cut(filepath.Base(source), ".")
	out := filepath.Join(folder, name)
	args := []string{"gcc", "-O1", "-pthread", "-o", out, source}
	if !dynamic[name] {
		args = append(args, "-static")
	}
	if strings.HasSuffix(source, ".go") {
		args = []string{"go", "build", "-o", out, source}
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = filepath.Dir(source)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", name, err, text)
	}
	return nil
}
