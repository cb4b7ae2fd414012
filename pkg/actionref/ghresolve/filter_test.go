package ghresolve_test

import (
	"testing"

	"github.com/org/cilock-action/pkg/actionref/ghresolve"
	"github.com/org/cilock-action/test/github"
)

// TestServerAllowsOneFilterOnly: a server that refuses the filter by size is
// asked again without any blobs.
func TestServerAllowsOneFilterOnly(t *testing.T) {
	s := github.New(t)
	repo := s.Add("acme/tool")
	sha := repo.Commit("main", map[string]string{"action.yml": "name: tool\n"})
	repo.Git("config", "uploadpackfilter.allow", "false")
	repo.Git("config", "uploadpackfilter.blob:none.allow", "true")
	r, err := ghresolve.New(options(t, s))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	name, data, err := r.ReadFile(t.Context(), "acme/tool", sha, []string{"action.yml"}, 100)
	if err != nil || name != "action.yml" || string(data) != "name: tool\n" {
		t.Errorf("%q, %q, %v", name, data, err)
	}
}
