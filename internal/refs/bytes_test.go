package refs

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/org/cilock-action/internal/runner/fetch"
	"github.com/org/cilock-action/pkg/actionref"
	"github.com/org/cilock-action/pkg/actionref/ghresolve"
	"github.com/org/cilock-action/pkg/actionref/treecheck"
	"github.com/org/cilock-action/test/github"
)

// resolver asks a stand-in for GitHub.
func resolver(t *testing.T, s *github.Server) *ghresolve.Resolver {
	t.Helper()
	r, err := ghresolve.New(ghresolve.Options{ServerURL: s.URL(), APIURL: s.APIURL(), CacheDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// withoutCommits is a resolver that proves, and cannot fetch.
type withoutCommits struct{ *ghresolve.Resolver }

func (withoutCommits) Commit(context.Context, string, string) (ghresolve.Git, error) {
	return nil, errors.New("the server is tired")
}

// withPanic is one in whose trees there is something that nobody thought of.
type withPanic struct{ *ghresolve.Resolver }

func (withPanic) Commit(context.Context, string, string) (ghresolve.Git, error) { panic("oh") }

var toolFiles = map[string]string{"action.yml": "runs:\n  using: node24\n  main: x.js\n", "x.js": "1\n"}

// TestBytes: what is on disk is compared with the commit of a real repository.
func TestBytes(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes of files are those of the stand-in's Linux")
	}
	s := github.New(t)
	repo := s.Add("Acme/Tool")
	old := repo.Commit("main", toolFiles)
	tip := repo.Commit("main", map[string]string{"x.js": "2\n"})
	repo.Tag("v1", tip)
	real := resolver(t, s)
	for _, test := range []struct {
		name, uses, ref, script string
		resolver                Resolver
		also                    string // another spelling, of which one file is changed
		state                   treecheck.State
		reason, rule            string
	}{
		{"equal", "acme/tool@" + old, old, "1\n", real, "", treecheck.True, "", ""},
		{"changed", "acme/tool@" + old, old, "3\n", real, "", treecheck.False, "1 differences", ruleMismatch},
		{"another path of it", "acme/tool/sub@" + old, old, "3\n", real, "", treecheck.False, "1 differences", ruleMismatch},
		{"one spelling changed", "acme/tool@" + old, old, "1\n", real, "acme/tool", treecheck.False, "", ruleMismatch},
		{"a tag", "acme/tool@v1", "v1", "2\n", real, "", treecheck.True, "", ruleUnpinned},
		{"a moved tag", "acme/tool@v1", "v1", "1\n", real, "", treecheck.Unverified, "moved since the download", ruleUnpinned},
		{"not fetched", "acme/tool@" + old, old, "1\n", withoutCommits{real}, "", treecheck.Unverified, "the server is tired", ruleUndetermined},
		{"panic", "acme/tool@" + old, old, "1\n", withPanic{real}, "", treecheck.Unverified, "oh", ruleUndetermined},
		{"nobody asked", "acme/tool@" + old, old, "1\n", nil, "", treecheck.Unverified, "no repository was asked", ""},
	} {
		r := Report{Rows: []Row{useRow("ci.yml", actionref.Use{Ref: actionref.Parse(test.uses, actionref.InStep), Line: 1, Count: 1})}}
		if test.also != "" && runtime.GOOS != "linux" {
			continue // both spellings are one folder
		}
		files := map[string]string{"Acme/Tool/" + test.ref + " action.yml": toolFiles["action.yml"], "Acme/Tool/" + test.ref + " x.js": test.script}
		if test.also != "" {
			files[test.also+"/"+test.ref+" action.yml"], files[test.also+"/"+test.ref+" x.js"] = toolFiles["action.yml"], "3\n"
		}
		actions := downloadedTree(t, files)
		r.Follow(t.Context(), World{Actions: actions, Resolver: test.resolver})
		row, bytes := r.Rows[0], r.References[0].Bytes
		if bytes.State != test.state || !strings.Contains(bytes.Reason, test.reason) || row.TreeVerified != test.state {
			t.Errorf("%s: %+v", test.name, bytes)
		}
		if (bytes.TreeID == "" || bytes.TreeSHA256 == "") && test.name != "panic" {
			t.Errorf("%s: it does not say what is there: %+v", test.name, bytes)
		}
		findings := Judge(r)
		if (test.rule == "") != (len(findings) == 0) || test.rule != "" && findings[0].Rule != test.rule {
			t.Errorf("%s: findings are %+v", test.name, findings)
		}
		if test.state == treecheck.Unverified && test.resolver != nil && !slices.ContainsFunc(findings, func(f Finding) bool {
			return f.Unknown() && strings.Contains(f.Message, "whether the files on disk are those of acme/tool@") && strings.Contains(f.Message, test.reason)
		}) {
			t.Errorf("%s: not said: %+v", test.name, findings)
		}
		if test.rule == ruleMismatch && (findings[0].Level != Error || !strings.Contains(findings[0].Message, `"x.js" content`)) {
			t.Errorf("%s: %+v", test.name, findings[0])
		}
	}
}

// TestBytesOffline: an action that was extracted from a repository on this
// machine is proved by that, and nobody is asked.
func TestBytesOffline(t *testing.T) {
	s := github.New(t) // for a repository, no more
	repo := s.Add("acme/tool")
	sha := repo.Commit("main", toolFiles)
	actions := filepath.Join(t.TempDir(), "_actions")
	if err := os.Mkdir(actions, 0o700); err != nil {
		t.Fatal(err)
	}
	f := fetch.New(fetch.Options{PATH: os.Getenv("PATH"), Dest: actions, Dirs: map[string]string{"acme/tool": repo.Dir()}, Temp: t.TempDir()})
	defer f.Close()
	got, err := f.Fetch(t.Context(), actionref.Parse("Acme/Tool@"+sha, actionref.InStep))
	if err != nil {
		t.Fatal(err)
	}
	s.Reset()
	look := func(w World) (Row, Reference) {
		r := Report{Rows: []Row{use(1, "acme/tool@"+sha)}}
		r.Follow(t.Context(), w)
		return r.Rows[0], r.References[0]
	}
	if row, ref := look(World{Actions: actions, Commits: f.Commits}); row.TreeVerified != treecheck.True {
		t.Errorf("%+v", ref.Bytes)
	}
	if asked := s.Requests(); asked != (github.Requests{}) {
		t.Errorf("asked: %+v", asked)
	}
	if row, _ := look(World{Actions: actions}); row.TreeVerified != treecheck.Unverified {
		t.Errorf("with nothing to compare with: %s", row.TreeVerified)
	}
	none := func(string, string) (treecheck.Git, bool) { return nil, false }
	if row, ref := look(World{Actions: actions, Commits: none, Resolver: resolver(t, s)}); row.TreeVerified != treecheck.True {
		t.Errorf("with a resolver: %+v", ref.Bytes)
	}
	if err := os.WriteFile(filepath.Join(got.Dir, "x.js"), []byte("evil\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if row, ref := look(World{Actions: actions, Commits: f.Commits}); row.TreeVerified != treecheck.False {
		t.Errorf("changed: %+v", ref.Bytes)
	}
}

// TestRenamed: a renamed repository's files and trees are had by its new name.
func TestRenamed(t *testing.T) {
	s := github.New(t)
	sha := s.Add("acme/old").Commit("main", map[string]string{"action.yml": composite("acme/inner@v1")})
	s.Rename("acme/old", "acme/new")
	r := Report{Rows: []Row{use(1, "acme/old@"+sha)}}
	actions := downloadedTree(t, map[string]string{"acme/old/" + sha + " action.yml": composite("acme/inner@v1") + "\n"})
	r.Follow(t.Context(), World{Resolver: resolver(t, s)})
	if ref := reference(t, r, "acme/old@"+sha); !slices.Equal(ref.Nested, []string{"acme/inner@v1"}) {
		t.Errorf("%+v", ref)
	}
	r = Report{Rows: []Row{use(1, "acme/old@"+sha)}}
	r.Follow(t.Context(), World{Resolver: resolver(t, s), Actions: actions})
	if ref := reference(t, r, "acme/old@"+sha); ref.Bytes.State != treecheck.False {
		t.Errorf("%+v", ref.Bytes)
	}
}

// TestLyingServer: a server that answers everything with a page of HTML gives
// no clean answer.
func TestLyingServer(t *testing.T) {
	s := github.New(t)
	sha := s.Add("acme/tool").Commit("main", toolFiles)
	s.Intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Type", "text/html")
		w.Write([]byte("<html>200 ::error::x</html>"))
		return true
	})
	r := Report{Rows: []Row{use(1, "acme/tool@"+sha)}}
	r.Follow(t.Context(), World{Resolver: resolver(t, s), Actions: downloadedTree(t, map[string]string{
		"acme/tool/" + sha + " action.yml": toolFiles["action.yml"], "acme/tool/" + sha + " x.js": toolFiles["x.js"],
	})})
	if got := r.Rows[0]; got.Reachable != ghresolve.Undetermined || got.TreeVerified != treecheck.Unverified || Verdict(Judge(r)) == "pass" {
		t.Errorf("%+v", got)
	}
}
