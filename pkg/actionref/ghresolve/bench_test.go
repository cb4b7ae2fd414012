package ghresolve_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/org/cilock-action/pkg/actionref"
	"github.com/org/cilock-action/pkg/actionref/ghresolve"
	"github.com/org/cilock-action/test/github"
)

// manyRepos makes 25 repositories of 12 commits and 60 uses of them: most pins
// are of a tag below the tip, as in life, some of a release branch, some tags.
func manyRepos(tb testing.TB) (*github.Server, []actionref.Ref) {
	tb.Helper()
	s := github.New(tb)
	var refs []actionref.Ref
	add := func(name, version string) {
		refs = append(refs, actionref.Parse(name+"@"+version, actionref.InStep))
	}
	for n := range 25 {
		name := fmt.Sprintf("owner/repo-%d", n)
		repo := s.Add(name)
		var commits []string
		for i := range 12 {
			commits = append(commits, repo.Commit("main", map[string]string{"action.yml": fmt.Sprint(n, i)}))
		}
		repo.Tag("v1.0.0", commits[3])
		repo.Annotate("v1.1.0", commits[8])
		repo.Annotate("v1", commits[8])
		repo.Branch("releases/v0", commits[1])
		add(name, commits[8])
		add(name, []string{commits[3], commits[8]}[n%2])
		if n < 10 {
			add(name, []string{"v1", "main"}[n%2])
		}
	}
	if len(refs) != 60 {
		tb.Fatalf("%d uses", len(refs))
	}
	return s, refs
}

func mustReachDefault(tb testing.TB, answers []ghresolve.Answer) {
	tb.Helper()
	for i, a := range answers {
		if a.Verdict != ghresolve.ReachableDefault {
			tb.Fatalf("%d: %s: %s", i, a.Verdict, a.Reason)
		}
	}
}

// BenchmarkResolve asks about 60 uses over 25 repositories with 50 ms added to
// every HTTP request: with an empty cache, with the cache of a run before, and
// cold without REST.
func BenchmarkResolve(b *testing.B) {
	s, refs := manyRepos(b)
	s.SetLatency(50 * time.Millisecond)
	run := func(b *testing.B, o ghresolve.Options) {
		r, err := ghresolve.New(o)
		if err != nil {
			b.Fatal(err)
		}
		mustReachDefault(b, r.Resolve(b.Context(), refs))
		n := r.Requests()
		b.ReportMetric(float64(n.REST), "rest/op")
		b.ReportMetric(float64(n.Git), "git/op")
		if err := r.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("cold", func(b *testing.B) {
		for b.Loop() {
			run(b, options(b, s))
		}
	})
	b.Run("warm", func(b *testing.B) {
		o := options(b, s)
		run(b, o)
		b.ResetTimer()
		for b.Loop() {
			run(b, o)
		}
	})
	b.Run("git-only", func(b *testing.B) {
		for b.Loop() {
			o := options(b, s)
			o.APIURL = "http://127.0.0.1:1/api/v3"
			run(b, o)
		}
	})
}
