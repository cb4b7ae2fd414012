package review_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/org/cilock-action/pkg/actionref/ghresolve"
	"github.com/org/cilock-action/pkg/actionref/ghresolve/review"
	"github.com/org/cilock-action/test/github"
)

// token is made up.
const token = "ghs_0123456789abcdefghijklmnopqrstuvwxyz"

// world is a repository in which pull request 7 of ann, with two commits, was
// merged into main.
type world struct {
	*github.Server
	repo              *github.Repo
	first, head, main string // commits of the pull request, and the merge
	pull              github.Pull
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{Server: github.New(t)}
	w.repo = w.Add("Octo/Repo")
	base := w.repo.Commit("main", map[string]string{"a": "1"})
	w.repo.Branch("topic", base)
	w.first = w.repo.Commit("topic", map[string]string{"a": "2"})
	w.head = w.repo.Commit("topic", map[string]string{"a": "3"})
	w.main = w.repo.Merge("main", base, w.head)
	w.repo.Sign(w.main, github.Signature{Author: "ann", Committer: "web-flow", Verified: true, Reason: "valid"})
	w.pull = github.Pull{
		Number: 7, Author: "ann", Head: w.head, Base: "main", MergeCommit: w.main, MergedBy: "bob", Commits: []string{w.first, w.head},
	}
	w.set()
	return w
}

func (w *world) set(reviews ...github.Review) {
	w.pull.Reviews = reviews
	w.repo.SetPulls(w.pull)
}

func (w *world) ask(t *testing.T, sha, ref string) (review.Answer, error) {
	t.Helper()
	api, err := ghresolve.NewAPI(ghresolve.Options{
		APIURL: w.APIURL(), Token: token, MaxRequests: review.MaxRequests,
		Wait: func(context.Context, time.Duration) error { return errors.New("the test does not wait") },
	})
	if err != nil {
		t.Fatal(err)
	}
	return review.Ask(t.Context(), api, review.Question{Repository: "octo/repo", SHA: sha, Ref: ref})
}

// describe is an answer in one line.
func describe(a review.Answer, err error) string {
	if err != nil {
		return "error: " + err.Error()
	}
	text := fmt.Sprintf("author=%s committer=%s verified=%t reason=%s", a.Author, a.Committer, a.Verified, a.VerificationReason)
	if a.Pull != nil {
		text += fmt.Sprintf(" #%d by %s into %s merged=%t by %s", a.Pull.Number, a.Pull.Author, a.Pull.Base, a.Pull.Merged, a.Pull.MergedBy)
	}
	for _, list := range []struct {
		name string
		of   []review.Approval
	}{{"approved", a.Approvals}, {"stale", a.Stale}} {
		for _, one := range list.of {
			text += fmt.Sprintf(" %s:%s(%t)", list.name, one.Login, one.Counts())
		}
	}
	return text
}

const mergedBy = "author=ann committer=web-flow verified=true reason=valid #7 by ann into main merged=true by bob"

// TestApprovals: of each reviewer the latest word counts, and for the head alone.
func TestApprovals(t *testing.T) {
	w := newWorld(t)
	by := func(login, state, commit string) github.Review {
		return github.Review{Login: login, State: state, Commit: commit, Association: "MEMBER"}
	}
	for _, test := range []struct {
		name    string
		reviews []github.Review
		want    string
	}{
		{"none", nil, ""},
		{"one", []github.Review{by("Cy", "APPROVED", w.head)}, " approved:Cy(true)"},
		{"two, and one of them twice", []github.Review{by("dee", "APPROVED", w.head), by("cy", "APPROVED", w.head), by("Dee", "APPROVED", w.head)}, " approved:cy(true) approved:Dee(true)"},
		{"of an earlier commit", []github.Review{by("cy", "APPROVED", w.first)}, " stale:cy(true)"},
		{"of an earlier commit, and again", []github.Review{by("cy", "APPROVED", w.first), by("cy", "APPROVED", w.head)}, " approved:cy(true)"},
		{"of a commit that is gone", []github.Review{by("cy", "APPROVED", "")}, " stale:cy(true)"},
		{"a comment later", []github.Review{by("cy", "APPROVED", w.head), by("cy", "COMMENTED", w.head)}, " approved:cy(true)"},
		{"a draft later", []github.Review{by("cy", "APPROVED", w.head), by("cy", "PENDING", w.head)}, " approved:cy(true)"},
		{"changes requested later", []github.Review{by("cy", "APPROVED", w.head), by("CY", "CHANGES_REQUESTED", w.head)}, ""},
		{"changes requested before", []github.Review{by("cy", "CHANGES_REQUESTED", w.head), by("cy", "APPROVED", w.head)}, " approved:cy(true)"},
		{"dismissed", []github.Review{by("cy", "DISMISSED", w.head)}, ""},
		{"the last of two dismissed", []github.Review{by("cy", "APPROVED", w.head), by("cy", "DISMISSED", w.head)}, ""},
		{"a state to come", []github.Review{by("cy", "APPROVED", w.head), by("cy", "REVOKED", w.head)}, ""},
		{"the author's own", []github.Review{by("Ann", "APPROVED", w.head)}, ""},
		{"an account that is gone", []github.Review{by("", "APPROVED", w.head)}, ""},
		{"a bot", []github.Review{{Login: "helper[bot]", State: "APPROVED", Commit: w.head, Association: "MEMBER", Bot: true}}, " approved:helper[bot](false)"},
		{"a stranger", []github.Review{{Login: "eve", State: "APPROVED", Commit: w.head, Association: "CONTRIBUTOR"}}, " approved:eve(false)"},
	} {
		w.set(test.reviews...)
		if got := describe(w.ask(t, w.main, "refs/heads/main")); got != mergedBy+test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", test.name, got, mergedBy+test.want)
		}
	}
}

// TestPages: every page is read, since the last review is the one that counts;
// more than can be read is an error.
func TestPages(t *testing.T) {
	w := newWorld(t)
	reviews := []github.Review{{Login: "cy", State: "APPROVED", Commit: w.head, Association: "OWNER"}}
	for len(reviews) < 250 {
		reviews = append(reviews, github.Review{Login: "dee", State: "COMMENTED", Commit: w.head})
	}
	w.set(append(reviews, github.Review{Login: "cy", State: "CHANGES_REQUESTED", Commit: w.head})...)
	w.Reset()
	if got := describe(w.ask(t, w.main, "refs/heads/main")); got != mergedBy || w.Requests().REST != 6 {
		t.Errorf("%s, in %d requests", got, w.Requests().REST)
	}
	for len(reviews) <= 1000 {
		reviews = append(reviews, reviews[1])
	}
	w.set(reviews...)
	if got := describe(w.ask(t, w.main, "refs/heads/main")); got != "error: pull request 7 of octo/repo has more than 1000 reviews" {
		t.Error(got)
	}
}

// TestWhichPullRequest: it is the one that brought the commit in, or that the job
// tests.
func TestWhichPullRequest(t *testing.T) {
	w := newWorld(t)
	other := w.pull
	other.Number, other.Base, other.MergeCommit = 8, "release", strings.Repeat("1", 40)
	tip := w.repo.Commit("main", map[string]string{"a": "pushed"})
	squashed := w.repo.Commit("main", map[string]string{"a": "squashed"})
	squash := github.Pull{Number: 9, Author: "ann", Head: w.first, Base: "main", MergeCommit: squashed, MergedBy: "bob"}
	w.repo.Branch("next", w.head)
	next := w.repo.Commit("next", map[string]string{"a": "4"})
	test := w.repo.Merge("", tip, next)
	pushed := w.repo.Commit("next", map[string]string{"a": "5"})
	open := github.Pull{
		Number: 10, Author: "ann", Head: pushed, Base: "main", MergeCommit: w.repo.Merge("", tip, pushed),
		Reviews: []github.Review{{Login: "cy", State: "APPROVED", Commit: next, Association: "OWNER"}, {Login: "dee", State: "APPROVED", Commit: pushed, Association: "OWNER"}},
	}
	for _, c := range []struct {
		name, sha, ref string
		pulls          []github.Pull
		want           string
	}{
		{"its merge", w.main, "refs/heads/main", []github.Pull{other, w.pull}, "#7 by ann into main merged=true by bob"},
		{"its merge, by a tag", w.main, "refs/tags/v1", []github.Pull{w.pull}, "#7 by ann into main"},
		{"a commit of it", w.first, "refs/heads/main", []github.Pull{w.pull}, "#7 by ann into main"},
		{"a commit of two, one into this branch", w.first, "refs/heads/release", []github.Pull{w.pull, other}, "#8 by ann into release"},
		{"a commit of two", w.first, "refs/tags/v1", []github.Pull{w.pull, other}, "is of several pull requests: [7 8]"},
		{"squashed", squashed, "refs/heads/main", []github.Pull{squash}, "#9 by ann into main merged=true"},
		{"pushed directly", tip, "refs/heads/main", []github.Pull{w.pull, open}, "reason=unsigned"},
		{"the head of one that is open", pushed, "refs/heads/next", []github.Pull{open}, "#10 by ann into main merged=false by  approved:dee(true) stale:cy(true)"},
		{"a commit of one that was given up", pushed, "refs/heads/next", []github.Pull{{Number: 11, Head: pushed, Base: "main", State: "closed"}}, "reason=unsigned"},
		{"the test merge of one that is open", test, "refs/heads/next", []github.Pull{{Number: 12, Head: next, Base: "main", MergeCommit: test, Commits: []string{test}}}, "reason=unsigned"},
		// The job tests what was the head when it began.
		{"tested, and moved on", test, "refs/pull/10/merge", []github.Pull{open}, "#10 by ann into main merged=false by  approved:cy(true) stale:dee(true)"},
		{"closed by a squash, which has one parent", squashed, "refs/pull/9/merge", []github.Pull{squash}, "#9 by ann into main merged=true by bob"},
		{"no test merge", tip, "refs/pull/10/merge", []github.Pull{open}, "is no merge of pull request 10"},
		{"not there", test, "refs/pull/99/merge", []github.Pull{open}, "ask about pull request 99 of octo/repo: not found: private, or not there"},
		{"no commit", strings.Repeat("2", 40), "refs/heads/main", nil, "the REST API answered 422"},
	} {
		w.repo.SetPulls(c.pulls...)
		got := describe(w.ask(t, c.sha, c.ref))
		if !strings.Contains(got, c.want) || !strings.Contains(c.want, "#") && strings.Contains(got, "#") {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// TestRefusals: without a whole answer there is none, and no error has the token.
func TestRefusals(t *testing.T) {
	w := newWorld(t)
	w.SetToken(token)
	w.repo.SetPrivate(true)
	if got := describe(w.ask(t, w.main, "refs/heads/main")); got != mergedBy {
		t.Errorf("private: %s", got) // the token was sent
	}
	for _, seen := range w.Seen() {
		if seen.Authorization != "Bearer "+token {
			t.Errorf("%s without the token", seen.Path)
		}
	}
	for _, c := range []struct {
		name, want string
		answer     func(rw http.ResponseWriter, r *http.Request) bool
	}{
		{"no permission", "the REST API answered 403", func(rw http.ResponseWriter, _ *http.Request) bool {
			http.Error(rw, `{"message":"Resource not accessible by integration"}`, http.StatusForbidden)
			return true
		}},
		{"sent elsewhere", "the REST API answered 301", func(rw http.ResponseWriter, r *http.Request) bool {
			http.Redirect(rw, r, "http://127.0.0.1:1/", http.StatusMovedPermanently)
			return true
		}},
		{"another commit", "the answer contradicts itself", func(rw http.ResponseWriter, _ *http.Request) bool {
			fmt.Fprintf(rw, `{"sha":%q}`, w.first)
			return true
		}},
		{"no JSON", "the REST API answered 200 and something else than documented", func(rw http.ResponseWriter, _ *http.Request) bool {
			fmt.Fprintf(rw, "{ %s", token)
			return true
		}},
		{"a merged pull request that does not say so", "ask about pull request 7 of octo/repo: the answer contradicts itself", func(rw http.ResponseWriter, r *http.Request) bool {
			if strings.HasSuffix(r.URL.Path, "/pulls/7") {
				fmt.Fprintf(rw, `{"number":7,"head":{"sha":%q}}`, w.head)
				return true
			}
			return false
		}},
		{"reviews that fail", "ask for the reviews of pull request 7 of octo/repo: the REST API answered 500", func(rw http.ResponseWriter, r *http.Request) bool {
			if strings.HasSuffix(r.URL.Path, "/reviews") {
				http.Error(rw, token, http.StatusInternalServerError)
				return true
			}
			return false
		}},
	} {
		w.Intercept(c.answer)
		a, err := w.ask(t, w.main, "refs/heads/main")
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), token) || a.Pull != nil {
			t.Errorf("%s: %+v, %v", c.name, a, err)
		}
	}
	w.Intercept(nil)
	for _, q := range []review.Question{
		{Repository: "octo", SHA: w.main}, {Repository: "octo/../x", SHA: w.main}, {Repository: "octo/..", SHA: w.main}, {Repository: "octo/repo", SHA: "main"},
	} {
		w.Reset()
		api, err := ghresolve.NewAPI(ghresolve.Options{APIURL: w.APIURL()})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := review.Ask(t.Context(), api, q); err == nil || w.Requests().REST > 0 {
			t.Errorf("%+v was asked", q)
		}
	}
	for _, o := range []ghresolve.Options{{APIURL: "http://github.example", Token: token}, {Token: token + "\n"}, {APIURL: "https://u:p@github.example"}} {
		if _, err := ghresolve.NewAPI(o); err == nil || strings.Contains(err.Error(), token) {
			t.Errorf("%s was taken, or the error has the token", o.APIURL)
		}
	}
}
