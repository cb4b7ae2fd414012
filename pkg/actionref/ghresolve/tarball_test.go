package ghresolve_test

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/org/cilock-action/pkg/actionref/ghresolve"
	"github.com/org/cilock-action/test/github"
)

func readTarball(t *testing.T, r *ghresolve.Resolver, repository, sha string, max int64) (string, error) {
	t.Helper()
	body, err := r.Tarball(t.Context(), repository, sha, max)
	if err != nil {
		return "", err
	}
	defer body.Close()
	data, err := io.ReadAll(body)
	return string(data), err
}

// TestTarball: the archive is that of the commit, also of a renamed repository,
// and the token goes to the API alone.
func TestTarball(t *testing.T) {
	w := newWorld(t)
	w.repo.SetPrivate(true)
	w.SetToken("not-a-real-token")
	o := options(t, w.Server)
	o.Token = "not-a-real-token"
	r := open(t, o)
	body, err := r.Tarball(t.Context(), "owner/repo", w.first, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	unzipped, err := gzip.NewReader(body)
	if err != nil {
		t.Fatal(err)
	}
	files := tar.NewReader(unzipped)
	var names []string
	for {
		h, err := files.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, h.Name)
	}
	if got := strings.Join(names, " "); !strings.HasSuffix(got, "Owner-Repo-"+w.first[:7]+"/action.yml") {
		t.Errorf("it holds %s", got)
	}
	asked := 0
	for _, seen := range w.Seen() {
		if api := strings.HasPrefix(seen.Path, "/api/"); api != (seen.Authorization != "") {
			t.Errorf("%s was asked with %q", seen.Path, seen.Authorization)
		}
		asked++
	}
	if asked != 2 {
		t.Errorf("%d requests, want 2", asked)
	}
	w.repo.SetPrivate(false)
	w.Rename("Owner/Repo", "Owner/New")
	if _, err := readTarball(t, r, "owner/repo", w.first, 1<<20); err != nil {
		t.Errorf("renamed: %v", err)
	}
}

// TestTarballRefused: what a hostile server answers is an error that is short
// and says nothing of the address.
func TestTarballRefused(t *testing.T) {
	s := github.New(t)
	repo := s.Add("owner/repo")
	sha := repo.Commit("main", map[string]string{"a": strings.Repeat("x", 1000)})
	location := func(to string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Location", to)
			w.WriteHeader(http.StatusFound)
			return true
		}
	}
	archive := func(answer http.HandlerFunc) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if strings.HasPrefix(r.URL.Path, "/api/") {
				return false
			}
			answer(w, r)
			return true
		}
	}
	for _, test := range []struct {
		name      string
		max       int64
		intercept func(http.ResponseWriter, *http.Request) bool
		want      string
	}{
		{"file", 1 << 20, location("file:///etc/passwd?key=abcdef"), "not https://"},
		{"http elsewhere", 1 << 20, location("http://example.test/x?key=abcdef"), "not https://"},
		{"a password", 1 << 20, location("https://u:abcdef@example.test/"), "not https://"},
		{"another of ours", 1 << 20, func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Location", "http://example.test/x?key=abcdef")
			w.WriteHeader(http.StatusMovedPermanently)
			return true
		}, "elsewhere than to itself"},
		{"no redirect", 1 << 20, func(w http.ResponseWriter, r *http.Request) bool { return true }, "contradicts"},
		{"a loop", 1 << 20, func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Location", r.URL.Path)
			w.WriteHeader(http.StatusMovedPermanently)
			return true
		}, "too often"},
		{"too large", 10, nil, "larger than the limit of 10 bytes"},
		{"hangs", 1 << 20, archive(func(w http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
		}), "nothing came for"},
		{"hangs in the middle", 1 << 20, archive(func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write([]byte("x"))
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}), "nothing came for"},
		{"half", 1 << 20, archive(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write([]byte("x"))
		}), "unexpected EOF"},
		{"redirects again", 1 << 20, archive(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://example.test/", http.StatusFound)
		}), "answered 302"},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := options(t, s)
			if strings.HasPrefix(test.name, "hangs") {
				o.Timeout = 300 * time.Millisecond
			}
			r := open(t, o)
			s.Intercept(test.intercept)
			defer s.Intercept(nil)
			_, err := readTarball(t, r, "owner/repo", sha, test.max)
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "abcdef") {
				t.Errorf("error is %v, want %q", err, test.want)
			}
		})
	}
	if _, err := readTarball(t, open(t, options(t, s)), "owner/../repo", sha, 1); err == nil {
		t.Error("asked for no repository")
	}
	if _, err := readTarball(t, open(t, options(t, s)), "owner/none", sha, 1); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("error is %v", err)
	}
}
