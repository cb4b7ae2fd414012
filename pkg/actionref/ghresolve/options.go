package ghresolve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Options configure a [Resolver]; the zero value asks github.com anonymously.
type Options struct {
	ServerURL string // of the git server; empty: https://github.com. GitHub Enterprise Server: https://HOST
	APIURL    string // of REST; empty: https://api.github.com. GitHub Enterprise Server: https://HOST/api/v3
	// Token is sent to the hosts of ServerURL and APIURL only, never after a
	// redirect and only over https:// or loopback, and is never an argument, in an
	// error or in the cache.
	Token       string
	CacheDir    string            // kept between runs; empty: a temporary folder that Close removes
	Transport   http.RoundTripper // of REST; nil: one with bounds and without a proxy
	Git         string            // path of git, 2.31 or later; empty: git
	GitEnv      []string          // NAME=value for git; only those of a proxy and of certificates are passed on
	Workers     int               // requests at a time; 0: 8
	MaxRequests int               // REST requests for one reference, retries and redirects included; 0: 8
	Timeout     time.Duration     // of one git command or one request; 0: 30 s
	MaxWait     time.Duration     // longest Retry-After that is waited for; 0: 20 s
	Denied      []Denied
	Now         func() time.Time                                 // nil: time.Now
	Wait        func(ctx context.Context, d time.Duration) error // nil: a timer
}

// Requests counts what was asked over the network.
type Requests struct {
	REST int // HTTP requests to the API, redirects and retries included
	Git  int // git commands that may talk to the server: ls-remote, fetch, and reading blobs
}

// Resolver answers questions about references. It may be used by several
// goroutines. Processes may share a cache folder.
type Resolver struct {
	o      Options
	server *url.URL
	git    *gitRunner
	rest   *restClient
	cache  cache
	denied []Denied
	root   string   // folder of everything that is kept
	temp   []string // folders that Close removes

	mu    sync.Mutex
	repos map[string]*repository // by owner/repo in lower case
	busy  map[string]*sync.Mutex // by owner/repo and what is fetched of it
	area  string                 // folder of the git repositories; empty: not chosen yet
	lock  *os.File               // held while this process owns the shared area
}

// New checks the options and prepares the cache folder. It asks nothing.
func New(o Options) (*Resolver, error) {
	o = o.withDefaults()
	server, err := parseBase(o.ServerURL)
	if err != nil {
		return nil, fmt.Errorf("address of the git server: %w", err)
	}
	if o.Token != "" && inTheClear(server) {
		return nil, errTokenInTheClear()
	}
	api, err := checkREST(o)
	if err != nil {
		return nil, err
	}
	denied, err := checkDenied(o.Denied)
	if err != nil {
		return nil, err
	}
	git, err := exec.LookPath(o.Git)
	if err != nil {
		return nil, fmt.Errorf("find git: %w", err)
	}
	if git, err = filepath.Abs(git); err != nil {
		return nil, fmt.Errorf("find git: %w", err)
	}
	r := &Resolver{o: o, server: server, denied: denied, repos: map[string]*repository{}, busy: map[string]*sync.Mutex{}}
	if err := r.makeFolders(); err != nil {
		return nil, err
	}
	secrets := newRedactor(o.Token)
	r.git = newGitRunner(git, filepath.Join(r.root, "home"), server, o, secrets)
	r.rest = &restClient{o: o, base: api, secrets: secrets}
	r.cache = cache{dir: filepath.Join(r.root, "answers"), server: server.String() + " " + api.String()}
	return r, nil
}

func (o Options) withDefaults() Options {
	o.ServerURL = orDefault(o.ServerURL, "https://github.com")
	o.APIURL = orDefault(o.APIURL, "https://api.github.com")
	o.Git = orDefault(o.Git, "git")
	if o.Workers <= 0 {
		o.Workers = 8
	}
	if o.MaxRequests <= 0 {
		o.MaxRequests = 8
	}
	if o.Timeout <= 0 {
		o.Timeout = 30 * time.Second
	}
	if o.MaxWait <= 0 {
		o.MaxWait = 20 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Wait == nil {
		o.Wait = wait
	}
	if o.Transport == nil {
		o.Transport = &http.Transport{
			DialContext:            (&net.Dialer{Timeout: o.Timeout}).DialContext,
			TLSHandshakeTimeout:    o.Timeout,
			ResponseHeaderTimeout:  o.Timeout,
			IdleConnTimeout:        o.Timeout,
			MaxConnsPerHost:        o.Workers,
			MaxIdleConnsPerHost:    o.Workers,
			MaxResponseHeaderBytes: 64 << 10,
			ForceAttemptHTTP2:      true,
		}
	}
	return o
}

func orDefault(s, d string) string {
	if s == "" {
		return d
	}
	return s
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// parseBase reads the address of a server, which may have a path and nothing
// behind it. Its errors do not repeat the address: somebody may have put a
// password into it.
func parseBase(s string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimRight(s, "/"))
	switch {
	case err != nil:
		return nil, errors.New("not a URL")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("not https:// or http://")
	case u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Opaque != "":
		return nil, errors.New("expected https://HOST[/PATH]")
	}
	return u, nil
}

// inTheClear reports whether others on the way can read what is sent.
func inTheClear(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "http" && u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback())
}

// makeFolders creates the cache folder, for its owner only, and in it the
// empty folder that is git's home.
func (r *Resolver) makeFolders() error {
	r.root = r.o.CacheDir
	if r.root == "" {
		dir, err := os.MkdirTemp("", "ghresolve-")
		if err != nil {
			return fmt.Errorf("make a cache folder: %w", err)
		}
		r.root, r.temp = dir, append(r.temp, dir)
	}
	root, err := filepath.Abs(r.root)
	if err != nil {
		return fmt.Errorf("make a cache folder: %w", err)
	}
	r.root = root
	for _, dir := range []string{"home", "answers"} {
		if err := os.MkdirAll(filepath.Join(r.root, dir), 0o700); err != nil {
			return fmt.Errorf("make a cache folder: %w", err)
		}
	}
	return nil
}

// Close removes what is temporary. It does not stop requests that are still
// running: end their context first.
func (r *Resolver) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lock != nil {
		r.lock.Close()
		r.lock = nil
	}
	var errs []error
	for _, dir := range r.temp {
		if err := os.RemoveAll(dir); err != nil {
			errs = append(errs, fmt.Errorf("remove the temporary cache: %w", err))
		}
	}
	r.temp = nil
	return errors.Join(errs...)
}

// Requests returns what was asked so far.
func (r *Resolver) Requests() Requests {
	return Requests{REST: int(r.rest.count.Load()), Git: int(r.git.count.Load())}
}

// breaker counts requests in a row that a server left unanswered, so that a
// server that hangs costs a few timeouts and not one for each reference.
type breaker struct{ failures atomic.Int64 }

func (b *breaker) open() bool { return b.failures.Load() >= maxFailures }

func (b *breaker) note(answered bool) {
	if answered {
		b.failures.Store(0)
	} else {
		b.failures.Add(1)
	}
}
