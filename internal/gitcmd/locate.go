package gitcmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/org/cilock-action/internal/filetree"
)

// MaxFile bounds the small files of a git directory that are read here and by
// callers: a .git file, commondir, HEAD.
const MaxFile = 64 << 10

// Checkout returns the nearest directory at or above dir that has a .git of any
// kind: a directory, or the file of a linked worktree or a submodule.
func Checkout(dir string) (string, bool) {
	for {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return dir, true
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", false
		}
		dir = parent
	}
}

// Locate finds the real directories behind the .git of a checkout: gitDir has
// HEAD and the index, commonDir the objects, refs and configuration. They differ
// in a linked worktree. Formats: gitrepository-layout(5), "gitdir: PATH" and
// commondir.
func Locate(checkout string) (gitDir, commonDir string, err error) {
	gitDir = filepath.Join(checkout, ".git")
	info, err := os.Stat(gitDir)
	if err != nil {
		return "", "", fmt.Errorf("find the git directory: %w", err)
	}
	if !info.IsDir() {
		b, err := filetree.ReadRegular(gitDir, MaxFile)
		if err != nil {
			return "", "", fmt.Errorf("find the git directory: %w", err)
		}
		target, ok := strings.CutPrefix(strings.TrimRight(string(b), "\r\n"), "gitdir: ")
		if !ok || target == "" || strings.ContainsRune(target, 0) {
			return "", "", fmt.Errorf("find the git directory: %s does not say \"gitdir: \"", gitDir)
		}
		gitDir = relativeTo(checkout, target)
	}
	b, err := filetree.ReadRegular(filepath.Join(gitDir, "commondir"), MaxFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return gitDir, gitDir, nil
	case err != nil:
		return "", "", fmt.Errorf("find the git directory: %w", err)
	}
	return gitDir, relativeTo(gitDir, strings.TrimRight(string(b), "\r\n")), nil
}

func relativeTo(dir, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(dir, path)
}
