//go:build unix

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/org/cilock-action/test/act"
	"github.com/org/cilock-action/test/runner"
)

// unpinned is a workflow with n unpinned uses, acme/tool1 to acme/toolN, in
// the lines from 6 on.
func unpinned(n int) string {
	var b strings.Builder
	b.WriteString("on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n")
	for i := range n {
		fmt.Fprintf(&b, "      - uses: acme/tool%d@v1\n", i+1)
	}
	return b.String()
}

// TestStandInRefs: of eleven unpinned uses ten are annotated at their lines,
// and the summary names the eleventh. An invalid one goes before them all.
func TestStandInRefs(t *testing.T) {
	t.Parallel()
	j := newJob(t, runner.Options{})
	j.put(t, ".github/workflows/ci.yml", unpinned(11))
	r := j.use(map[string]string{"mode": "refs"})
	want(t, r, "success", 0)
	if r.Outputs["verdict"] != "warn" {
		t.Errorf("the verdict is %q", r.Outputs["verdict"])
	}
	if len(r.Annotations) != 10 {
		t.Fatalf("%d annotations: %v", len(r.Annotations), r.Annotations)
	}
	for i, a := range r.Annotations {
		place := fmt.Sprintf("%s:%s:%s", a.Properties["file"], a.Properties["line"], a.Properties["col"])
		if a.Level != "warning" || place != fmt.Sprintf(".github/workflows/ci.yml:%d:15", i+6) {
			t.Errorf("annotation %d is %+v", i, a)
		}
	}
	sarif, err := os.ReadFile(r.Outputs["sarif-path"])
	if err != nil || !strings.Contains(string(sarif), `"ruleId": "unpinned-reference"`) || r.Outputs["findings-count"] != "11" {
		t.Errorf("%s findings, SARIF %v: %.300s", r.Outputs["findings-count"], err, sarif)
	}
	if !strings.Contains(r.Summary, "### cilock: warn, action references") || !strings.Contains(r.Summary, "acme/tool11&#64;v1") {
		t.Errorf("the summary is %q", r.Summary)
	}

	r = j.use(map[string]string{"mode": "refs", "fail-on": "warning"})
	want(t, r, "failure", 3)

	j.put(t, "tool/action.yml", "runs:\n  using: composite\n  steps:\n    - uses: acme/none\n")
	r = j.use(map[string]string{"mode": "refs", "paths": "tool\n.github/workflows/ci.yml"})
	want(t, r, "failure", 3)
	// The last is the runner's own, about the exit code.
	if r.Outputs["verdict"] != "fail" || len(r.Annotations) != 12 || r.Annotations[0].Level != "error" || r.Annotations[0].Properties["line"] != "4" {
		t.Errorf("verdict %q, annotations %v", r.Outputs["verdict"], r.Annotations)
	}
}

// put writes a file of the workspace.
func (j *job) put(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(j.Workspace, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

const refsWorkflow = `
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - id: refs
        uses: ` + uses + `
        with: {mode: refs, paths: eleven.yml, binary-path: "${{ env.CILOCK }}"}
      - id: later
        env: {VERDICT: "${{ steps.refs.outputs.verdict }}"}
        run: echo "refs said [$VERDICT]"
`

// TestActRefs is the same under act, with the verdict read by a later step.
func TestActRefs(t *testing.T) {
	t.Parallel()
	r, _ := workflow(t, newKeys(t), refsWorkflow, func(w *act.Workflow) { w.Files["eleven.yml"] = unpinned(11) })
	if got := r.Output("later"); got != "refs said [warn]\n" {
		t.Errorf("the next step printed %q", got)
	}
	n := 0
	for _, a := range r.Annotations() {
		if a.Level == "warning" && strings.Contains(a.Message, "is not pinned") {
			n++
		}
	}
	if n != 10 || !annotated(r, "refs", "warning", "acme/tool10@v1") || annotated(r, "refs", "warning", "acme/tool11@v1") {
		t.Errorf("%d annotations: %+v", n, r.Annotations())
	}
	if got := r.Summary("refs"); !strings.Contains(got, "acme/tool11&#64;v1") {
		t.Errorf("the summary is %q", got)
	}
}
