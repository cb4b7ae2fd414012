//go:build unix

package action

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/org/cilock-action/internal/gitcmd"
)

// A trap is something in a checkout that makes git run a program. In the trap
// a shell script stands at $TRAP and leaves a mark when it is run.
type trap struct {
	name   string
	set    func(r testRepo, script string)
	spring []string // a command of git's that runs the program: else the trap proves nothing
	env    []string // for spring
}

func config(pairs ...string) func(testRepo, string) {
	return func(r testRepo, script string) {
		for i := 0; i < len(pairs); i += 2 {
			r.git("config", pairs[i], strings.ReplaceAll(pairs[i+1], "$TRAP", script))
		}
	}
}

// filtered gives every file the filter attribute, and git a reason to look
// at the contents of one.
func filtered(attributes string, pairs ...string) func(testRepo, string) {
	return func(r testRepo, script string) {
		r.write(attributes, "* filter=x\n")
		config(pairs...)(r, script)
		r.touch("file")
	}
}

// hook also gives git a reason to write the index, which is what runs it.
func hook(dir string, pairs ...string) func(testRepo, string) {
	return func(r testRepo, script string) {
		r.write(dir+"/post-index-change", "#!/bin/sh\nexec "+script+"\n")
		os.Chmod(filepath.Join(r.dir, dir, "post-index-change"), 0o755)
		config(pairs...)(r, script)
		r.touch("file")
	}
}

// promised takes the tree away and names a remote that promises to have it.
func promised(pairs ...string) func(testRepo, string) {
	return func(r testRepo, script string) {
		config(append([]string{
			"core.repositoryformatversion", "1", "extensions.partialClone", "origin",
			"remote.origin.promisor", "true",
		}, pairs...)...)(r, script)
		tree := r.git("rev-parse", "HEAD^{tree}")
		os.Remove(filepath.Join(r.dir, ".git/objects", tree[:2], tree[2:]))
	}
}

var traps = []trap{
	{"file system monitor", config("core.fsmonitor", "$TRAP"), []string{"status"}, nil},
	{"file system monitor of one worktree", func(r testRepo, script string) {
		config("core.repositoryformatversion", "1", "extensions.worktreeConfig", "true")(r, script)
		r.write(".git/config.worktree", "[core]\n\tfsmonitor = "+script+"\n")
	}, []string{"status"}, nil},
	{"included configuration", func(r testRepo, script string) {
		r.write(".git/evil", "[core]\n\tfsmonitor = "+script+"\n")
		config("include.path", "evil")(r, script)
	}, []string{"status"}, nil},
	{"clean filter", filtered(".gitattributes", "filter.x.clean", "$TRAP"), []string{"status"}, nil},
	{"clean filter named in .git/info", filtered(".git/info/attributes", "filter.x.clean", "$TRAP"), []string{"status"}, nil},
	{"filter process", filtered(".gitattributes", "filter.x.process", "$TRAP"), []string{"status"}, nil},
	{"attributes file", func(r testRepo, script string) {
		filtered(".git/attr", "core.attributesFile", filepath.Join(r.dir, ".git/attr"), "filter.x.clean", "$TRAP")(r, script)
	}, []string{"status"}, nil},
	{"hook", hook(".git/hooks"), []string{"status"}, nil},
	{"hooks path", hook("hooks", "core.hooksPath", "hooks"), []string{"status"}, nil},
	{
		"fetch of a missing object over ssh", promised("remote.origin.url", "ssh://localhost/x", "core.sshCommand", "$TRAP"),
		[]string{"cat-file", "-e", "HEAD^{tree}"},
		[]string{"GIT_ALLOW_PROTOCOL=ssh"},
	},
	{
		"fetch of a missing object by a helper", promised("remote.origin.url", "ext::$TRAP", "protocol.ext.allow", "always"),
		[]string{"cat-file", "-e", "HEAD^{tree}"},
		[]string{"GIT_ALLOW_PROTOCOL=ext"},
	},
	{"external diff", func(r testRepo, script string) {
		config("diff.external", "$TRAP")(r, script)
		r.write("file", "changed\n")
	}, []string{"diff"}, nil},
	{"text conversion", func(r testRepo, script string) {
		r.write(".gitattributes", "* diff=x\n")
		config("diff.x.textconv", "$TRAP")(r, script)
		r.write("file", "changed\n")
	}, []string{"diff"}, nil},
	{"signature check", func(r testRepo, script string) {
		config("gpg.program", "$TRAP", "log.showSignature", "true")(r, script)
		raw := strings.Replace(r.git("cat-file", "commit", "HEAD"), "\n\n", "\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n\n", 1)
		r.write(".git/raw", raw+"\n")
		r.git("update-ref", "HEAD", r.git("hash-object", "-t", "commit", "-w", ".git/raw"))
	}, []string{"log", "-1"}, nil},
	{
		"aliases", config("alias.st", "!$TRAP", "alias.status", "!$TRAP", "alias.cat-file", "!$TRAP", "alias.config", "!$TRAP"),
		[]string{"st"},
		nil,
	},
	{"a submodule's configuration", func(r testRepo, script string) {
		lib := newRepo(r.t)
		r.git("submodule", "--quiet", "add", "file://"+lib.dir, "lib")
		testRepo{r.t, filepath.Join(r.dir, "lib")}.git("config", "core.fsmonitor", script)
	}, []string{"status"}, nil},
}

// newTrap returns a script and a function that says whether it was run.
func newTrap(t *testing.T) (script string, sprung func() bool) {
	t.Helper()
	dir := realTempDir(t)
	script, mark := filepath.Join(dir, "trap"), filepath.Join(dir, "mark")
	if err := os.WriteFile(script, []byte("#!/bin/sh\n>'"+mark+"'\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return script, func() bool {
		_, err := os.Stat(mark)
		return err == nil
	}
}

func TestGitRunsNothingOfTheCheckout(t *testing.T) {
	t.Parallel()
	for _, tt := range traps {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			script, sprung := newTrap(t)
			r := newRepo(t)
			set := func() {
				tt.set(r, script)
				os.Remove(filepath.Join(filepath.Dir(script), "mark")) // setting it up may have run it
			}
			// In place before the step, or put there by the step.
			before, err := newGit().Start(context.Background(), Target{Plan: r.plan()})
			if err != nil {
				t.Fatal(err)
			}
			set()
			if _, err := before(context.Background(), Step{}); err != nil {
				t.Fatal(err)
			}
			if stop, err := newGit().Start(context.Background(), Target{Plan: r.plan()}); err == nil {
				stop(context.Background(), Step{})
			}
			if sprung() {
				t.Error("the collector ran the checkout's program")
			}
			// A command that runs it may well fail for it.
			r.tryGit(tt.env, tt.spring...)
			if !sprung() {
				t.Fatalf("git %v does not run the program: the trap is not armed", tt.spring)
			}
		})
	}
}

func TestGitStatusSurvivesFilters(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	b, s := observeGit(t, newGit(), r.plan(), func() {
		filtered(".git/info/attributes", "filter.x.clean", "false", "filter.x.required", "true")(r, "")
	})
	wantNoGaps(t, s)
	if b.After.Dirty {
		t.Errorf("a touched file is named as changed: %q", b.After.Status)
	}
}

func TestGitIgnoresOurEnvironment(t *testing.T) {
	script, sprung := newTrap(t)
	r, other := newRepo(t), newRepo(t)
	other.git("commit", "-q", "--allow-empty", "-m", "elsewhere")
	hostile := map[string]string{
		"GIT_DIR": filepath.Join(other.dir, ".git"), "GIT_CONFIG_COUNT": "1",
		"GIT_CONFIG_KEY_0": "core.fsmonitor", "GIT_CONFIG_VALUE_0": script, "GIT_EXTERNAL_DIFF": script,
		"GIT_TRACE2": filepath.Join(r.dir, "trace"), "MY_TOKEN": "value-of-the-token",
	}
	dump := filepath.Join(t.TempDir(), "env")
	plan := r.plan(fakeGit(t, `env >>'`+dump+`'; exec "$GIT" "$@"`))
	want := r.git("rev-parse", "HEAD")
	for k, v := range hostile {
		t.Setenv(k, v)
		plan.OwnEnv = append(plan.OwnEnv, k+"="+v)
	}
	b, s := observeGit(t, newGit(), plan, nil)
	wantNoGaps(t, s)
	if sprung() || b.CommitHash != want || b.Dirty {
		t.Errorf("sprung %v, commit %s, status %q", sprung(), b.CommitHash, b.Status)
	}
	env, err := os.ReadFile(dump)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(env), "value-of-the-token") {
		t.Error("git was given our environment")
	}
}

func TestGitOfAnotherOwner(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	pretend := "GIT_TEST_ASSUME_DIFFERENT_OWNER=1"
	if out, _ := r.tryGit([]string{pretend}, "status"); !strings.Contains(out, "dubious ownership") {
		t.Fatalf("git does not mind the owner here: %s", out)
	}
	b, s := observeGit(t, newGit(), r.plan(fakeGit(t, pretend+` exec "$GIT" "$@"`)), nil)
	wantNoGaps(t, s)
	if b.TreeHash == "" {
		t.Error("no tree")
	}
}

func TestGitIsNotTakenFromTheCheckout(t *testing.T) {
	r := newRepo(t)
	t.Chdir(r.dir)
	script, sprung := newTrap(t)
	for _, dir := range []string{"bin", "."} {
		os.MkdirAll(filepath.Join(r.dir, dir), 0o755)
		if err := os.Symlink(script, filepath.Join(r.dir, dir, "git")); err != nil {
			t.Fatal(err)
		}
	}
	plan := r.plan("PATH=" + strings.Join([]string{filepath.Join(r.dir, "bin"), r.dir, "bin", ".", "", testPath(t)}, ":"))
	_, s := observeGit(t, newGit(), plan, nil)
	wantNoGaps(t, s)
	if sprung() {
		t.Error("the checkout's own git was run")
	}
}

func TestGitReplacedByTheStep(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	script, sprung := newTrap(t)
	path := fakeGit(t, `exec "$GIT" "$@"`)
	b, s := observeGit(t, newGit(), r.plan(path), func() {
		bin := filepath.Join(strings.Split(strings.TrimPrefix(path, "PATH="), ":")[0], "git")
		os.Remove(bin)
		if err := os.Symlink(script, bin); err != nil {
			t.Fatal(err)
		}
	})
	wantGap(t, s, "is not the git it was")
	if sprung() || b.After != nil || b.CommitHash == "" {
		t.Errorf("sprung %v, before %q, after %+v", sprung(), b.CommitHash, b.After)
	}
}

func TestGitThatNeverEnds(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	// The child of git holds the FIFO and git's stdout open.
	git := gitcmd.Command{Env: []string{"PATH=" + testPath(t)}, Timeout: time.Hour, MaxOutput: 1 << 20}
	dir, _, _ := strings.Cut(strings.TrimPrefix(fakeGit(t, `(echo x; exec sleep 3600) >'`+fifo+`' & wait`), "PATH="), ":")
	git.Bin = filepath.Join(dir, "git")
	ctx, cancel := context.WithCancel(context.Background())
	failed := make(chan error, 1)
	go func() {
		_, err := git.Run(ctx, r.dir, "status")
		failed <- err
	}()
	f, err := os.Open(fifo) // waits for the child
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Read(make([]byte, 2)); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if _, err := io.ReadAll(f); err != nil { // ends when the child is gone
		t.Error(err)
	}
}

func TestGitDeadline(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	index := filepath.Join(r.dir, ".git/index")
	os.Remove(index)
	if err := syscall.Mkfifo(index, 0o600); err != nil {
		t.Fatal(err)
	}
	c := newGit()
	c.timeout = 300 * time.Millisecond
	if err := startError(t, c, r.plan()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	// The small files that are read without git do not block either.
	for _, name := range []string{".git/commondir", ".git"} {
		os.RemoveAll(filepath.Join(r.dir, name))
		if err := syscall.Mkfifo(filepath.Join(r.dir, name), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := startError(t, newGit(), r.plan()); !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestGitOutputBound(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	path := fakeGit(t, `if [ "$1" = status ]; then exec yes; else exec "$GIT" "$@"; fi`)
	c := newGit()
	c.timeout = time.Hour // it is not the deadline that ends it
	if err := startError(t, c, r.plan(path)); !errors.Is(err, gitcmd.ErrOutputTooLarge) {
		t.Errorf("error %v", err)
	}
}

func TestGitLeavesNothingBehind(t *testing.T) {
	r := newRepo(t)
	r.touch("file") // git status would like to note that in the index
	before := snapshot(t, r.dir)
	tmp := realTempDir(t)
	t.Setenv("TMPDIR", tmp)
	_, s := observeGit(t, newGit(), r.plan(), nil)
	wantNoGaps(t, s)
	if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
		t.Errorf("left in the temporary directory: %v %v", left, err)
	}
	after := snapshot(t, r.dir)
	if len(after) != len(before) {
		t.Errorf("%d files, before %d", len(after), len(before))
	}
	for name, content := range before {
		if after[name] != content {
			t.Errorf("%s was changed", name)
		}
	}
}

// snapshot returns the contents of all files.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		files[path] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
