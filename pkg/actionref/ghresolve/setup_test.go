package ghresolve_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/org/cilock-action/pkg/actionref"
	"github.com/org/cilock-action/pkg/actionref/ghresolve"
	"github.com/org/cilock-action/test/github"
)

// options points at the stand-in, with a cache of the test's own.
func options(t testing.TB, s *github.Server) ghresolve.Options {
	return ghresolve.Options{
		ServerURL: s.URL(), APIURL: s.APIURL(), CacheDir: t.TempDir(),
		Wait: func(context.Context, time.Duration) error { return errors.New("the test does not wait") },
	}
}

func open(t testing.TB, o ghresolve.Options) *ghresolve.Resolver {
	t.Helper()
	r, err := ghresolve.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// resolve asks about texts such as o/r@v1.
func resolve(t testing.TB, r *ghresolve.Resolver, texts ...string) []ghresolve.Answer {
	t.Helper()
	refs := make([]actionref.Ref, len(texts))
	for i, text := range texts {
		if refs[i] = actionref.Parse(text, actionref.InStep); refs[i].Kind() == actionref.KindInvalid {
			t.Fatalf("%s: %s", text, refs[i].Why())
		}
	}
	answers := r.Resolve(t.Context(), refs)
	if len(answers) != len(refs) {
		t.Fatalf("%d answers to %d references", len(answers), len(refs))
	}
	for i, a := range answers {
		if a.Reason == "" || strings.ContainsAny(a.Reason, "\n\r\x1b") {
			t.Errorf("%s: reason %q", texts[i], a.Reason)
		}
	}
	return answers
}

func one(t testing.TB, r *ghresolve.Resolver, text string) ghresolve.Answer {
	t.Helper()
	return resolve(t, r, text)[0]
}

// world is a repository with one of everything.
type world struct {
	*github.Server
	repo                             *github.Repo
	first, second, tip               string // of main
	release                          string // tip of releases/v1
	below                            string // below releases/v1, not on main
	annotated                        string // tag object v1.1.0, of second
	nestedObject, innerObject        string // tag nested -> tag inner (gone) -> first
	impostor, tagged, deleted, never string
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{Server: github.New(t)}
	w.repo = w.Add("Owner/Repo")
	file := func(text string) map[string]string { return map[string]string{"action.yml": text} }
	w.first = w.repo.Commit("main", file("1"))
	w.second = w.repo.Commit("main", file("2"))
	w.repo.Branch("releases/v1", w.second)
	w.repo.Branch("old", w.second)
	w.tip = w.repo.Commit("main", file("3"))
	w.below = w.repo.Commit("releases/v1", file("4"))
	w.release = w.repo.Commit("releases/v1", file("5"))

	w.repo.Tag("v1.0.0", w.first)
	w.annotated = w.repo.Annotate("v1.1.0", w.second)
	w.innerObject = w.repo.Annotate("inner", w.first)
	w.nestedObject = w.repo.Annotate("nested", w.innerObject)
	w.repo.Git("update-ref", "-d", "refs/tags/inner")
	w.repo.Tag("path/to/v3", w.below)
	w.repo.Tag("v2.0.0", w.tip)
	w.repo.Branch("both", w.release)
	w.repo.Tag("both", w.first)

	w.impostor = w.repo.Fork(w.tip, file("evil"))
	w.tagged = w.repo.Fork(w.first, file("evil, with a tag"))
	w.repo.Tag("v9", w.tagged)
	w.deleted = w.repo.Commit("old", file("6"))
	w.repo.DeleteBranch("old")
	w.never = strings.Repeat("0123456789", 4)
	return w
}
