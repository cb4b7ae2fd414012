package action

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// testRepo is a real repository, made by the real git.
type testRepo struct {
	t   *testing.T
	dir string
}

// newRepo makes a repository with one commit that holds the file "file".
func newRepo(t *testing.T, initArgs ...string) testRepo {
	t.Helper()
	r := initRepo(t, filepath.Join(realTempDir(t), "repo"), initArgs...)
	r.write("file", "content\n")
	r.git("add", ".")
	r.git("commit", "-q", "-m", "first")
	return r
}

func initRepo(t *testing.T, dir string, args ...string) testRepo {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	r := testRepo{t, dir}
	r.git(append([]string{"init", "-q", "-b", "main"}, args...)...)
	return r
}

// realTempDir is t.TempDir without symlinks, as Plan.Dir has it.
func realTempDir(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func testPath(t *testing.T) string {
	t.Helper()
	path, ok := lookupEnv(os.Environ(), "PATH")
	if !ok {
		t.Fatal("the tests need git on PATH")
	}
	return path
}

// git runs git as a user would, with no configuration from this machine.
func (r testRepo) git(args ...string) string {
	r.t.Helper()
	out, err := r.tryGit(nil, args...)
	if err != nil {
		r.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(out)
}

func (r testRepo) tryGit(env []string, args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir = r.dir
	cmd.Env = append([]string{
		"PATH=" + testPath(r.t), "HOME=" + r.dir, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_ALLOW_PROTOCOL=file",
		"GIT_AUTHOR_NAME=Ann Author", "GIT_AUTHOR_EMAIL=ann@example.org", "GIT_AUTHOR_DATE=1700000000 +0130",
		"GIT_COMMITTER_NAME=Con Mitter", "GIT_COMMITTER_EMAIL=con@example.org",
		"GIT_COMMITTER_DATE=1700000100 +0000",
	}, env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (r testRepo) write(name, content string) {
	r.t.Helper()
	path := filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

// touch makes the index's stat data of a file out of date.
func (r testRepo) touch(name string) {
	r.t.Helper()
	old := time.Unix(1_600_000_000, 0)
	if err := os.Chtimes(filepath.Join(r.dir, name), old, old); err != nil {
		r.t.Fatal(err)
	}
}

func (r testRepo) append(name, content string) {
	r.t.Helper()
	f, err := os.OpenFile(filepath.Join(r.dir, name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		r.t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(content); err != nil {
		r.t.Fatal(err)
	}
}

func (r testRepo) plan(env ...string) Plan {
	return Plan{Dir: r.dir, OwnEnv: append([]string{"PATH=" + testPath(r.t)}, env...)}
}

// observe runs the collector around a step and returns the section with its
// body read back from JSON.
func observeGit(t *testing.T, c gitCollector, p Plan, step func()) (gitBody, Section) {
	t.Helper()
	stop, err := c.Start(context.Background(), Target{Plan: p})
	if err != nil {
		t.Fatalf("Start: %v", err)
	}
	if step != nil {
		step()
	}
	s, err := stop(context.Background(), Step{Started: true})
	if err != nil {
		t.Fatalf("Stop: %v", err)
	}
	var b gitBody
	decodeBody(t, s, &b)
	return b, s
}

func decodeBody(t *testing.T, s Section, into any) {
	t.Helper()
	raw, err := json.Marshal(s.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatal(err)
	}
}

func wantNoGaps(t *testing.T, s Section) {
	t.Helper()
	if len(s.Gaps) > 0 {
		t.Errorf("gaps: %q", s.Gaps)
	}
}

func wantGap(t *testing.T, s Section, part string) {
	t.Helper()
	if !strings.Contains(strings.Join(s.Gaps, "\n"), part) {
		t.Errorf("gaps %q, want one with %q", s.Gaps, part)
	}
}

// startError runs Start where it is meant to fail.
func startError(t *testing.T, c Collector, p Plan) error {
	t.Helper()
	_, err := c.Start(context.Background(), Target{Plan: p})
	if err == nil {
		t.Fatal("Start succeeded")
	}
	return err
}

func wantNotApplicable(t *testing.T, err error) {
	t.Helper()
	var na *NotApplicable
	if !errors.As(err, &na) {
		t.Errorf("error %v, want NotApplicable", err)
	}
}

// fakeGit makes a script that stands for git and returns a PATH with it first.
// In it, "$GIT" is the real one.
func fakeGit(t *testing.T, script string) string {
	t.Helper()
	real, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	dir := realTempDir(t)
	text := "#!/bin/sh\nGIT='" + real + "'\n" + script + "\n"
	if err := os.WriteFile(filepath.Join(dir, "git"), []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	return "PATH=" + dir + string(os.PathListSeparator) + testPath(t)
}
