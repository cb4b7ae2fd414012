// Package github is a stand-in for GitHub on loopback: real git http-backend
// over real repositories, and the part of the REST API that a resolver of
// action references needs, with the answers that GitHub documents.
//
// Like GitHub, it gives any object of a repository's fork network to whoever
// asks for it by SHA, also one that no branch and no tag reaches.
package github

import (
	"encoding/base64"
	"io"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// apiPrefix is where GitHub Enterprise Server has its REST API.
const apiPrefix = "/api/v3"

// archivePrefix is where archives are downloaded from.
const archivePrefix = "/codeload/"

// Requests counts HTTP requests, intercepted ones included.
type Requests struct {
	REST        int
	NotModified int // of those, how many were answered with 304
	Git         int
}

// Seen is one request as it arrived.
type Seen struct {
	Path          string
	Authorization string
}

// Server is the stand-in. Its methods may be used while it serves.
type Server struct {
	tb      testing.TB
	root    string // of the repositories
	git     string
	backend string
	http    *httptest.Server

	mu        sync.Mutex
	repos     map[string]*Repo  // by name in lower case
	renamed   map[string]string // old name in lower case to new name
	token     string
	latency   time.Duration
	intercept func(http.ResponseWriter, *http.Request) bool
	count     Requests
	seen      []Seen
	limited   int // REST requests still to be refused
	retry     string
	compared  map[string]compared
}

// New starts a stand-in that ends with the test. It skips the test where git
// has no http-backend.
func New(tb testing.TB) *Server {
	tb.Helper()
	git, err := exec.LookPath("git")
	if err != nil {
		tb.Skip("git is not installed")
	}
	out, err := exec.Command(git, "--exec-path").Output()
	if err != nil {
		tb.Fatalf("ask git for its exec-path: %v", err)
	}
	backend := filepath.Join(strings.TrimSpace(string(out)), "git-http-backend")
	if _, err := os.Stat(backend); err != nil {
		tb.Skipf("this git has no http-backend: %v", err)
	}
	s := &Server{
		tb: tb, root: tb.TempDir(), git: git, backend: backend,
		repos: map[string]*Repo{}, renamed: map[string]string{}, compared: map[string]compared{},
	}
	s.http = httptest.NewServer(s)
	tb.Cleanup(s.http.Close)
	return s
}

// URL is the address of the git server.
func (s *Server) URL() string { return s.http.URL }

// APIURL is the address of the REST API.
func (s *Server) APIURL() string { return s.http.URL + apiPrefix }

// Requests returns what was asked since the start or the last Reset.
func (s *Server) Requests() Requests {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count
}

// Seen returns every request since the start or the last Reset.
func (s *Server) Seen() []Seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Seen(nil), s.seen...)
}

// Reset sets the counts to zero.
func (s *Server) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count, s.seen = Requests{}, nil
}

// SetToken sets the token that may see private repositories.
func (s *Server) SetToken(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = token
}

// SetLatency delays every answer.
func (s *Server) SetLatency(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.latency = d
}

// Intercept lets f answer first; it returns whether it did. A nil f ends it.
func (s *Server) Intercept(f func(http.ResponseWriter, *http.Request) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.intercept = f
}

// LimitREST refuses the next n REST requests as GitHub's secondary rate limit
// does, with retryAfter in seconds.
func (s *Server) LimitREST(n int, retryAfter string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limited, s.retry = n, retryAfter
}

// Rename moves a repository; the old name redirects from then on.
func (s *Server) Rename(from, to string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	repo := s.repos[strings.ToLower(from)]
	delete(s.repos, strings.ToLower(from))
	s.repos[strings.ToLower(to)] = repo
	s.renamed[strings.ToLower(from)] = to
	repo.name = to
}

// ServeHTTP is the whole server.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	rest := strings.HasPrefix(r.URL.Path, apiPrefix+"/")
	if rest {
		s.count.REST++
	} else {
		s.count.Git++
	}
	s.seen = append(s.seen, Seen{r.URL.Path, r.Header.Get("Authorization")})
	latency, intercept := s.latency, s.intercept
	s.mu.Unlock()
	if latency > 0 {
		timer := time.NewTimer(latency)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
			return
		}
	}
	if intercept == nil || !intercept(w, r) {
		s.Pass(w, r)
	}
}

// Pass answers a request as if nothing intercepted it.
func (s *Server) Pass(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, apiPrefix+"/") {
		s.serveREST(w, r)
		return
	}
	if strings.HasPrefix(r.URL.Path, archivePrefix) {
		s.serveArchive(w, r)
		return
	}
	s.serveGit(w, r)
}

// serveGit is git's smart HTTP protocol. Names may end in .git or not, in
// either case. What one may not see is 401 without a token and 404 with one.
func (s *Server) serveGit(w http.ResponseWriter, r *http.Request) {
	parts := strings.SplitN(strings.TrimPrefix(r.URL.Path, "/"), "/", 3)
	if len(parts) != 3 {
		http.NotFound(w, r)
		return
	}
	name := parts[0] + "/" + strings.TrimSuffix(parts[1], ".git")
	repo, newName := s.find(name)
	switch {
	case newName != "":
		http.Redirect(w, r, "/"+newName+".git/"+parts[2]+"?"+r.URL.RawQuery, http.StatusMovedPermanently)
		return
	case repo == nil || !s.maySee(repo, r):
		if r.Header.Get("Authorization") == "" {
			w.Header().Set("WWW-Authenticate", `Basic realm="GitHub"`)
			http.Error(w, "authentication required", http.StatusUnauthorized)
			return
		}
		http.NotFound(w, r)
		return
	}
	r.URL.Path = "/" + filepath.Base(repo.dir) + "/" + parts[2]
	(&cgi.Handler{
		Path: s.backend,
		Dir:  s.root,
		// git's complaints about what clients ask are part of many a test.
		Stderr: io.Discard,
		Env:    append(cleanEnv(s.root), "GIT_PROJECT_ROOT="+s.root, "GIT_HTTP_EXPORT_ALL=1"),
	}).ServeHTTP(w, r)
}

func (s *Server) find(name string) (*Repo, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name = strings.ToLower(name)
	return s.repos[name], s.renamed[name]
}

// maySee accepts the token as git sends it and as REST clients do.
func (s *Server) maySee(repo *Repo, r *http.Request) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !repo.private {
		return true
	}
	given := r.Header.Get("Authorization")
	basic := base64.StdEncoding.EncodeToString([]byte("x-access-token:" + s.token))
	return s.token != "" && (given == "Bearer "+s.token || given == "Basic "+basic)
}

// cleanEnv keeps the tester's own configuration of git out.
func cleanEnv(home string) []string {
	return []string{
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_TERMINAL_PROMPT=0", "LC_ALL=C", "HOME=" + home,
		"GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.test", "GIT_COMMITTER_NAME=A", "GIT_COMMITTER_EMAIL=a@example.test",
	}
}
