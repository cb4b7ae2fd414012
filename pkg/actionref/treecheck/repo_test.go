//go:build unix

package treecheck

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// cleanEnv is the environment of every git here: nothing of the machine's.
func cleanEnv(home string) []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "LC_ALL=C", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null",
		"GIT_ATTR_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=", "GIT_PROTOCOL_FROM_USER=0", "GIT_ALLOW_PROTOCOL=file",
		"GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_AUTHOR_DATE=1700000000 +0130",
		"GIT_COMMITTER_NAME=C", "GIT_COMMITTER_EMAIL=c@example.com", "GIT_COMMITTER_DATE=1700000001 -0500",
	}
}

// gitIn returns a Git that works in a folder.
func gitIn(t testing.TB, dir string) Git {
	home := t.TempDir()
	return func(ctx context.Context, stdin []byte, args ...string) ([]byte, error) {
		cmd := exec.CommandContext(ctx, "git", append([]string{"-C", dir}, args...)...)
		cmd.Env = cleanEnv(home)
		cmd.Stdin = bytes.NewReader(stdin)
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
		cmd.WaitDelay = time.Second
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			t.Logf("git %s: %v: %s", strings.Join(args, " "), err, stderr.Bytes())
		}
		return out, err
	}
}

// repo is a real repository, and its work tree.
type repo struct {
	t   testing.TB
	dir string
	git Git
}

// tree is a folder's content: path to content. A path that ends in a slash is
// an empty folder, a content that begins with "-> " a symlink's target, and a
// path that begins with "x:" is executable.
type tree map[string]string

func (tr tree) write(t testing.TB, dir string) {
	t.Helper()
	for name, content := range tr {
		name, exec := strings.CutPrefix(name, "x:")
		path := dir + "/" + name
		must(t, os.MkdirAll(filepath.Dir(path), 0o755))
		if strings.HasSuffix(name, "/") {
			must(t, os.MkdirAll(path, 0o755))
			continue
		}
		must(t, os.RemoveAll(path))
		if target, ok := strings.CutPrefix(content, "-> "); ok {
			must(t, os.Symlink(target, path))
			continue
		}
		mode := os.FileMode(0o644)
		if exec {
			mode = 0o755
		}
		must(t, os.WriteFile(path, []byte(content), mode))
	}
}

// newRepo makes a repository with the files in one commit.
func newRepo(t testing.TB, files tree) *repo {
	t.Helper()
	dir := t.TempDir()
	r := &repo{t, dir, gitIn(t, dir)}
	r.run("init", "-q", "-b", "main")
	r.run("config", "core.autocrlf", "false")
	files.write(t, dir)
	r.commit()
	return r
}

func (r *repo) run(args ...string) string {
	r.t.Helper()
	out, err := r.git(context.Background(), nil, args...)
	if err != nil {
		r.t.Fatalf("git %s: %v", strings.Join(args, " "), err)
	}
	return strings.TrimSuffix(string(out), "\n")
}

// commit commits what lies in the work tree, whatever .gitignore says.
func (r *repo) commit() {
	r.t.Helper()
	r.run("add", "-A", "-f", ".")
	r.run("commit", "-q", "--allow-empty", "-m", "change")
}

func (r *repo) head() Commit { return Commit{r.git, r.run("rev-parse", "HEAD")} }

// extract unpacks an archive of the commit, as GitHub makes it and the runner
// unpacks it.
func (r *repo) extract() string {
	r.t.Helper()
	archive, err := r.git(context.Background(), nil, "archive", "--format=tar", r.head().SHA)
	must(r.t, err)
	dir := r.t.TempDir()
	cmd := exec.Command("tar", "-xf", "-", "-C", dir)
	cmd.Stdin = bytes.NewReader(archive)
	if out, err := cmd.CombinedOutput(); err != nil {
		r.t.Fatalf("tar: %v: %s", err, out)
	}
	return dir
}
