package ghresolve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/google/go-github/v62/github"
)

// maxArchiveTime is how many times Options.Timeout one archive may take.
const maxArchiveTime = 20

// Tarball returns the archive of a commit: a tar inside gzip, with one folder
// around the files, of at most max bytes. It proves nothing: what is in it has
// to be compared with the commit. A server that sends nothing for
// Options.Timeout, or for ever, is an error of Read. The caller closes it.
func (r *Resolver) Tarball(ctx context.Context, repository, sha string, max int64) (io.ReadCloser, error) {
	return r.rest.tarball(ctx, &budget{max: int64(r.o.MaxRequests)}, repository, sha, max)
}

func (c *restClient) tarball(ctx context.Context, b *budget, repository, sha string, max int64) (io.ReadCloser, error) {
	if repositoryName(repository) != repository || !isSHA(sha) {
		return nil, fmt.Errorf("download %.50q of %.100q: not a commit of a repository", sha, repository)
	}
	body, err := c.openTarball(ctx, b, repository, sha, max)
	if err != nil {
		return nil, fmt.Errorf("download the archive of %s at %s: %w", repository, sha, err)
	}
	return body, nil
}

func (c *restClient) openTarball(ctx context.Context, b *budget, repository, sha string, max int64) (io.ReadCloser, error) {
	u, err := c.archiveLink(ctx, b, repository, sha)
	if err != nil {
		return nil, err
	}
	if !b.take() {
		return nil, errBudget
	}
	c.count.Add(1)
	within, stop := context.WithTimeout(ctx, maxArchiveTime*c.o.Timeout)
	within, cancel := context.WithCancelCause(within)
	a := &archive{
		wait: c.o.Timeout, ctx: within, idle: time.AfterFunc(c.o.Timeout, func() { cancel(silence(c.o.Timeout)) }),
		stop: func() { cancel(nil); stop() },
	}
	// No token: the address is enough, and may be of another host.
	req, err := http.NewRequestWithContext(within, http.MethodGet, u.String(), http.NoBody)
	if err == nil {
		req.Header.Set("Accept-Encoding", "identity") // or the transport would take off a gzip of its own
		req.Header.Set("User-Agent", "cilock-action")
		var resp *http.Response
		if resp, err = c.o.Transport.RoundTrip(req); err == nil {
			a.body = http.MaxBytesReader(nil, resp.Body, max)
			if resp.StatusCode == http.StatusOK {
				return a, nil
			}
			err = fmt.Errorf("the server of archives answered %d", resp.StatusCode)
		}
	}
	err = a.explain(err)
	_ = a.Close() // nothing was read
	return nil, errors.New(c.secrets.line(err.Error()))
}

// archiveLink asks where the archive is. GitHub answers 302 to a host of its own
// with a key in the address ("Download a repository archive (tar)"), so errors
// do not repeat it.
func (c *restClient) archiveLink(ctx context.Context, b *budget, repository, sha string) (*url.URL, error) {
	address := "repos/" + repository + "/tarball/" + sha
	for hop := 0; ; hop++ {
		resp, err := c.do(ctx, b, hop > 0, func(ctx context.Context, client *github.Client) (*github.Response, error) {
			req, err := client.NewRequest(http.MethodGet, address, nil)
			if err != nil {
				return nil, err
			}
			return client.Do(ctx, req, nil)
		})
		if resp == nil || resp.Response == nil {
			return nil, err
		}
		switch resp.StatusCode {
		case http.StatusMovedPermanently, http.StatusTemporaryRedirect, http.StatusPermanentRedirect: // renamed
			if address = c.redirect(resp); address == "" || hop == maxHops {
				return nil, errors.New("the REST API redirects elsewhere than to itself, or too often")
			}
		case http.StatusFound:
			u, err := resp.Location()
			if err != nil || !c.mayDownload(u) {
				return nil, errors.New("the REST API redirects to an address that is not https://")
			}
			return u, nil
		default:
			if err == nil {
				err = errIncoherent
			}
			return nil, err
		}
	}
}

// mayDownload reports whether an archive may come from there: https, or a server
// of loopback that sends to loopback.
func (c *restClient) mayDownload(u *url.URL) bool {
	if u.Host == "" || u.User != nil {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && c.base.Scheme == "http" && !inTheClear(c.base) && !inTheClear(u)
}

// archive is a download that ends when nothing comes any more.
type archive struct {
	body io.ReadCloser
	ctx  context.Context
	idle *time.Timer
	wait time.Duration
	stop func()
}

func (a *archive) Read(p []byte) (int, error) {
	n, err := a.body.Read(p)
	a.idle.Reset(a.wait)
	if err != nil && !errors.Is(err, io.EOF) {
		err = a.explain(err)
	}
	return n, err
}

// explain says what ended the download, if it was us.
func (a *archive) explain(err error) error {
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return fmt.Errorf("%w of %d bytes", errTooLarge, large.Limit)
	case context.Cause(a.ctx) != nil:
		return context.Cause(a.ctx)
	case os.IsTimeout(err): // the transport was faster
		return silence(a.wait)
	}
	return err
}

func silence(d time.Duration) error { return fmt.Errorf("nothing came for %v", d) }

func (a *archive) Close() error {
	a.idle.Stop()
	a.stop()
	if a.body == nil {
		return nil
	}
	return a.body.Close()
}
