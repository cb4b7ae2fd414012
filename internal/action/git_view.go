package action

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/org/cilock-action/internal/gitcmd"
)

// gitView is a repository as git sees it under a configuration of ours.
//
// A repository's configuration can name programs: a file system monitor,
// content filters, an ssh command, a pager, an external diff, hooks, a remote
// to fetch missing objects from. The step can write it, and so can a process
// that it left behind, between any check and its use. So git is never shown
// it. GIT_COMMON_DIR, where git looks for its configuration and hooks, is a
// directory of ours with links to the real objects and refs and a
// configuration of a few checked values, which name no program. GIT_DIR is
// the real one: HEAD and the index are there. Since GIT_DIR is given and not
// discovered, git does not ask who owns it, and needs no safe.directory.
type gitView struct {
	git       gitcmd.Command
	checkout  string // the working tree
	gitDir    string // real: HEAD, index
	commonDir string // real: objects, refs, config; differs from gitDir in a linked worktree
	tmp       string
	config    gitConfig
}

// openGitView makes the view; close removes it. The git command's environment
// is set here.
func openGitView(ctx context.Context, git gitcmd.Command, path []string, checkout string) (*gitView, error) {
	v := &gitView{git: git, checkout: checkout}
	var err error
	if v.gitDir, v.commonDir, err = gitcmd.Locate(checkout); err != nil {
		return nil, err
	}
	tmp, err := os.MkdirTemp("", "cilock-git-")
	if err != nil {
		return nil, fmt.Errorf("make a directory for git: %w", err)
	}
	v.tmp = tmp
	if err := v.prepare(ctx, path); err != nil {
		v.close()
		return nil, err
	}
	return v, nil
}

func (v *gitView) close() {
	os.RemoveAll(v.tmp) // follows no link; what stays behind is a few hundred bytes
}

func (v *gitView) prepare(ctx context.Context, path []string) error {
	home, common := filepath.Join(v.tmp, "home"), filepath.Join(v.tmp, "common")
	for _, dir := range []string{home, common} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			return err
		}
	}
	v.git.Env = gitcmd.Environment(path, home)
	config, err := v.readConfig(ctx, home)
	if err != nil {
		return err
	}
	v.config = config
	if err := os.WriteFile(filepath.Join(common, "config"), config.render(), 0o600); err != nil {
		return err
	}
	for _, name := range []string{"objects", "refs", "packed-refs", "reftable", "info"} {
		real := filepath.Join(v.commonDir, name)
		if _, err := os.Lstat(real); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err := os.Symlink(real, filepath.Join(common, name)); err != nil {
			return err
		}
	}
	v.git.Env = append(v.git.Env, "GIT_DIR="+v.gitDir, "GIT_COMMON_DIR="+common, "GIT_WORK_TREE="+v.checkout)
	return nil
}

// readConfig has git read the real configuration as a plain file, outside of
// any repository: no includes, and nothing in it takes effect.
func (v *gitView) readConfig(ctx context.Context, dir string) (gitConfig, error) {
	files := []string{filepath.Join(v.commonDir, "config"), filepath.Join(v.gitDir, "config.worktree")}
	var c gitConfig
	for i, file := range files {
		if i > 0 && !c.perWorktree {
			break
		}
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		out, err := v.git.Run(ctx, dir, "config", "--file", file, "--no-includes", "--null", "--list")
		if err != nil {
			return c, err
		}
		if err := c.add(out); err != nil {
			return c, fmt.Errorf("read %s: %w", file, err)
		}
	}
	return c, nil
}

// isShallow reports whether history was cut off. An empty file is not that.
func (v *gitView) isShallow() bool {
	info, err := os.Stat(filepath.Join(v.commonDir, "shallow"))
	return err == nil && info.Size() > 0
}

// headIsBranch reports whether HEAD names the branch. It tells a detached
// HEAD from a branch with the odd name "(detached)".
func (v *gitView) headIsBranch(name string) bool {
	b, err := readRegular(filepath.Join(v.gitDir, "HEAD"), gitcmd.MaxFile)
	return err == nil && strings.TrimRight(string(b), "\r\n") == "ref: refs/heads/"+name
}

// searchPath is where git is looked for, and what looks for it: see
// gitcmd.SearchPath.
func searchPath(env []string, checkout string) []string {
	value, _ := lookupEnv(env, "PATH")
	if value == "" && runtime.GOOS == "windows" {
		value, _ = lookupEnv(env, "Path")
	}
	return gitcmd.SearchPath(value, checkout)
}
