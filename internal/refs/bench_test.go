package refs

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/org/cilock-action/pkg/actionref/ghresolve"
	"github.com/org/cilock-action/test/github"
)

// BenchmarkOnline is `refs --resolve online` on 60 uses over 25 repositories,
// with 50 ms added to every HTTP request: each is proved, and its file is read
// for the references inside it. First with an empty cache, then with that of a
// run before.
func BenchmarkOnline(b *testing.B) {
	s := github.New(b)
	var text strings.Builder
	text.WriteString("on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n")
	for n := range 25 {
		name := fmt.Sprintf("owner/repo-%d", n)
		repo := s.Add(name)
		var commits []string
		for i := range 12 {
			commits = append(commits, repo.Commit("main", map[string]string{
				"action.yml": fmt.Sprintf("name: a%d\nruns:\n  using: node24\n  main: x.js\n", i),
			}))
		}
		repo.Annotate("v1", commits[8])
		uses := []string{commits[8], commits[3+n%2*5]}
		if n < 10 {
			uses = append(uses, []string{"v1", "main"}[n%2])
		}
		for _, version := range uses {
			fmt.Fprintf(&text, "      - uses: %s@%s\n", name, version)
		}
	}
	s.SetLatency(50 * time.Millisecond)
	run := func(b *testing.B, cache string) {
		r, err := ghresolve.New(ghresolve.Options{ServerURL: s.URL(), APIURL: s.APIURL(), CacheDir: cache})
		if err != nil {
			b.Fatal(err)
		}
		var report Report
		report.Add(Workflow{Path: "ci.yml", Src: []byte(text.String())})
		report.Follow(b.Context(), World{Resolver: r})
		if len(report.Rows) != 60 || len(report.NotFollowed) > 0 || !clean(report.Rows[0].Reachable) {
			b.Fatalf("%d rows, not followed %q, the first is %q", len(report.Rows), report.NotFollowed, report.Rows[0].Reason)
		}
		b.ReportMetric(float64(r.Requests().REST), "rest/op")
		b.ReportMetric(float64(r.Requests().Git), "git/op")
		if err := r.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("cold", func(b *testing.B) {
		for b.Loop() {
			run(b, b.TempDir())
		}
	})
	b.Run("warm", func(b *testing.B) {
		cache := b.TempDir()
		run(b, cache)
		b.ResetTimer()
		for b.Loop() {
			run(b, cache)
		}
	})
}
