// Package review asks GitHub who reviewed what a job is of: the commit, the pull
// request that it tests or that brought it in, and the approvals of that.
//
// It repeats the server's word and believes none that contradicts itself. What
// cannot be read whole is an error: a list of reviews that is cut short may lack
// the one that takes an approval back.
package review

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/google/go-github/v62/github"

	"github.com/org/cilock-action/pkg/actionref/ghresolve"
)

// Bounds of what is asked.
const (
	maxReviewPages = 10  // of perPage reviews
	perPage        = 100 // the most that GitHub gives
	pullsPerPage   = 30  // their texts are longer
	// MaxRequests is what one question can cost, without waits for rate limits.
	MaxRequests = 3 + maxReviewPages
)

// Question is about the commit of a job.
type Question struct {
	Repository string // owner/name
	SHA        string // GITHUB_SHA
	Ref        string // GITHUB_REF
}

// Answer is what the server says. Its texts are as untrusted as the server.
type Answer struct {
	Author, Committer  string // logins; empty: the server knows nobody by the address
	Verified           bool
	VerificationReason string
	Pull               *Pull // nil: the server knows none
	Approvals          []Approval
	Stale              []Approval
}

// Pull is a pull request.
type Pull struct {
	Number      int
	Author      string
	Head, Base  string // commit, branch
	Merged      bool
	MergeCommit string // empty unless it is merged
	MergedBy    string
}

// Ask answers a question, in three requests and one for each page of reviews.
func Ask(ctx context.Context, api *ghresolve.API, q Question) (Answer, error) {
	a, err := q.asker(api)
	if err != nil {
		return Answer{}, err
	}
	commit, err := a.commit(ctx)
	if err != nil {
		return Answer{}, err
	}
	verification := commit.GetCommit().GetVerification()
	out := Answer{
		Author: commit.GetAuthor().GetLogin(), Committer: commit.GetCommitter().GetLogin(),
		Verified: verification.GetVerified(), VerificationReason: verification.GetReason(),
	}
	number, testing := tested(q.Ref)
	if !testing {
		if number, err = a.pullOf(ctx); err != nil || number == 0 {
			return out, err
		}
	}
	pull, err := a.pull(ctx, number)
	if err != nil {
		return Answer{}, err
	}
	if testing && (!pull.Merged || pull.MergeCommit != q.SHA) { // not the event that it was closed
		// GITHUB_SHA is the test merge of the pull request into its base, so its
		// second parent is the head that the job is of. Another may have been
		// pushed since. Source: "Events that trigger workflows", pull_request.
		if len(commit.Parents) != 2 {
			return Answer{}, fmt.Errorf("commit %s is no merge of pull request %d", q.SHA, number)
		}
		pull.Head = commit.Parents[1].GetSHA()
	}
	out.Pull = &pull
	reviews, err := a.reviews(ctx, number)
	if err != nil {
		return Answer{}, err
	}
	out.Approvals, out.Stale = approvals(reviews, pull)
	return out, nil
}

// asker checks what becomes part of an address.
func (q Question) asker(api *ghresolve.API) (asker, error) {
	owner, name, _ := strings.Cut(q.Repository, "/")
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
	for _, part := range []string{owner, name} {
		if strings.Trim(part, ".") == "" || strings.Trim(part, letters) != "" {
			return asker{}, fmt.Errorf("repository %q: expected owner/name", q.Repository)
		}
	}
	if len(q.SHA) != 40 && len(q.SHA) != 64 || strings.Trim(q.SHA, "0123456789abcdef") != "" {
		return asker{}, fmt.Errorf("commit %q: expected its whole SHA", q.SHA)
	}
	return asker{api: api, owner: owner, name: name, sha: q.SHA, ref: q.Ref}, nil
}

// tested is the pull request that a job tests, by its ref.
func tested(ref string) (number int, ok bool) {
	text, ok := strings.CutPrefix(ref, "refs/pull/")
	text, found := strings.CutSuffix(text, "/merge")
	number, err := strconv.Atoi(text)
	return number, ok && found && err == nil && number > 0
}

// asker asks about one commit of one repository.
type asker struct {
	api         *ghresolve.API
	owner, name string
	sha, ref    string
}

var errIncoherent = errors.New("the answer contradicts itself")

// commit asks for the commit. Verification is GitHub's own, of the signature of a
// person or of its own web interface. Source: "Get a commit".
func (a asker) commit(ctx context.Context) (commit *github.RepositoryCommit, err error) {
	_, err = a.api.Do(ctx, func(ctx context.Context, c *github.Client) (resp *github.Response, err error) {
		commit, resp, err = c.Repositories.GetCommit(ctx, a.owner, a.name, a.sha, &github.ListOptions{PerPage: 1})
		return resp, err
	})
	if err == nil && commit.GetSHA() != a.sha {
		err = errIncoherent
	}
	if err != nil {
		return nil, fmt.Errorf("ask about commit %s of %s/%s: %w", a.sha, a.owner, a.name, err)
	}
	return commit, nil
}

// pullOf finds the pull request that brought the commit in, 0 for none. Source:
// "List pull requests associated with a commit": the merged one that introduced
// the commit, or, where it is not on the default branch, those that have it. Of
// several the one whose merge the commit is counts, then a merged one, then an
// open one of which it is the head; and of several of these, one into the job's
// branch.
func (a asker) pullOf(ctx context.Context) (int, error) {
	var pulls []*github.PullRequest
	resp, err := a.api.Do(ctx, func(ctx context.Context, c *github.Client) (resp *github.Response, err error) {
		pulls, resp, err = c.PullRequests.ListPullRequestsWithCommit(ctx, a.owner, a.name, a.sha, &github.ListOptions{PerPage: pullsPerPage})
		return resp, err
	})
	if err == nil && resp.NextPage != 0 {
		err = fmt.Errorf("there are more than %d", pullsPerPage)
	}
	if err != nil {
		return 0, fmt.Errorf("ask for the pull request of commit %s of %s/%s: %w", a.sha, a.owner, a.name, err)
	}
	for _, fits := range []func(*github.PullRequest) bool{
		func(p *github.PullRequest) bool { return merged(p) && p.GetMergeCommitSHA() == a.sha },
		merged,
		func(p *github.PullRequest) bool { return p.GetState() == "open" && p.GetHead().GetSHA() == a.sha },
	} {
		var found, here []int
		for _, p := range pulls {
			if !fits(p) || !strings.EqualFold(p.GetBase().GetRepo().GetFullName(), a.owner+"/"+a.name) {
				continue
			}
			found = append(found, p.GetNumber())
			if "refs/heads/"+p.GetBase().GetRef() == a.ref {
				here = append(here, p.GetNumber())
			}
		}
		switch {
		case len(found) == 1:
			return found[0], nil
		case len(here) == 1:
			return here[0], nil
		case len(found) > 1:
			return 0, fmt.Errorf("commit %s is of several pull requests: %v", a.sha, found)
		}
	}
	return 0, nil
}

// merged is what the short form of a pull request tells by its date alone.
func merged(p *github.PullRequest) bool { return p.MergedAt != nil && !p.MergedAt.IsZero() }

// pull asks for one pull request. Of one that is not merged merge_commit_sha is a
// test merge. Source: "Get a pull request".
func (a asker) pull(ctx context.Context, number int) (Pull, error) {
	var p *github.PullRequest
	_, err := a.api.Do(ctx, func(ctx context.Context, c *github.Client) (resp *github.Response, err error) {
		p, resp, err = c.PullRequests.Get(ctx, a.owner, a.name, number)
		return resp, err
	})
	if err == nil && (p.GetNumber() != number || p.GetHead().GetSHA() == "" || p.Merged == nil) {
		err = errIncoherent
	}
	if err != nil {
		return Pull{}, fmt.Errorf("ask about pull request %d of %s/%s: %w", number, a.owner, a.name, err)
	}
	out := Pull{
		Number: number, Author: p.GetUser().GetLogin(), Head: p.GetHead().GetSHA(), Base: p.GetBase().GetRef(),
		Merged: p.GetMerged(), MergedBy: p.GetMergedBy().GetLogin(),
	}
	if out.Merged {
		out.MergeCommit = p.GetMergeCommitSHA()
	}
	return out, nil
}

// reviews are all reviews of a pull request, oldest first. Source: "List reviews
// for a pull request", which promises the order.
func (a asker) reviews(ctx context.Context, number int) ([]*github.PullRequestReview, error) {
	var all []*github.PullRequestReview
	options := github.ListOptions{PerPage: perPage}
	for range maxReviewPages {
		resp, err := a.api.Do(ctx, func(ctx context.Context, c *github.Client) (*github.Response, error) {
			page, resp, err := c.PullRequests.ListReviews(ctx, a.owner, a.name, number, &options)
			all = append(all, page...)
			return resp, err
		})
		if err != nil {
			return nil, fmt.Errorf("ask for the reviews of pull request %d of %s/%s: %w", number, a.owner, a.name, err)
		}
		if resp.NextPage == 0 {
			return all, nil
		}
		options.Page = resp.NextPage
	}
	return nil, fmt.Errorf("pull request %d of %s/%s has more than %d reviews", number, a.owner, a.name, maxReviewPages*perPage)
}
