//go:build unix

package e2e

import (
	"crypto/rand"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/org/cilock-action/test/runner"
)

// sarifResult is what code scanning shows of a result.
type sarifResult struct {
	RuleID, Level string
	Message       struct{ Text string }
	Locations     []struct {
		PhysicalLocation struct {
			ArtifactLocation struct{ URI string }
			Region           struct{ StartLine int }
		}
	}
}

// results reads the SARIF of a step, by rule.
func results(t *testing.T, r *runner.Result) map[string][]sarifResult {
	t.Helper()
	text, err := os.ReadFile(r.Outputs["sarif-path"])
	if err != nil {
		t.Fatalf("%v\n%s", err, r.Log)
	}
	var log struct {
		Runs []struct{ Results []sarifResult }
	}
	if err := json.Unmarshal(text, &log); err != nil || len(log.Runs) != 1 {
		t.Fatalf("%v: %s", err, text)
	}
	byRule := map[string][]sarifResult{}
	for _, one := range log.Runs[0].Results {
		byRule[one.RuleID] = append(byRule[one.RuleID], one)
	}
	return byRule
}

// at reports whether a result stands in a line of a file, 0 for one without a line.
func (r sarifResult) at(uri string, line int) bool {
	place := r.Locations[0].PhysicalLocation
	return place.ArtifactLocation.URI == uri && place.Region.StartLine == line
}

// TestStandInSARIF: what a run found stands at the step in its workflow, and what
// has a file of its own in that. The workflow is that of the job's commit.
func TestStandInSARIF(t *testing.T) {
	t.Parallel()
	token := "ghp_" + (rand.Text() + rand.Text())[:36]
	j := newJob(t, runner.Options{})
	const ci = ".github/workflows/ci.yml"
	job := strings.Replace(jobWorkflow, "    steps:\n", "    steps:\n      - uses: acme/tool@v1\n\n      - name: ours\n  ", 1)
	job = strings.Replace(job, "      - uses: org", "      uses: org", 1)
	j.commit(map[string]string{ci: job})
	j.put(t, ci, "changed since: true\n")
	j.put(t, "token", token)
	r := j.use(map[string]string{"step": "build", "fail-on": "fail", "command": `
		mkdir 'a b'
		cp token "$(printf 'a b/x\n::error::.txt')"
		cat token
		exit 41`})
	want(t, r, "failure", 41)
	if r.Outputs["sarif-path"] != r.Outputs["evidence-path"]+".sarif" {
		t.Errorf("sarif-path is %q", r.Outputs["sarif-path"])
	}
	got := results(t, r)
	line := 1 + strings.Count(job[:strings.Index(job, "- name: ours")], "\n")
	if failed := got["step-succeeded"]; len(failed) != 1 || !failed[0].at(ci, line) || failed[0].Level != "warning" {
		t.Errorf("want the failure at line %d: %+v", line, failed)
	}
	if refs := got["unpinned-reference"]; len(refs) != 1 || !refs[0].at(ci, 7) || !strings.Contains(refs[0].Message.Text, "acme/tool@v1") {
		t.Errorf("references: %+v", refs)
	}
	printed, packed := 0, 0
	for _, s := range got["github-pat"] {
		switch {
		case s.at(ci, line) && strings.Contains(s.Message.Text, "stdout, line 1"):
			printed++
		case s.at("a%20b/x%0A%3A%3Aerror%3A%3A.txt", 1):
			packed++
		}
	}
	if printed != 1 || packed != 1 {
		t.Errorf("secrets, at line %d: %+v", line, got["github-pat"])
	}
	if text, err := os.ReadFile(r.Outputs["sarif-path"]); err != nil || strings.Contains(string(text), token[10:20]) {
		t.Errorf("the token is in the SARIF, or %v", err)
	}

	// The next step finds its own file, and neither takes the other's for a product.
	clean := j.use(map[string]string{"step": "clean", "command": "true", "outfile": "clean.json"})
	want(t, clean, "success", 0)
	if got := results(t, clean); len(got["step-succeeded"])+len(got["github-pat"]) > 0 || clean.Outputs["sarif-path"] != filepath.Join(j.Workspace, "clean.json.sarif") {
		t.Errorf("%s has %+v", clean.Outputs["sarif-path"], got)
	}
}

// TestStandInSARIFPlace: of several steps it is the one that the runner names.
// Where it names none of them, or nobody reads the workflow, it is the first line.
func TestStandInSARIFPlace(t *testing.T) {
	t.Parallel()
	j := newJob(t, runner.Options{})
	const ci = ".github/workflows/ci.yml"
	r := j.use(map[string]string{"command": "exit 3", "attestations": "git"})
	if got := results(t, r)["step-succeeded"]; len(got) != 1 || !got[0].at(ci, 1) {
		t.Errorf("with no reader of workflows: %+v", got)
	}
	again := "      - uses: org/cilock-action@" + sha + "\n"
	j.commit(map[string]string{ci: jobWorkflow + again + "      - run: make\n" + strings.Replace(again, "uses", "id: last\n        uses", 1)})
	for id, line := range map[string]int{"": 7, "__org_cilock-action_2": 8, "last": 10, "another": 1} {
		c := j.call(map[string]string{"command": "exit 3"})
		c.ID = id
		if got := results(t, j.RunAction(t.Context(), c))["step-succeeded"]; len(got) != 1 || !got[0].at(ci, line) {
			t.Errorf("step %q, want line %d: %+v", id, line, got)
		}
	}
}
