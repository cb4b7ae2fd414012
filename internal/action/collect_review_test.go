package action

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/attest"
	"github.com/org/cilock-action/test/github"
)

// reviewToken is made up.
const reviewToken = "ghs_0123456789abcdefghijklmnopqrstuvwxyz"

// reviewed is a server on which pull request 7 was merged, and the environment of
// the job that its merge started.
func reviewed(t *testing.T) (s *github.Server, repo *github.Repo, env []string) {
	t.Helper()
	s = github.New(t)
	repo = s.Add("octo/repo")
	base := repo.Commit("main", map[string]string{"a": "1"})
	repo.Branch("topic", base)
	earlier := repo.Commit("topic", map[string]string{"a": "2"})
	head := repo.Commit("topic", map[string]string{"a": "3"})
	sha := repo.Merge("main", base, head)
	repo.Sign(sha, github.Signature{Author: "ann", Committer: "web-flow", Verified: true, Reason: "valid"})
	repo.SetPulls(github.Pull{
		Number: 7, Author: "ann", Head: head, Base: "main", MergeCommit: sha, MergedBy: "bob", Commits: []string{earlier, head},
		Reviews: []github.Review{
			{Login: "cy", State: "APPROVED", Commit: head, Association: "MEMBER"},
			{Login: "eve", State: "APPROVED", Commit: head, Association: "NONE"},
			{Login: "helper[bot]", State: "APPROVED", Commit: head, Association: "MEMBER", Bot: true},
			{Login: "dee", State: "APPROVED", Commit: earlier, Association: "OWNER"},
		},
	})
	return s, repo, []string{
		"GITHUB_ACTIONS=true", "GITHUB_API_URL=" + s.APIURL(), "GITHUB_REPOSITORY=octo/repo", "GITHUB_SHA=" + sha, "GITHUB_REF=refs/heads/main",
		"CILOCK_INPUT_GITHUB_TOKEN=" + reviewToken,
	}
}

func TestReview(t *testing.T) {
	s, repo, env := reviewed(t)
	repo.SetPrivate(true)
	s.SetToken(reviewToken)
	stop, err := reviewCollector{}.Start(t.Context(), Target{Plan: Plan{OwnEnv: env}})
	if err != nil {
		t.Fatal(err)
	}
	section, err := stop(t.Context(), Step{Started: true})
	if err != nil {
		t.Fatal(err)
	}
	wantNoGaps(t, section)
	text, err := attest.Encode(section.Body)
	if err != nil {
		t.Fatal(err)
	}
	sha, head, earlier := getenv(env)("GITHUB_SHA"), repo.Git("rev-parse", "topic"), repo.Git("rev-parse", "topic~1")
	want := `{"commit":"` + sha + `","author":"ann","committer":"web-flow","verified":true,"verificationreason":"valid",` +
		`"pullrequest":{"number":7,"author":"ann","head":"` + head + `","base":"main","merged":true,"mergecommit":"` + sha + `","mergedby":"bob"},` +
		`"approvals":[{"login":"cy","commit":"` + head + `","association":"MEMBER"},{"login":"eve","commit":"` + head + `","association":"NONE"},` +
		`{"login":"helper[bot]","commit":"` + head + `","association":"MEMBER","bot":true}],"distinctapprovals":1,` +
		`"stale":[{"login":"dee","commit":"` + earlier + `","association":"OWNER"}]}`
	if section.Type != attest.TypeReview || string(text) != want {
		t.Errorf("type %s\ngot  %s\nwant %s", section.Type, text, want)
	}
	repo.SetPulls() // pushed without one
	stop, err = reviewCollector{}.Start(t.Context(), Target{Plan: Plan{OwnEnv: env}})
	if err != nil {
		t.Fatal(err)
	}
	if section, err = stop(t.Context(), Step{Started: true}); err != nil {
		t.Fatal(err)
	}
	if text, err = attest.Encode(section.Body); err != nil || !strings.Contains(string(text), `"approvals":[],"distinctapprovals":0,"stale":[]}`) || strings.Contains(string(text), "pullrequest") {
		t.Errorf("%s, %v", text, err)
	}
}

// TestReviewAsksForNothingUnasked: what asks for it is a token that was given for
// it, in a job.
func TestReviewAsksForNothingUnasked(t *testing.T) {
	s, _, env := reviewed(t)
	without := slices.Clip(withoutEnv(env, "CILOCK_INPUT_GITHUB_TOKEN"))
	for name, env := range map[string][]string{
		"not in Actions":                      withoutEnv(env, "GITHUB_ACTIONS"),
		"no token":                            without,
		"an input that was not given":         append(without, "CILOCK_INPUT_GITHUB_TOKEN="),
		"a token that the job has for others": append(without, "GITHUB_TOKEN="+reviewToken, "GH_TOKEN="+reviewToken),
	} {
		t.Run(name, func(t *testing.T) {
			wantNotApplicable(t, startError(t, reviewCollector{}, Plan{OwnEnv: env}))
		})
	}
	wantNotApplicable(t, startError(t, reviewCollector{named: true}, Plan{OwnEnv: without}))
	if n := s.Requests().REST; n > 0 {
		t.Errorf("%d requests", n)
	}
	stop, err := reviewCollector{named: true}.Start(t.Context(), Target{Plan: Plan{OwnEnv: append(without, "GITHUB_TOKEN="+reviewToken)}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stop(t.Context(), Step{Started: true}); err != nil || s.Requests().REST == 0 {
		t.Errorf("named, with a token of the job: %v", err)
	}
}

// TestReviewFails: with a token, no whole answer is a failure, and its reason has
// no token.
func TestReviewFails(t *testing.T) {
	s, _, env := reviewed(t)
	s.Intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		http.Error(w, reviewToken, http.StatusForbidden)
		return true
	})
	stop, err := reviewCollector{}.Start(t.Context(), Target{Plan: Plan{OwnEnv: env}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = stop(t.Context(), Step{Started: true})
	row := Row{}
	row.judge(err)
	if row.State != attest.StateFailed || !strings.Contains(row.Reason, "the REST API answered 403 (the token needs the permissions contents: read and pull-requests: read)") ||
		strings.Contains(row.Reason, reviewToken) {
		t.Errorf("%s: %s", row.State, row.Reason)
	}
	for _, broken := range []string{"GITHUB_SHA=", "GITHUB_REPOSITORY=octo", "GITHUB_API_URL=http://192.0.2.1/api"} {
		stop, err := reviewCollector{}.Start(t.Context(), Target{Plan: Plan{OwnEnv: append(env, broken)}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := stop(t.Context(), Step{Started: true}); err == nil {
			t.Errorf("%s: no error", broken)
		}
	}
}

// TestReviewGivesUp: a server that hangs delays neither the start nor, after a
// cancel, the evidence.
func TestReviewGivesUp(t *testing.T) {
	s, _, env := reviewed(t)
	asked, release := make(chan struct{}, 1), make(chan struct{})
	s.Intercept(func(_ http.ResponseWriter, r *http.Request) bool {
		asked <- struct{}{}
		select {
		case <-release:
		case <-r.Context().Done():
		}
		return true
	})
	defer close(release)
	cancelled := make(chan struct{})
	start := func() Stop {
		stop, err := reviewCollector{}.Start(t.Context(), Target{Plan: Plan{OwnEnv: env}, Cancelled: cancelled})
		if err != nil {
			t.Fatal(err)
		}
		<-asked
		return stop
	}
	gaveUp := func(when string, err error) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), "had not answered when the run was cancelled") {
			t.Errorf("%s: %v", when, err)
		}
	}
	stop := start()
	_, err := stop(t.Context(), Step{Started: true, Cancelled: "SIGINT"})
	gaveUp("the step was cancelled", err)

	stop = start()
	late, end := context.WithCancelCause(t.Context())
	end(errors.New("no time left"))
	_, err = stop(late, Step{Started: true})
	gaveUp("there is no time left", err)

	stop = start()
	close(cancelled)
	_, err = stop(t.Context(), Step{Started: true})
	gaveUp("cancelled while it waits", err)
}
