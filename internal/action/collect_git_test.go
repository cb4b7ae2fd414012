package action

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

func TestGitDescribesTheCommit(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	r.write("file", "more\n")
	r.git("commit", "-q", "-a", "-m", "second\n\nwith a body")
	r.git("tag", "light")
	r.git("tag", "-a", "v1.0.0", "-m", "release")
	r.git("remote", "add", "origin", "https://user:pa55word@example.org/org/repo.git")

	b, s := observeGit(t, newGit(), r.plan(), nil)
	wantNoGaps(t, s)
	raw := r.git("cat-file", "commit", "HEAD") + "\n" // the helper trims
	sum := sha256.Sum256([]byte(raw))
	head := r.git("rev-parse", "HEAD")
	for _, c := range []struct{ name, got, want string }{
		{"commit", b.CommitHash, head},
		{"digest", b.CommitDigest["sha1"], head},
		{"sha256", b.CommitSHA256, hex.EncodeToString(sum[:])},
		{"tree", b.TreeHash, r.git("rev-parse", "HEAD^{tree}")},
		{"branch", b.Branch, "main"},
		{"author", b.Author + " " + b.AuthorEmail, "Ann Author ann@example.org"},
		{"committer", b.CommitterName + " " + b.CommitterEmail, "Con Mitter con@example.org"},
		{"date", b.CommitDate, "2023-11-14T23:43:20+01:30"},
		{"message", b.CommitMessage, "second\n\nwith a body\n"},
		{"parents", strings.Join(b.ParentHashes, " "), r.git("rev-parse", "HEAD^")},
		{"refs", strings.Join(b.Refs, " "), "refs/heads/main refs/tags/light refs/tags/v1.0.0"},
		{"remotes", strings.Join(b.Remotes, " "), "https://example.org/org/repo.git"},
		{"format", b.ObjectFormat, "sha1"},
		{"type", s.Type, "https://witness.dev/attestations/git/v0.1"},
		{"after", b.After.CommitHash + " " + b.After.TreeHash, head + " " + b.TreeHash},
	} {
		if c.got != c.want {
			t.Errorf("%s is %q, want %q", c.name, c.got, c.want)
		}
	}
	want := []gitTag{{"v1.0.0", "Con Mitter", "con@example.org", "2023-11-14T22:15:00+00:00", "", "release\n"}}
	if !reflect.DeepEqual(b.Tags, want) {
		t.Errorf("tags %+v, want %+v", b.Tags, want)
	}
	if b.Moved == nil || *b.Moved || b.Dirty || b.After.Dirty || b.Detached || b.Unborn || b.Shallow {
		t.Errorf("a clean checkout on a branch is recorded as %+v", b)
	}
	bin, err := os.ReadFile(b.GitBinPath)
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(bin); b.GitBinHash["sha256"] != hex.EncodeToString(sum[:]) {
		t.Error("the digest of the git executable is wrong")
	}
}

func TestGitStatusNames(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	for _, n := range []string{"gone", "staged", "same"} {
		r.write(n, "x")
	}
	r.git("add", ".")
	r.git("commit", "-q", "-m", "more")
	r.write("file", "changed\n")
	r.write("staged", "changed too")
	r.git("add", "staged")
	r.write("added", "y")
	r.git("add", "added")
	if err := os.Remove(filepath.Join(r.dir, "gone")); err != nil {
		t.Fatal(err)
	}
	names := map[string]gitFileStatus{
		"file":   {"unmodified", "modified"},
		"staged": {"modified", "unmodified"},
		"added":  {"added", "unmodified"},
		"gone":   {"unmodified", "deleted"},
		"dir/":   {"untracked", "untracked"},
	}
	r.write("dir/a", "")
	odd := map[string]string{"new\nline ::error::": "new\nline ::error::", "%bytes:x": "%bytes:%25bytes:x", " lead": " lead"}
	if runtime.GOOS == "linux" {
		odd["bad\xff\xfe"] = "%bytes:bad%FF%FE"
	}
	for name, recorded := range odd {
		r.write(name, "")
		names[recorded] = gitFileStatus{"untracked", "untracked"}
	}
	b, s := observeGit(t, newGit(), r.plan(), nil)
	wantNoGaps(t, s)
	if !reflect.DeepEqual(b.Status, names) {
		t.Errorf("status %q, want %q", b.Status, names)
	}
	if !b.Dirty || b.DirtyCount != len(names) || !reflect.DeepEqual(b.After.Status, names) {
		t.Errorf("dirty %v, count %d, after %q", b.Dirty, b.DirtyCount, b.After.Status)
	}
}

func TestGitSeesWhatTheStepDoes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		step  func(r testRepo)
		moved bool
		check func(b gitBody) bool
	}{
		{"nothing", func(testRepo) {}, false, func(b gitBody) bool { return !b.After.Dirty }},
		{"makes a commit", func(r testRepo) {
			r.git("commit", "-q", "--allow-empty", "-m", "sneaky")
		}, true, func(b gitBody) bool {
			return b.After.CommitHash != b.CommitHash && b.After.TreeHash == b.TreeHash && b.After.Branch == "main"
		}},
		{"commits a change", func(r testRepo) {
			r.write("file", "other")
			r.git("commit", "-q", "-a", "-m", "sneaky")
		}, true, func(b gitBody) bool { return b.After.TreeHash != b.TreeHash && b.After.TreeHash != "" }},
		{"changes the branch only", func(r testRepo) {
			r.git("checkout", "-q", "-b", "other")
		}, true, func(b gitBody) bool { return b.After.CommitHash == b.CommitHash && b.After.Branch == "other" }},
		{"detaches HEAD", func(r testRepo) {
			r.git("checkout", "-q", "--detach")
		}, true, func(b gitBody) bool { return b.After.Detached && b.After.Branch == "HEAD" }},
		{"leaves changes", func(r testRepo) {
			r.write("file", "dirty")
		}, false, func(b gitBody) bool {
			return !b.Dirty && b.After.Dirty && b.After.Status["file"].Worktree == "modified"
		}},
		{"replaces the commit", func(r testRepo) { // what git shows then is not what the id says
			r.git("replace", "HEAD", r.git("commit-tree", "-m", "fake", r.git("mktree", "--missing")))
		}, false, func(b gitBody) bool { return !b.After.Dirty && b.After.TreeHash == b.TreeHash }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newRepo(t)
			b, s := observeGit(t, newGit(), r.plan(), func() { tt.step(r) })
			wantNoGaps(t, s)
			if b.Moved == nil || *b.Moved != tt.moved || !tt.check(b) {
				t.Errorf("moved %v, before %+v, after %+v", b.Moved, b, b.After)
			}
			if tt.moved != (len(s.Notices) == 1) {
				t.Errorf("notices %v", s.Notices)
			}
		})
	}
}

func TestGitDeletedByTheStep(t *testing.T) {
	t.Parallel()
	outer := newRepo(t) // must not be described instead
	r := initRepo(t, filepath.Join(outer.dir, "inner"))
	r.git("commit", "-q", "--allow-empty", "-m", "inner")
	b, s := observeGit(t, newGit(), r.plan(), func() { os.RemoveAll(filepath.Join(r.dir, ".git")) })
	wantGap(t, s, "after the step: find the git directory")
	if b.CommitHash == "" || b.After != nil || b.Moved != nil {
		t.Errorf("before %q, after %+v, moved %v", b.CommitHash, b.After, b.Moved)
	}
}

func TestGitCreatedByTheStep(t *testing.T) {
	t.Parallel()
	dir := realTempDir(t)
	plan := testRepo{t, dir}.plan()
	wantNotApplicable(t, startError(t, newGit(), plan))

	// Between the directory and the checkout it is a gap.
	r := newRepo(t)
	sub := filepath.Join(r.dir, "sub")
	if err := os.Mkdir(sub, 0o755); err != nil {
		t.Fatal(err)
	}
	plan = r.plan()
	plan.Dir = sub
	_, s := observeGit(t, newGit(), plan, func() { initRepo(t, sub) })
	wantGap(t, s, "another checkout now stands")
}

func TestGitKindsOfCheckout(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		make  func(t *testing.T) testRepo
		check func(b gitBody) bool
	}{
		{"detached", func(t *testing.T) testRepo {
			r := newRepo(t)
			r.git("checkout", "-q", "--detach")
			return r
		}, func(b gitBody) bool { return b.Detached && b.Branch == "HEAD" && b.CommitHash != "" }},
		{"branch named (detached)", func(t *testing.T) testRepo {
			r := newRepo(t)
			r.git("checkout", "-q", "-b", "(detached)")
			return r
		}, func(b gitBody) bool { return !b.Detached && b.Branch == "(detached)" }},
		{"unborn", func(t *testing.T) testRepo {
			r := initRepo(t, realTempDir(t))
			r.write("new", "")
			return r
		}, func(b gitBody) bool {
			return b.Unborn && b.CommitHash == "" && b.Branch == "main" && b.Status["new"].Worktree == "untracked"
		}},
		{"shallow", func(t *testing.T) testRepo {
			r := newRepo(t)
			r.git("commit", "-q", "--allow-empty", "-m", "second")
			r.git("clone", "-q", "--depth=1", "file://"+r.dir, r.dir+"-clone")
			return testRepo{t, r.dir + "-clone"}
		}, func(b gitBody) bool { return b.Shallow && b.CommitHash != "" && len(b.ParentHashes) == 1 }},
		{"shared objects", func(t *testing.T) testRepo {
			r := newRepo(t)
			r.git("clone", "-q", "--shared", r.dir, r.dir+"-clone")
			return testRepo{t, r.dir + "-clone"}
		}, func(b gitBody) bool { return b.TreeHash != "" && !b.Shallow && !b.Dirty }},
		{"sha256", func(t *testing.T) testRepo {
			return newRepo(t, "--object-format=sha256")
		}, func(b gitBody) bool {
			return len(b.CommitHash) == 64 && b.CommitDigest["sha256"] == b.CommitHash && b.ObjectFormat == "sha256"
		}},
		{"packed refs", func(t *testing.T) testRepo {
			r := newRepo(t)
			r.git("pack-refs", "--all")
			r.git("gc", "-q")
			return r
		}, func(b gitBody) bool { return len(b.Refs) == 1 && b.TreeHash != "" && !b.Dirty }},
		{"linked worktree", func(t *testing.T) testRepo {
			r := newRepo(t)
			r.git("worktree", "add", "-q", "-b", "linked", r.dir+"-linked")
			return testRepo{t, r.dir + "-linked"}
		}, func(b gitBody) bool { return b.Branch == "linked" && !b.Dirty && len(b.Refs) == 2 }},
		{"submodule", func(t *testing.T) testRepo {
			lib, r := newRepo(t), newRepo(t)
			lib.git("commit", "-q", "--allow-empty", "-m", "of the library")
			r.git("submodule", "--quiet", "add", "file://"+lib.dir, "lib")
			return testRepo{t, filepath.Join(r.dir, "lib")}
		}, func(b gitBody) bool {
			return b.CommitMessage == "of the library\n" && !b.Dirty && len(b.Remotes) == 1
		}},
		{"sparse", func(t *testing.T) testRepo {
			r := newRepo(t)
			r.write("in/a", "a")
			r.write("out/b", "b")
			r.git("add", ".")
			r.git("commit", "-q", "-m", "dirs")
			r.git("sparse-checkout", "set", "--cone", "--sparse-index", "in")
			return r
		}, func(b gitBody) bool { return !b.Dirty }},
		{"settings of one worktree", func(t *testing.T) testRepo {
			r := newRepo(t)
			r.git("config", "core.fileMode", "true")
			r.git("config", "core.repositoryformatversion", "1")
			r.git("config", "extensions.worktreeConfig", "true")
			r.git("config", "--worktree", "core.fileMode", "false")
			if err := os.Chmod(filepath.Join(r.dir, "file"), 0o755); err != nil {
				t.Fatal(err)
			}
			return r
		}, func(b gitBody) bool { return !b.Dirty }},
		{"ignored files", func(t *testing.T) testRepo {
			r := newRepo(t)
			r.append(".git/info/exclude", "local\n")
			r.write("local", "")
			return r
		}, func(b gitBody) bool { return !b.Dirty }},
		{"changed file that is hidden", func(t *testing.T) testRepo {
			r := newRepo(t)
			r.git("update-index", "--skip-worktree", "file")
			r.write("file", "changed\n")
			return r
		}, func(b gitBody) bool { return b.Status["file"].Worktree == "modified" }},
		{"split index", func(t *testing.T) testRepo {
			r := newRepo(t)
			r.git("update-index", "--split-index")
			return r
		}, func(b gitBody) bool { return !b.Dirty }},
		{"crlf", func(t *testing.T) testRepo {
			r := newRepo(t)
			r.git("config", "core.autocrlf", "true")
			os.Remove(filepath.Join(r.dir, "file"))
			r.git("checkout", "-q", "file") // with a carriage return
			r.touch("file")                 // so that git compares contents
			return r
		}, func(b gitBody) bool { return !b.Dirty }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := tt.make(t)
			b, s := observeGit(t, newGit(), r.plan(), nil)
			wantNoGaps(t, s)
			if !tt.check(b) || b.Moved == nil || *b.Moved {
				t.Errorf("recorded as %+v", b)
			}
		})
	}
}

func TestGitMovedSubmoduleIsDirty(t *testing.T) {
	t.Parallel()
	lib, r := newRepo(t), newRepo(t)
	r.git("submodule", "--quiet", "add", "file://"+lib.dir, "lib")
	r.git("commit", "-q", "-m", "add lib")
	b, s := observeGit(t, newGit(), r.plan(), func() {
		testRepo{t, filepath.Join(r.dir, "lib")}.git("commit", "-q", "--allow-empty", "-m", "other")
	})
	wantNoGaps(t, s)
	if b.Dirty || b.After.Status["lib"].Worktree != "modified" {
		t.Errorf("before %q, after %q", b.Status, b.After.Status)
	}
}

func TestGitManyDirtyFiles(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	var status strings.Builder
	fmt.Fprintf(&status, "# branch.oid %s\x00# branch.head main\x00", r.git("rev-parse", "HEAD"))
	for i := range maxDirty + 5 {
		fmt.Fprintf(&status, "? f%05d\x00", i)
	}
	list := filepath.Join(t.TempDir(), "status")
	if err := os.WriteFile(list, []byte(status.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	path := fakeGit(t, `if [ "$1" = status ]; then cat '`+list+`'; else exec "$GIT" "$@"; fi`)
	b, s := observeGit(t, newGit(), r.plan(path), nil)
	wantNoGaps(t, s)
	if len(b.Status) != maxDirty || b.DirtyCount != maxDirty+5 {
		t.Errorf("%d named of %d", len(b.Status), b.DirtyCount)
	}
	if !strings.Contains(strings.Join(s.Limits, "\n"), fmt.Sprintf("%d, of which the first %d are named", maxDirty+5, maxDirty)) {
		t.Errorf("the limits do not say that files are left out: %q", s.Limits)
	}
}

func TestGitUnusable(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		make func(r testRepo)
		want string
	}{
		{"empty .git", func(r testRepo) {
			os.RemoveAll(filepath.Join(r.dir, ".git"))
			os.Mkdir(filepath.Join(r.dir, ".git"), 0o755)
		}, "not a git repository"},
		{".git file without a target", func(r testRepo) {
			os.RemoveAll(filepath.Join(r.dir, ".git"))
			r.write(".git", "nonsense")
		}, "does not say"},
		{".git file that points nowhere", func(r testRepo) {
			os.RemoveAll(filepath.Join(r.dir, ".git"))
			r.write(".git", "gitdir: ../elsewhere\n")
		}, "not a git repository"},
		{"corrupt index", func(r testRepo) { r.write(".git/index", "\x1b[31m\n::error::junk that is no index") }, "index"},
		{"corrupt configuration", func(r testRepo) { r.append(".git/config", "[[[") }, "bad config"},
		{"commit is missing", func(r testRepo) { os.RemoveAll(filepath.Join(r.dir, ".git/objects")) }, "not a git repository"},
		{"unknown extension", func(r testRepo) {
			r.git("config", "core.repositoryformatversion", "1")
			r.git("config", "extensions.fromTheFuture", "true")
		}, "fromthefuture"},
		{"future version", func(r testRepo) { r.git("config", "core.repositoryformatversion", "9") }, "9"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newRepo(t)
			tt.make(r)
			err := startError(t, newGit(), r.plan())
			if _, na := isNotApplicable(err); na || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %q, want one with %q", err, tt.want)
			}
			if strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Errorf("error %q is not one clean line", err)
			}
		})
	}
}

func TestGitMissingObjectIsAGap(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	_, s := observeGit(t, newGit(), r.plan(), func() {
		r.git("update-ref", "--no-deref", "refs/heads/main", r.git("rev-parse", "HEAD"))
		r.write(".git/refs/heads/main", strings.Repeat("a", 40)+"\n")
	})
	wantGap(t, s, "after the step: git status")
}

func TestGitNotInstalled(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	plan := r.plan()
	plan.OwnEnv = []string{"PATH=" + realTempDir(t)}
	err := startError(t, newGit(), plan)
	if _, na := isNotApplicable(err); na || !strings.Contains(err.Error(), "find git on PATH") {
		t.Errorf("error %v", err)
	}
	plan.Dir = realTempDir(t)
	wantNotApplicable(t, startError(t, newGit(), plan))
}

func TestGitRemotesHaveNoCredentials(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	r.git("config", "remote.a.url", "short:org/repo")
	r.git("config", "url.https://x-access-token:s3cr3tt0ken@example.org/.insteadOf", "short:")
	r.git("config", "remote.b.url", "deploy:s3cr3tt0ken@example.org:org/repo.git")
	b, _ := observeGit(t, newGit(), r.plan(), nil)
	want := []string{"https://example.org/org/repo", "example.org:org/repo.git"}
	if !reflect.DeepEqual(b.Remotes, want) {
		t.Errorf("remotes %q, want %q", b.Remotes, want)
	}
}
