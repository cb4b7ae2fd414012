package sink

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	githubactions "github.com/sethvargo/go-githubactions"
)

// idTokenTimeout bounds IDToken as a whole, its retry included.
const idTokenTimeout = 10 * time.Second

// ErrNotGranted says that the job has no right to an ID token: neither variable
// is set, as without "permissions: id-token: write", for pull requests from
// forks, and outside Actions. Callers treat it as not applicable.
var ErrNotGranted = errors.New("no ID token: the job was not granted id-token: write")

// jwtPattern is the compact form of a signed JWT (RFC 7515, section 7.1).
var jwtPattern = regexp.MustCompile(`^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$`)

// IDToken asks the runner's service for a token for audience; empty means the
// service's default. It takes at most 10 seconds, with one retry after a 5xx or a
// failed connection. The token is masked before it is returned, and neither it
// nor the request's own token is in an error, which also names no URL and quotes
// no answer. The error is ErrNotGranted, or a failure.
func (s *Sink) IDToken(ctx context.Context, audience string) (string, error) {
	requestURL := s.getenv("ACTIONS_ID_TOKEN_REQUEST_URL")
	requestToken := s.getenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN")
	if requestURL == "" && requestToken == "" {
		return "", ErrNotGranted
	}
	ctx, cancel := context.WithTimeout(ctx, idTokenTimeout)
	defer cancel()
	gha := githubactions.New(githubactions.WithGetenv(s.getenv), githubactions.WithHTTPClient(s.client))
	token, err := gha.GetIDToken(ctx, audience)
	if err != nil && worthRetry(err) && s.pause(ctx) {
		token, err = gha.GetIDToken(ctx, audience)
	}
	if err != nil {
		return "", fmt.Errorf("request an ID token: %w", withoutSecrets(err, requestToken))
	}
	if !jwtPattern.MatchString(token) {
		return "", errors.New("request an ID token: the answer holds no token")
	}
	if err := s.Mask(token); err != nil {
		return "", fmt.Errorf("mask the ID token: %w", err)
	}
	return token, nil
}

// boundedClient is c with a time limit and without redirects: the request carries
// a credential, and its service does not redirect.
func boundedClient(c *http.Client) *http.Client {
	var b http.Client
	if c != nil {
		b = *c
	}
	b.Timeout = idTokenTimeout
	b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &b
}

// pause waits before the retry; false means that ctx ended first.
func (s *Sink) pause(ctx context.Context) bool {
	t := time.NewTimer(s.retryPause)
	defer t.Stop()
	select {
	case <-t.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// worthRetry reports a failure of the service or the way to it.
func worthRetry(err error) bool {
	var status *githubactions.RequestFailedError
	if errors.As(err, &status) {
		return status.StatusCode >= 500
	}
	if errors.Is(err, io.ErrUnexpectedEOF) { // the answer broke off
		return true
	}
	var failed *url.Error
	return errors.As(err, &failed) && failed.Op != "parse" &&
		!errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}

// withoutSecrets returns the cause of err without the request's URL, the body of
// the answer, and any text that holds the request's token.
func withoutSecrets(err error, requestToken string) error {
	var (
		status  *githubactions.RequestFailedError
		missing *githubactions.EnvMissingError
		failed  *url.Error
		network *net.OpError
	)
	switch {
	case errors.As(err, &status):
		return fmt.Errorf("the service answered with status %d", status.StatusCode)
	case errors.As(err, &missing):
		return fmt.Errorf("%s is not set", missing.Name)
	case errors.Is(err, context.DeadlineExceeded):
		return context.DeadlineExceeded
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.As(err, &network):
		err = network
	case errors.As(err, &failed):
		err = failed.Err
	default: // the answer was cut off or is not JSON; the decoder may quote it
		return errors.New("the service's answer cannot be read")
	}
	if requestToken != "" && strings.Contains(err.Error(), requestToken) {
		return errors.New("the request failed")
	}
	return err
}
