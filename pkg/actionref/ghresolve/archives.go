package ghresolve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/google/go-github/v62/github"

	"github.com/org/cilock-action/pkg/actionref"
)

// Archives stands in for the Resolver where git is not installed. It says which
// commit a reference names, as REST says it, and gives its archive; where the
// commit belongs and what its tree is it cannot say.
type Archives struct {
	rest     *restClient
	denied   []Denied
	requests int64
}

// NewArchives checks the options, of which those of git and of the cache have no
// meaning. It asks nothing.
func NewArchives(o Options) (*Archives, error) {
	api, err := NewAPI(o)
	if err != nil {
		return nil, err
	}
	denied, err := checkDenied(o.Denied)
	if err != nil {
		return nil, err
	}
	return &Archives{api.rest, denied, api.budget.max}, nil
}

var errNoGit = errors.New("git is not installed, so the commit was not looked at")

// Resolve answers as the Resolver does, and never more than undetermined.
func (a *Archives) Resolve(ctx context.Context, refs []actionref.Ref) []Answer {
	answers := make([]Answer, len(refs))
	for i, ref := range refs {
		if ref.Kind() != actionref.KindAction && ref.Kind() != actionref.KindWorkflow {
			answers[i] = Answer{Verdict: NotAsked, Reason: "it names no commit of a repository"}
			continue
		}
		answer := Answer{Verdict: Undetermined, SHA: ref.SHA(), Reason: errNoGit.Error()}
		if answer.SHA == "" {
			sha, err := a.named(ctx, ref.Repository(), ref.Version())
			if answer.SHA = sha; err != nil {
				answer.Reason = err.Error()
			}
		}
		if why := ReasonDenied(a.denied, answer.SHA, ref.Repository()); why != "" {
			answer = deniedAnswer(answer, why)
		}
		answers[i] = answer
	}
	return answers
}

// named asks for the commit of a tag, or else of a branch. Source: "Get a commit",
// whose ref may be tags/NAME or heads/NAME.
func (a *Archives) named(ctx context.Context, repository, version string) (string, error) {
	owner, name, _ := strings.Cut(repository, "/")
	b := &budget{max: a.requests}
	for _, kind := range []string{"tags/", "heads/"} {
		var got string
		resp, err := a.rest.do(ctx, b, false, func(ctx context.Context, client *github.Client) (resp *github.Response, err error) {
			got, resp, err = client.Repositories.GetCommitSHA1(ctx, owner, name, kind+version, "")
			return resp, err
		})
		switch {
		case err == nil && isSHA(got):
			return got, nil
		case err == nil:
			return "", fmt.Errorf("look for %s of %s: %w", version, repository, errIncoherent)
		case errors.Is(err, errNotVisible), resp != nil && resp.Response != nil && resp.StatusCode == http.StatusUnprocessableEntity:
		default:
			return "", fmt.Errorf("look for %s of %s: %w", version, repository, err)
		}
	}
	return "", fmt.Errorf("%s shows us no tag and no branch of exactly this name", repository)
}

// Commit is always an error.
func (a *Archives) Commit(context.Context, string, string) (Git, error) { return nil, errNoGit }

// Tarball is that of the Resolver.
func (a *Archives) Tarball(ctx context.Context, repository, sha string, max int64) (io.ReadCloser, error) {
	return a.rest.tarball(ctx, &budget{max: a.requests}, repository, sha, max)
}
