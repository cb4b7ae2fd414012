package action

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/org/cilock-action/pkg/actionref/ghresolve"
	"github.com/org/cilock-action/pkg/actionref/ghresolve/review"
	"github.com/org/cilock-action/pkg/attest"
)

const reviewName = "review"

// What the server has to answer within: all requests, and one.
const (
	reviewTimeout        = 20 * time.Second
	reviewRequestTimeout = 8 * time.Second
)

// reviewLimits are what the collector never sees.
var reviewLimits = []string{
	"this is the server's word: no reviewer has signed it",
	"the section is about the commit of the job, whatever is checked out: the git section says what is",
	"whether a reviewer may write to the repository is not asked, nor who but its author wrote commits of the pull request",
	"whether a merge commit holds more than the pull request is not looked at",
}

// reviewCollector records who reviewed what the job is of: the commit, its pull
// request, the approvals of the head.
//
// It is the only collector that asks a server without being told to by a flag, so
// a token is what asks for it: the action's input github-token. Where the caller
// names review among the attestations, GH_TOKEN and GITHUB_TOKEN count as well, as
// for references; otherwise they may be there for the step alone. Without a token,
// and outside Actions, it is not applicable. With one, a question that
// gets no whole answer is a failure, and so a gap.
type reviewCollector struct {
	named bool // the caller named it
}

func (reviewCollector) Name() string { return reviewName }

// Start asks while the step runs, and costs it nothing.
func (c reviewCollector) Start(ctx context.Context, t Target) (Stop, error) {
	get := getenv(t.Plan.OwnEnv)
	if get("GITHUB_ACTIONS") != "true" {
		return nil, &NotApplicable{Reason: "not in GitHub Actions"}
	}
	token := get(InputVariable("github-token"))
	if token == "" && c.named {
		token = refsToken(get)
	}
	if token == "" {
		return nil, &NotApplicable{Reason: "no github-token was given"}
	}
	type answer struct {
		body attest.Review
		err  error
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), reviewTimeout)
	done := make(chan answer, 1) // buffered: an answer that nobody waits for is dropped
	go func() {
		var a answer
		a.err = guarded(func() (err error) {
			a.body, err = askReview(ctx, get, token)
			return err
		})
		done <- a
	}()
	section := func(a answer) (Section, error) {
		if a.err != nil {
			return Section{}, fmt.Errorf("%s (the token needs the permissions contents: read and pull-requests: read)", oneLine(a.err.Error(), 500))
		}
		return Section{
			Type: attest.TypeReview, Phase: PreMaterial, Body: a.body, Limits: reviewLimits[:len(reviewLimits):len(reviewLimits)],
		}, nil
	}
	return func(stop context.Context, s Step) (Section, error) {
		defer cancel()
		select {
		case a := <-done: // also after a cancel
			return section(a)
		default:
		}
		if s.Cancelled != "" {
			return Section{}, errors.New("the server had not answered when the run was cancelled")
		}
		select {
		case a := <-done:
			return section(a)
		case <-t.Cancelled:
		case <-stop.Done():
		}
		return Section{}, errors.New("the server had not answered when the run was cancelled")
	}, nil
}

// askReview asks the server of the job about its commit.
func askReview(ctx context.Context, get func(string) string, token string) (attest.Review, error) {
	api, err := ghresolve.NewAPI(ghresolve.Options{
		APIURL: get("GITHUB_API_URL"), Token: token, Workers: 1, MaxRequests: review.MaxRequests,
		Timeout: reviewRequestTimeout, MaxWait: reviewRequestTimeout,
	})
	if err != nil {
		return attest.Review{}, err
	}
	a, err := review.Ask(ctx, api, review.Question{Repository: get("GITHUB_REPOSITORY"), SHA: get("GITHUB_SHA"), Ref: get("GITHUB_REF")})
	if err != nil {
		return attest.Review{}, err
	}
	body := attest.Review{
		Commit: get("GITHUB_SHA"), Author: oneLine(a.Author, 100), Committer: oneLine(a.Committer, 100),
		Verified: a.Verified, VerificationReason: oneLine(a.VerificationReason, 100),
	}
	if p := a.Pull; p != nil {
		body.PullRequest = &attest.PullRequest{
			Number: p.Number, Author: oneLine(p.Author, 100), Head: p.Head, Base: oneLine(p.Base, 300),
			Merged: p.Merged, MergeCommit: p.MergeCommit, MergedBy: oneLine(p.MergedBy, 100),
		}
	}
	body.Approvals, body.DistinctApprovals = reviewApprovals(a.Approvals)
	body.Stale, _ = reviewApprovals(a.Stale)
	return body, nil
}

// reviewApprovals are approvals in the names of the attestation, and how many of
// them count.
func reviewApprovals(list []review.Approval) (out []attest.Approval, count int) {
	out = []attest.Approval{}
	for _, a := range list {
		out = append(out, attest.Approval{Login: oneLine(a.Login, 100), Commit: a.Commit, Association: oneLine(a.Association, 50), Bot: a.Bot})
		if a.Counts() {
			count++
		}
	}
	return out, count
}
