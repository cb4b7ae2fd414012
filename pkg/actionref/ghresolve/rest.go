package ghresolve

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/go-github/v62/github"
)

var (
	errNotVisible  = errors.New("not found: private, or not there")
	errNotModified = errors.New("not modified")
	errBudget      = errors.New("no requests are left for this reference")
	errIncoherent  = errors.New("the answer contradicts itself")
)

// restClient asks the REST API. Its answers save time and tell what git cannot:
// renames and the archived flag. Nothing is clean or unclean because of its
// silence.
type restClient struct {
	o       Options
	base    *url.URL
	secrets redactor
	count   atomic.Int64
	silent  breaker

	mu      sync.Mutex
	limited time.Time // no request before then: the server's rate limit
}

// budget is the number of requests that one reference may still cause.
type budget struct {
	max  int64
	used atomic.Int64
}

func (b *budget) take() bool { return b.used.Add(1) <= b.max }

// info is what the API says of a repository.
type info struct {
	FullName string `json:"fullName"` // in lower case
	Archived bool   `json:"archived"`
}

// do runs one call of go-github and repeats it when a rate limit asks for a
// short wait. Each try gets a client of its own: go-github's remembers limits
// by the real clock and would refuse the retry.
func (c *restClient) do(ctx context.Context, b *budget, redirected bool,
	call func(context.Context, *github.Client) (*github.Response, error),
) (*github.Response, error) {
	for try := 0; ; try++ {
		if err := c.mayAsk(); err != nil {
			return nil, err
		}
		resp, err := c.try(ctx, b, redirected, call)
		if err == nil || ctx.Err() != nil {
			return resp, err
		}
		pause, limited := c.pause(resp)
		if !limited {
			return resp, c.explain(resp, err)
		}
		if pause > c.o.MaxWait || try == maxRetries {
			c.block(pause)
			return resp, c.mayAsk()
		}
		if err := c.o.Wait(ctx, pause); err != nil {
			return nil, fmt.Errorf("wait for the rate limit: %w", err)
		}
	}
}

func (c *restClient) try(ctx context.Context, b *budget, redirected bool,
	call func(context.Context, *github.Client) (*github.Response, error),
) (*github.Response, error) {
	within, cancel := context.WithTimeout(ctx, c.o.Timeout)
	defer cancel()
	client := github.NewClient(&http.Client{
		Transport:     &guard{c: c, budget: b, redirected: redirected},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	})
	base := *c.base
	base.Path += "/"
	client.BaseURL, client.UserAgent = &base, "cilock-action"
	resp, err := call(within, client)
	if ctx.Err() == nil && !errors.Is(err, errBudget) {
		c.silent.note(resp != nil && within.Err() == nil)
	}
	return resp, err
}

func (c *restClient) mayAsk() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.o.Now().Before(c.limited) {
		return fmt.Errorf("rate limit of the REST API until %s", c.limited.UTC().Format(time.RFC3339))
	}
	if c.silent.open() {
		return errors.New("the REST API left several requests unanswered")
	}
	return nil
}

func (c *restClient) block(pause time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if until := c.o.Now().Add(max(pause, time.Second)); until.After(c.limited) {
		c.limited = until
	}
}

// pause returns how long a refused request shall wait. Source: GitHub's
// documentation, "Rate limits for the REST API": 403 or 429 with retry-after
// in seconds, or with x-ratelimit-remaining 0 and x-ratelimit-reset in epoch
// seconds, or neither, which means one minute; a 403 with none of these and
// no word of a secondary limit is a missing permission.
func (c *restClient) pause(resp *github.Response) (time.Duration, bool) {
	if resp == nil || resp.Response == nil {
		return 0, false
	}
	if resp.StatusCode != http.StatusForbidden && resp.StatusCode != http.StatusTooManyRequests {
		return 0, false
	}
	const longest = 365 * 24 * time.Hour
	if s, err := strconv.ParseInt(resp.Header.Get("Retry-After"), 10, 64); err == nil && s >= 0 {
		return time.Duration(min(s, int64(longest/time.Second))) * time.Second, true
	}
	if resp.Header.Get("X-RateLimit-Remaining") == "0" {
		reset, err := strconv.ParseInt(resp.Header.Get("X-RateLimit-Reset"), 10, 64)
		if err != nil {
			return time.Minute, true
		}
		return min(max(time.Unix(reset, 0).Sub(c.o.Now()), time.Second), longest), true
	}
	return time.Minute, resp.StatusCode == http.StatusTooManyRequests ||
		errorAs[*github.AbuseRateLimitError](github.CheckResponse(resp.Response))
}

func errorAs[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}

// explain makes a short error of what go-github says. Its own repeats the
// whole URL and text of the server.
func (c *restClient) explain(resp *github.Response, err error) error {
	if resp == nil || resp.Response == nil {
		if errors.Is(err, errBudget) || errors.Is(err, context.DeadlineExceeded) {
			return err
		}
		return errors.New(c.secrets.line(err.Error()))
	}
	switch s := resp.StatusCode; {
	case s == http.StatusNotModified:
		return errNotModified
	case s == http.StatusNotFound:
		return errNotVisible
	case s/100 == 2:
		return errors.New("the REST API answered 200 and something else than documented")
	default:
		return fmt.Errorf("the REST API answered %d", s)
	}
}

// guard is the transport of one reference's requests: it counts, adds the
// token for the API's own host, and bounds the body.
type guard struct {
	c          *restClient
	budget     *budget
	redirected bool
}

func (g *guard) RoundTrip(req *http.Request) (*http.Response, error) {
	if !g.budget.take() {
		return nil, errBudget
	}
	g.c.count.Add(1)
	if g.c.o.Token != "" && !g.redirected && g.c.own(req.URL) {
		req = req.Clone(req.Context())
		req.Header.Set("Authorization", "Bearer "+g.c.o.Token)
	}
	resp, err := g.c.o.Transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	resp.Body = http.MaxBytesReader(nil, resp.Body, maxREST)
	return resp, nil
}

func (c *restClient) own(u *url.URL) bool {
	return u.Scheme == c.base.Scheme && u.Host == c.base.Host
}

// info asks for a repository's name and state. With etag it may return
// errNotModified, which costs no quota. A renamed repository is answered with
// 301 and /repositories/ID ("Best practices for using the REST API", Follow
// redirects); we follow on the same host and without the token.
func (c *restClient) info(ctx context.Context, b *budget, repository, etag string) (info, string, error) {
	address := "repos/" + repository
	for hop := 0; ; hop++ {
		var repo github.Repository
		resp, err := c.do(ctx, b, hop > 0, func(ctx context.Context, client *github.Client) (*github.Response, error) {
			req, err := client.NewRequest(http.MethodGet, address, nil)
			if err != nil {
				return nil, err
			}
			if etag != "" {
				req.Header.Set("If-None-Match", etag)
			}
			return client.Do(ctx, req, &repo)
		})
		if next := c.redirect(resp); next != "" && hop < maxHops {
			address, etag = next, ""
			continue
		}
		if err != nil {
			return info{}, "", fmt.Errorf("ask about %s: %w", repository, err)
		}
		i := info{repositoryName(repo.GetFullName()), repo.GetArchived()}
		if i.FullName == "" || repo.Archived == nil {
			return info{}, "", fmt.Errorf("ask about %s: %w", repository, errIncoherent)
		}
		tag := ""
		if hop == 0 { // an ETag holds for the address that gave it
			tag = resp.Header.Get("ETag")
		}
		return i, tag, nil
	}
}

// redirect returns the address that a 3xx answer of our own API names.
func (c *restClient) redirect(resp *github.Response) string {
	if resp == nil || resp.Response == nil {
		return ""
	}
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return ""
	}
	u, err := resp.Location()
	if err != nil || !c.own(u) || u.User != nil || !strings.HasPrefix(u.Path, c.base.Path+"/") {
		return ""
	}
	return u.String()
}

// comparison is what the API says of a commit and a branch.
type comparison struct {
	contained bool // the branch contains the commit
	exists    bool // the commit is somewhere in the network of forks
}

// compare asks whether the tip of the default branch contains a commit. Only
// behind and identical say so; the answer must fit the question, since a tag
// object is compared as the commit it names. Source: "Compare two commits".
func (c *restClient) compare(ctx context.Context, b *budget, repository, tip, sha string) (comparison, error) {
	owner, name, _ := strings.Cut(repository, "/")
	var got *github.CommitsComparison
	_, err := c.do(ctx, b, false, func(ctx context.Context, client *github.Client) (resp *github.Response, err error) {
		got, resp, err = client.Repositories.CompareCommits(ctx, owner, name, tip, sha, &github.ListOptions{PerPage: 1})
		return resp, err
	})
	if errors.Is(err, errNotVisible) {
		return comparison{}, nil // not there, or no history in common
	}
	if err != nil {
		return comparison{}, fmt.Errorf("compare %s of %s: %w", sha, repository, err)
	}
	if got.GetBaseCommit().GetSHA() != tip {
		return comparison{}, fmt.Errorf("compare %s of %s: %w", sha, repository, errIncoherent)
	}
	switch got.GetStatus() {
	case "behind", "identical":
		if got.GetMergeBaseCommit().GetSHA() != sha {
			return comparison{}, fmt.Errorf("compare %s of %s: %w", sha, repository, errIncoherent)
		}
		return comparison{contained: true, exists: true}, nil
	case "ahead", "diverged":
		return comparison{exists: true}, nil
	}
	return comparison{}, fmt.Errorf("compare %s of %s: %w", sha, repository, errIncoherent)
}

// exists asks whether a commit is in the network of forks of a repository.
// GitHub answers 422 for one that is not. Source: "Get a commit".
func (c *restClient) exists(ctx context.Context, b *budget, repository, sha string) (bool, error) {
	owner, name, _ := strings.Cut(repository, "/")
	var got string
	resp, err := c.do(ctx, b, false, func(ctx context.Context, client *github.Client) (resp *github.Response, err error) {
		got, resp, err = client.Repositories.GetCommitSHA1(ctx, owner, name, sha, "")
		return resp, err
	})
	switch {
	case err == nil && got == sha:
		return true, nil
	case err == nil:
		return false, fmt.Errorf("look for %s in %s: %w", sha, repository, errIncoherent)
	case errors.Is(err, errNotVisible), resp != nil && resp.Response != nil && resp.StatusCode == http.StatusUnprocessableEntity:
		return false, nil
	}
	return false, fmt.Errorf("look for %s in %s: %w", sha, repository, err)
}
