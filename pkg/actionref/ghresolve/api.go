package ghresolve

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/google/go-github/v62/github"
)

// API is the REST API without git, for packages below this one that ask it other
// questions. It has the bounds, the waits and the care for the token that the
// Resolver's requests have.
type API struct {
	rest   *restClient
	budget budget
}

// NewAPI checks the options, of which those of git and of the cache have no
// meaning. MaxRequests is for all requests together.
func NewAPI(o Options) (*API, error) {
	o = o.withDefaults()
	base, err := checkREST(o)
	if err != nil {
		return nil, err
	}
	return &API{rest: &restClient{o: o, base: base, secrets: newRedactor(o.Token)}, budget: budget{max: int64(o.MaxRequests)}}, nil
}

// Do makes one call of go-github; redirects are not followed. The error is one
// line, and says nothing of the token.
func (a *API) Do(ctx context.Context, call func(context.Context, *github.Client) (*github.Response, error)) (*github.Response, error) {
	return a.rest.do(ctx, &a.budget, false, call)
}

// checkREST refuses an address or a token with which the API must not be asked.
func checkREST(o Options) (*url.URL, error) {
	base, err := parseBase(o.APIURL)
	if err != nil {
		return nil, fmt.Errorf("address of the REST API: %w", err)
	}
	if o.Token != "" && inTheClear(base) {
		return nil, errTokenInTheClear()
	}
	if strings.ContainsAny(o.Token, "\r\n\x00 ") {
		return nil, errors.New("the token has a space or a line break in it")
	}
	return base, nil
}

func errTokenInTheClear() error {
	return errors.New("a token is not sent over http://: give https:// addresses, or no token")
}
