package ghresolve_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/org/cilock-action/pkg/actionref"
	"github.com/org/cilock-action/pkg/actionref/ghresolve"
	"github.com/org/cilock-action/test/github"
)

// TestRequestsCold: at most two REST requests for any one reference, and one
// ls-remote for any number of them.
func TestRequestsCold(t *testing.T) {
	w := newWorld(t)
	for _, version := range []string{w.tip, w.first, w.below, w.tagged, w.annotated, w.innerObject, w.impostor, w.never, "v1.0.0", "v9", "main", "none"} {
		w.Reset()
		r := open(t, options(t, w.Server))
		a := one(t, r, "owner/repo@"+version)
		if n := w.Requests(); n.REST > 2 || n.REST != r.Requests().REST {
			t.Errorf("%s (%s): %d REST requests, counted %d", version, a.Verdict, n.REST, r.Requests().REST)
		}
	}
	w.Reset()
	r := open(t, options(t, w.Server))
	resolve(t, r, "owner/repo@v1.0.0", "OWNER/repo@v1.0.0", "owner/repo/sub@v1.0.0", "owner/repo@"+w.first, "owner/repo@"+w.first)
	if n := r.Requests(); n.REST != 2 || n.Git != 1 {
		t.Errorf("five uses of one commit: %+v", n)
	}
}

// TestRequestsWarm: a second run soon after asks nothing; later it asks for
// refs alone, and then confirms the repository by its ETag.
func TestRequestsWarm(t *testing.T) {
	w := newWorld(t)
	o := options(t, w.Server)
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	o.Now = func() time.Time { return now }
	texts := []string{
		"owner/repo@" + w.first, "owner/repo@" + w.tip, "owner/repo@" + w.below, "owner/repo@v9", "owner/repo@v1.1.0",
		"owner/repo@" + w.impostor, "owner/repo@" + w.never, "owner/repo@" + w.innerObject, "owner/repo@none",
	}
	cold := resolve(t, open(t, o), texts...)
	for _, c := range []struct {
		after time.Duration
		pins  []string
		want  github.Requests
		git   int
	}{
		{time.Minute, texts, github.Requests{}, 0},
		{6 * time.Minute, texts[:5], github.Requests{Git: 2}, 1},
		{2 * time.Hour, texts[:5], github.Requests{REST: 1, NotModified: 1, Git: 2}, 1},
		{2*time.Hour + time.Minute, texts[:5], github.Requests{}, 0},
	} {
		now = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC).Add(c.after)
		w.Reset()
		r := open(t, o)
		for i, a := range resolve(t, r, c.pins...) {
			if a.Verdict != cold[i].Verdict || a.SHA != cold[i].SHA || !slices.Equal(a.Tags, cold[i].Tags) || a.Archived == nil {
				t.Errorf("after %v: %+v, cold it was %+v", c.after, a, cold[i])
			}
		}
		if got := w.Requests(); got != c.want || r.Requests().Git != c.git {
			t.Errorf("after %v: %+v and %+v, want %+v", c.after, got, r.Requests(), c.want)
		}
	}
}

// TestBadNewsIsNotKept: a commit that a branch contains later is reachable
// then, and a tag that moves is seen.
func TestBadNewsIsNotKept(t *testing.T) {
	w := newWorld(t)
	o := options(t, w.Server)
	now := time.Now()
	o.Now = func() time.Time { return now }
	if a := one(t, open(t, o), "owner/repo@"+w.impostor); a.Verdict != ghresolve.Unreachable {
		t.Fatalf("%+v", a)
	}
	w.repo.Branch("main", w.impostor)
	w.repo.Tag("v1.0.0", w.tip)
	long := open(t, o) // asks once now and again later
	if a := one(t, long, "owner/repo@v1.0.0"); a.SHA != w.first {
		t.Errorf("within the minutes that refs are kept: %+v", a)
	}
	now = now.Add(6 * time.Minute)
	for _, r := range []*ghresolve.Resolver{long, open(t, o)} {
		a := resolve(t, r, "owner/repo@"+w.impostor, "owner/repo@v1.0.0")
		if a[0].Verdict != ghresolve.ReachableDefault || a[1].SHA != w.tip {
			t.Errorf("%+v", a)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	w := newWorld(t)
	var mu sync.Mutex
	var waited []time.Duration
	o := options(t, w.Server)
	o.Wait = func(_ context.Context, d time.Duration) error {
		mu.Lock()
		defer mu.Unlock()
		waited = append(waited, d)
		return nil
	}
	w.LimitREST(1, "7")
	r := open(t, o)
	if a := one(t, r, "owner/repo@"+w.first); a.Verdict != ghresolve.ReachableDefault || a.Archived == nil {
		t.Errorf("%+v", a)
	}
	if !slices.Equal(waited, []time.Duration{7 * time.Second}) || r.Requests() != (ghresolve.Requests{REST: 3, Git: 1}) {
		t.Errorf("waited %v, %+v", waited, r.Requests())
	}
	// A wait beyond MaxWait is not begun.
	waited = nil
	w.LimitREST(1, "21")
	o.CacheDir = t.TempDir()
	if a := one(t, open(t, o), "owner/repo@"+w.below); a.Verdict != ghresolve.ReachableRef || len(waited) > 0 {
		t.Errorf("waited %v: %+v", waited, a)
	}
	// A server that always says "soon" is asked three times, then no more.
	waited = nil
	w.LimitREST(1000, "1")
	o.CacheDir = t.TempDir()
	r = open(t, o)
	for _, a := range resolve(t, r, "owner/repo@"+w.first, "owner/repo@"+w.second, "owner/repo@"+w.below) {
		if a.Verdict != ghresolve.ReachableDefault && a.Verdict != ghresolve.ReachableRef {
			t.Errorf("%s: %s", a.Verdict, a.Reason)
		}
	}
	if len(waited) > 8 || r.Requests().REST > 12 {
		t.Errorf("waited %d times, %d REST requests", len(waited), r.Requests().REST)
	}
}

func TestMaxRequests(t *testing.T) {
	w := newWorld(t)
	o := options(t, w.Server)
	o.MaxRequests = 1
	r := open(t, o)
	if a := one(t, r, "owner/repo@"+w.first); a.Verdict != ghresolve.ReachableDefault {
		t.Errorf("%+v", a)
	}
	if n := w.Requests().REST; n != 1 {
		t.Errorf("%d REST requests", n)
	}
}

// TestToken: it goes to the two hosts, never further, and never to disk.
func TestToken(t *testing.T) {
	const token = "ghs_SekretSekretSekret"
	var leaked []string
	var mu sync.Mutex
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		leaked = append(leaked, r.URL.Path)
		http.Error(w, "no", http.StatusNotFound)
	}))
	defer other.Close()
	w := newWorld(t)
	w.SetToken(token)
	w.repo.SetPrivate(true)
	o := options(t, w.Server)
	o.Token = token
	if a := one(t, open(t, o), "owner/repo@"+w.below); a.Verdict != ghresolve.ReachableRef {
		t.Fatalf("%+v", a)
	}
	noTokenBelow(t, o.CacheDir, token)

	w.Intercept(func(rw http.ResponseWriter, r *http.Request) bool {
		http.Redirect(rw, r, other.URL+r.URL.Path, http.StatusMovedPermanently)
		return true
	})
	o.CacheDir = t.TempDir()
	a := one(t, open(t, o), "owner/repo@"+w.below)
	if a.Verdict != ghresolve.Undetermined || len(leaked) > 0 {
		t.Errorf("%s, and the other host was asked for %q", a.Verdict, leaked)
	}

	// A server that sends the token back in its message.
	w.Intercept(func(rw http.ResponseWriter, r *http.Request) bool {
		rw.Header().Set("Content-Type", "application/x-git-upload-pack-advertisement")
		io.WriteString(rw, pkt("# service=git-upload-pack\n")+"0000"+pkt("ERR you said "+r.Header.Get("Authorization")+" "+token))
		return true
	})
	a = one(t, open(t, o), "owner/repo@"+w.below)
	if !strings.Contains(a.Reason, "you said") || strings.Contains(a.Reason, token) || strings.Contains(a.Reason, "eC1hY2") {
		t.Errorf("%s: %s", a.Verdict, a.Reason) // eC1hY2 is the base64 of x-access-token
	}
}

func noTokenBelow(t *testing.T, dir, token string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if info, _ := d.Info(); info != nil && name != dir && runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 &&
				!strings.Contains(name, ".git"+string(filepath.Separator)) { // git makes folders of its own
				t.Errorf("%s: %v", name, info.Mode())
			}
			return err
		}
		files++
		data, err := os.ReadFile(name)
		if strings.Contains(string(data), token) || strings.Contains(string(data), "Basic ") {
			t.Errorf("%s holds the token", name)
		}
		return err
	})
	if err != nil || files == 0 {
		t.Errorf("%d files, %v", files, err)
	}
}

// TestConcurrent: one resolver for many goroutines, two resolvers for one
// folder. Run it with -race.
func TestConcurrent(t *testing.T) {
	w := newWorld(t)
	o := options(t, w.Server)
	resolvers := []*ghresolve.Resolver{open(t, o), open(t, o)}
	var refs []actionref.Ref
	for _, version := range []string{w.below, w.first, w.tip, w.impostor, "v9", "v1.0.0", w.never} {
		refs = append(refs, actionref.Parse("owner/repo@"+version, actionref.InStep))
	}
	want := []ghresolve.Verdict{
		ghresolve.ReachableRef, ghresolve.ReachableDefault, ghresolve.ReachableDefault,
		ghresolve.Unreachable, ghresolve.TagOnly, ghresolve.ReachableDefault, ghresolve.Missing,
	}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j, a := range resolvers[i%2].Resolve(t.Context(), refs) {
				if a.Verdict != want[j] {
					t.Errorf("%s: %s (%s), want %s", refs[j], a.Verdict, a.Reason, want[j])
				}
			}
			name, data, err := resolvers[i%2].ReadFile(t.Context(), "owner/repo", w.below, []string{"action.yml"}, 100)
			if name != "action.yml" || string(data) != "4" || err != nil {
				t.Errorf("%q %q %v", name, data, err)
			}
		})
	}
	wg.Wait()
	own, err := filepath.Glob(filepath.Join(o.CacheDir, "git-*"))
	if err != nil || len(own) != 1 && runtime.GOOS != "windows" {
		t.Errorf("one resolver has the shared repositories, the other its own: %q, %v", own, err)
	}
}

// TestCancelled: an ended context is an answer at once, and is not remembered.
func TestCancelled(t *testing.T) {
	w := newWorld(t)
	r := open(t, options(t, w.Server))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	refs := []actionref.Ref{actionref.Parse("owner/repo@"+w.below, actionref.InStep)}
	if a := r.Resolve(ctx, refs)[0]; a.Verdict != ghresolve.Undetermined || a.Reason == "" {
		t.Errorf("%+v", a)
	}
	if a := r.Resolve(t.Context(), refs)[0]; a.Verdict != ghresolve.ReachableRef {
		t.Errorf("%+v", a)
	}
}
