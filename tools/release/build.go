package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// build makes every target twice and keeps the first of each.
func (r request) build(ctx context.Context) ([]asset, error) {
	temp, err := os.MkdirTemp("", "cilock-release-")
	if err != nil {
		return nil, err
	}
	defer removeAll(temp)
	// Folders whose names differ in length, so that a path in a binary shows.
	sources := []string{filepath.Join(temp, "one"), filepath.Join(temp, "the", "second")}
	for _, dir := range sources {
		if err := export(ctx, r.root, dir); err != nil {
			return nil, err
		}
	}
	cache := ""
	if r.cold {
		cache = filepath.Join(temp, "cache")
	}
	var assets []asset
	for _, target := range r.targets {
		kept := filepath.Join(r.out, name(target))
		again := filepath.Join(temp, name(target))
		if err := compile(ctx, sources[0], target, kept, ""); err != nil {
			return nil, err
		}
		if err := compile(ctx, sources[1], target, again, cache); err != nil {
			return nil, err
		}
		content, err := identical(kept, again)
		if err != nil {
			return nil, err
		}
		for _, dir := range sources {
			if bytes.Contains(content, []byte(dir)) {
				return nil, fmt.Errorf("%s names the folder that it was built in", name(target))
			}
		}
		assets = append(assets, asset{target, name(target), int64(len(content)), sha256.Sum256(content)})
	}
	return assets, nil
}

// removeAll also removes what the go command has made read-only.
func removeAll(dir string) {
	_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			_ = os.Chmod(path, 0o755)
		}
		return nil
	})
	_ = os.RemoveAll(dir)
}

// export copies the tracked files, as they are in the working tree.
func export(ctx context.Context, root, to string) error {
	git := exec.CommandContext(ctx, "git", "-C", root, "ls-files", "-z")
	git.Stderr = os.Stderr
	list, err := git.Output()
	if err != nil {
		return fmt.Errorf("list the tracked files of %s: %w", root, err)
	}
	for _, path := range strings.Split(strings.TrimSuffix(string(list), "\x00"), "\x00") {
		from := filepath.Join(root, path)
		if info, err := os.Lstat(from); err != nil || !info.Mode().IsRegular() {
			if err != nil {
				return err
			}
			continue // symlinks and submodules are no source of ours
		}
		content, err := os.ReadFile(from)
		if err == nil {
			err = os.MkdirAll(filepath.Dir(filepath.Join(to, path)), 0o755)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(to, path), content, 0o644)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// compile builds one target. Nothing of the environment changes the bytes: what
// could is unset or given here.
func compile(ctx context.Context, source, target, out, cache string) error {
	out, err := filepath.Abs(out)
	if err != nil {
		return err
	}
	system, arch, _ := strings.Cut(target, "/")
	cmd := exec.CommandContext(ctx, "go", "-C", source, "build", "-trimpath", "-buildvcs=false", "-ldflags=-buildid=", "-o", out, "./cmd/action")
	cmd.Env = environment(os.Environ(), system, arch)
	if cache != "" {
		cmd.Env = append(cmd.Env, "GOCACHE="+cache)
	}
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("build %s: %w", target, err)
	}
	return nil
}

// environment keeps what says where things are: Go's folders and proxies.
func environment(all []string, system, arch string) []string {
	keep := []string{
		"PATH", "HOME", "TMPDIR", "USERPROFILE", "LOCALAPPDATA", "SYSTEMROOT", "GOCACHE", "GOMODCACHE", "GOPATH", "GOPROXY", "GONOPROXY", "GOPRIVATE",
		"GOSUMDB", "GONOSUMDB", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR",
	}
	var env []string
	for _, variable := range all {
		for _, name := range keep {
			if strings.HasPrefix(variable, name+"=") {
				env = append(env, variable)
			}
		}
	}
	return append(env, "GOOS="+system, "GOARCH="+arch, "CGO_ENABLED=0", "GOWORK=off", "GO111MODULE=on", "GOFIPS140=v1.0.0", "GOTOOLCHAIN="+toolchain)
}

// identical returns the content of two files that must be the same.
func identical(one, two string) ([]byte, error) {
	a, err := os.ReadFile(one)
	b, err2 := os.ReadFile(two)
	if err := errors.Join(err, err2); err != nil {
		return nil, err
	}
	if !bytes.Equal(a, b) {
		at := 0
		for at < min(len(a), len(b)) && a[at] == b[at] {
			at++
		}
		return nil, fmt.Errorf("%s is not reproducible: two builds of %d and %d bytes differ from byte %d on", filepath.Base(one), len(a), len(b), at)
	}
	return a, nil
}
