//go:build unix

package e2e

import (
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/attest"
	"github.com/org/cilock-action/test/runner"
)

const lockedSHA = "cccccccccccccccccccccccccccccccccccccccc"

// lockText locks acme/tool@v1 of one workflow.
func lockText(name string) string {
	return "version: v0.0.3\nworkflows: {.github/workflows/" + name + ": [acme/tool@v1]}\n" +
		"dependencies: {acme/tool@v1: {ref: refs/tags/v1, commit: sha1-" + lockedSHA + "}}\n"
}

// TestEvidenceLock: the lock file of the commit that the job runs is in the
// evidence, whatever the workspace holds, and makes no pin.
func TestEvidenceLock(t *testing.T) {
	t.Parallel()
	j := newJob(t, runner.Options{})
	j.commit(map[string]string{
		".github/workflows/ci.yml":       strings.Replace(jobWorkflow, "steps:\n", "steps:\n      - uses: acme/tool@v1\n      - uses: acme/free@v1\n", 1),
		".github/workflows/actions.lock": lockText("ci.yml"),
	})
	j.put(t, ".github/workflows/actions.lock", "no lock any more")
	r := j.use(map[string]string{"command": "true"})
	want(t, r, "success", 0)
	third := actionsOf(t, j.evidence(t, r.Outputs["evidence-path"]), attest.TypeGitHubAction)
	if a := third["acme/tool@v1"]; !a.Locked || a.LockedSHA != lockedSHA || a.RefPinned || a.ResolvedSHA != "" {
		t.Errorf("%+v", a)
	}
	if a, ok := third["acme/free@v1"]; !ok || a.Locked || a.LockedSHA != "" {
		t.Errorf("%+v", a)
	}
	if r.Outputs["verdict"] != "warn" || !noted(r, "warning", "acme/tool@v1 is not pinned") {
		t.Errorf("verdict %q, %+v", r.Outputs["verdict"], r.Annotations)
	}

	j.commit(map[string]string{".github/workflows/actions.lock": "version: v7\n"})
	r = j.use(map[string]string{"command": "true"})
	v := j.evidence(t, r.Outputs["evidence-path"])
	if row := collector(t, v, "github-action"); r.Outputs["verdict"] != "incomplete" || len(row.Gaps) != 1 || !strings.Contains(row.Gaps[0], "lock file of .github/workflows/ci.yml: ") {
		t.Errorf("a lock file that cannot be read: verdict %q, %+v", r.Outputs["verdict"], row)
	}
	if a, ok := actionsOf(t, v, attest.TypeGitHubAction)["acme/tool@v1"]; !ok || a.Locked {
		t.Errorf("%+v", a)
	}
}
