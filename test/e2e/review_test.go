//go:build unix

package e2e

import (
	"os"
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/attest"
	"github.com/org/cilock-action/test/github"
	"github.com/org/cilock-action/test/runner"
)

// TestReview: with github-token the evidence has who reviewed the commit of the
// job. A token that may not read it is a gap; without one nobody is asked.
func TestReview(t *testing.T) {
	t.Parallel()
	const token = "ghs_0123456789abcdefghijklmnopqrstuvwxyz" // made up
	j := newOnline(t, runner.Options{GitHub: map[string]string{"token": token}})
	j.workflow()
	repo := j.server.Add("octo-org/octo-repo")
	j.git("push", "--quiet", repo.Dir(), "HEAD:refs/heads/main")
	pull := github.Pull{
		Number: 7, Author: "ann", Head: strings.Repeat("ab", 20), Base: "main", MergeCommit: j.head, MergedBy: "bob",
		Reviews: []github.Review{{Login: "cy", State: "APPROVED", Commit: strings.Repeat("ab", 20), Association: "MEMBER"}},
	}
	repo.SetPulls(pull)
	row := func(r *runner.Result) attest.CollectorRow {
		t.Helper()
		want(t, r, "success", 0)
		return collector(t, j.evidence(t, r.Outputs["evidence-path"]), "review")
	}

	r := j.use(map[string]string{"step": "build", "github-token": token})
	if got := row(r); got.State != attest.StateRan || r.Outputs["verdict"] != "pass" {
		t.Errorf("verdict %q, %+v\n%s", r.Outputs["verdict"], got, r.Log)
	}
	body := section[attest.Review](t, j.evidence(t, r.Outputs["evidence-path"]), attest.TypeReview)
	if body.Commit != j.head || body.PullRequest == nil || body.PullRequest.Number != 7 || body.DistinctApprovals != 1 {
		t.Errorf("%+v", body)
	}
	for _, name := range []string{"", attest.EnvelopeSuffix} {
		if text, err := os.ReadFile(r.Outputs["evidence-path"] + name); err != nil || strings.Contains(string(text), token) {
			t.Errorf("the token is in the evidence, %v", err)
		}
	}

	pull.ForbiddenToReview = true
	repo.SetPulls(pull)
	r = j.use(map[string]string{"step": "forbidden", "github-token": token})
	if got := row(r); got.State != attest.StateFailed || !strings.Contains(got.Reason, "pull-requests: read") || r.Outputs["verdict"] != "incomplete" {
		t.Errorf("verdict %q, %+v", r.Outputs["verdict"], got)
	}

	r = j.use(map[string]string{"step": "unasked"})
	if got := row(r); got.State != attest.StateNotApplicable || r.Outputs["verdict"] != "pass" {
		t.Errorf("verdict %q, %+v", r.Outputs["verdict"], got)
	}
}
