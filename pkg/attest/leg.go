package attest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ServiceError is a service that gave no answer of use: which one, where, how
// often it was asked, and why. Its text holds what the service said, cut and on
// one line.
type ServiceError struct {
	Service  string // Fulcio, the timestamp authority, Rekor, the token's issuer
	Host     string
	Attempts int
	Err      error
}

func (e *ServiceError) Error() string {
	times := ""
	if e.Attempts > 1 {
		times = fmt.Sprintf(" after %d attempts", e.Attempts)
	}
	return fmt.Sprintf("%s (%s)%s: %v", e.Service, e.Host, times, e.Err)
}

func (e *ServiceError) Unwrap() error { return e.Err }

// leg is one service's part of a signature, with the ways to fail that its
// libraries leave open: what they ask has a deadline, and what may pass is
// tried again.
type leg struct {
	service string
	url     string
	accepts []string          // media types of an answer; nil: any
	secret  string            // that it is sent, and that none of its words may hold
	base    http.RoundTripper // nil is http.DefaultTransport
}

// Bounds of a leg. An answer is a certificate chain, a timestamp or a log
// entry: some kilobytes.
const (
	attemptWithin = 10 * time.Second // one question, its answer included
	firstPause    = 250 * time.Millisecond
	reachAttempts = 5 // about three seconds
	longestPause  = 4 * time.Second
	maxAnswer     = 1 << 20
	maxComplaint  = 300 // of what a service says is wrong
)

// do asks until there is an answer, a refusal that asking again will not
// change, or the end of ctx. Pauses double and are drawn at random from half to
// all of themselves, so that the jobs of a matrix do not come back together.
func (l leg) do(ctx context.Context, ask func(ctx context.Context, transport http.RoundTripper) error) error {
	host, err := checkURL(l.url)
	if err != nil {
		return &ServiceError{l.service, shown(l.url), 0, err}
	}
	var last error
	pause := firstPause
	for n := 1; ; n++ {
		err := l.once(ctx, ask)
		if err == nil {
			return nil
		}
		if last == nil || ctx.Err() == nil {
			last = err // what it said while there was time, not that there was none
		}
		var final *refusal
		if errors.As(err, &final) && !final.passes() || errors.As(err, new(*wrongAnswer)) || Unreachable(err) && n == reachAttempts {
			return &ServiceError{l.service, host, n, last}
		}
		wait := pause/2 + rand.N(pause/2)
		if final != nil {
			wait = max(wait, min(final.after, longestPause))
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return &ServiceError{l.service, host, n, last}
		case <-timer.C:
		}
		pause = min(2*pause, longestPause)
	}
}

// Unreachable reports whether nobody was spoken to: no name, no route, no port, or
// no proxy.
// On a machine without a network that does not pass, and a step shall not wait
// a minute for it.
func Unreachable(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect")
}

func (l leg) once(ctx context.Context, ask func(context.Context, http.RoundTripper) error) error {
	ctx, cancel := context.WithTimeout(ctx, attemptWithin)
	defer cancel()
	err := ask(ctx, &bounded{ctx: ctx, base: l.base, accepts: l.accepts, secret: l.secret})
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("no answer in time: %w", ctx.Err())
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) { // without the URL, which is said already
		return wrapped.Err
	}
	return err
}

// checkURL returns the host. Tokens and signatures go to no server in the
// clear, unless it is this machine.
func checkURL(text string) (host string, err error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return "", errors.New("not the URL of a service: expected https://HOST")
	}
	if u.User != nil {
		return "", errors.New("the URL holds a password")
	}
	ip := net.ParseIP(u.Hostname())
	local := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	if u.Scheme != "https" && !(u.Scheme == "http" && local) {
		return "", fmt.Errorf("scheme %s, expected https", quote(u.Scheme))
	}
	return u.Host, nil
}

// shown is a URL as errors name it: without the password that it may hold, also
// where it is no URL.
func shown(text string) string {
	if at := strings.LastIndexByte(text, '@'); at >= 0 {
		text = "(...)" + text[at:]
	}
	return quote(text)
}

// checkBase is checkURL for what a path is added to: behind a query or a
// fragment it would be no path.
func checkBase(text string) error {
	_, err := checkURL(text)
	if err == nil && strings.ContainsAny(text, "?#") {
		return errors.New("the URL has a query or a fragment")
	}
	return err
}

// wrongAnswer is a whole answer that is about something else, or that nobody
// could verify. The service means it: asking again gives another of its kind.
type wrongAnswer struct{ text string }

func (w *wrongAnswer) Error() string { return w.text }

func wrong(format string, args ...any) error { return &wrongAnswer{fmt.Sprintf(format, args...)} }

// maxSkew is how far our clock may be from the services' before what they say
// of the time counts as wrong. Machines without a battery are off by hours.
const maxSkew = 24 * time.Hour

// refusal is an answer that is not what was asked for.
type refusal struct {
	status int
	text   string
	after  time.Duration // that the service asks to wait
}

func (r *refusal) Error() string {
	text := fmt.Sprintf("%d %s", r.status, http.StatusText(r.status))
	if r.text != "" {
		text += ": " + r.text
	}
	return text
}

// passes reports whether the same question may be answered later.
func (r *refusal) passes() bool {
	return r.status == http.StatusTooManyRequests || r.status == http.StatusRequestTimeout || r.status >= 500 || r.status/100 == 2
}

// bounded is the transport of one attempt. It ties requests to the attempt's
// context, which the libraries do not, and gives them whole answers of the kind
// that was asked for or an error.
type bounded struct {
	ctx     context.Context
	base    http.RoundTripper
	accepts []string
	secret  string
	through int    // a status that the client makes something of
	most    int64  // of an answer, in bytes; 0: maxAnswer
	answer  []byte // the last one
}

func (b *bounded) RoundTrip(req *http.Request) (*http.Response, error) {
	base := b.base
	if base == nil {
		base = http.DefaultTransport
	}
	resp, err := base.RoundTrip(req.WithContext(b.ctx))
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 && resp.StatusCode != b.through { // a redirect too: what is sent is for that host alone
		text, _ := io.ReadAll(io.LimitReader(resp.Body, maxComplaint+int64(len(b.secret))))
		seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
		return nil, &refusal{resp.StatusCode, complaint(hide(b.secret, text)), time.Duration(seconds) * time.Second}
	}
	most := cmp.Or(b.most, maxAnswer)
	body, err := io.ReadAll(io.LimitReader(resp.Body, most+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the answer: %w", err)
	case int64(len(body)) > most:
		return nil, wrong("an answer of more than %d bytes", most)
	}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if b.accepts != nil && !slices.Contains(b.accepts, kind) {
		return nil, &refusal{resp.StatusCode, fmt.Sprintf("an answer of type %s, expected %s", quote(kind), b.accepts[0]), 0}
	}
	b.answer = body
	resp.Body = io.NopCloser(bytes.NewReader(body))
	resp.ContentLength = int64(len(body))
	return resp, nil
}

// complaint is what a service says is wrong, on one line.
func complaint(body []byte) string {
	body = body[:min(len(body), maxComplaint)]
	return strings.TrimSpace(quote(strings.ToValidUTF8(string(body), "?")))
}
