//go:build unix

package e2e

import (
	"crypto/rand"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/org/cilock-action/test/runner"
)

// TestStandInScan: of eleven files with a token that nobody issued ten are annotated, the summary names the eleventh, and the
// token is in nothing that the runner keeps.
func TestStandInScan(t *testing.T) {
	t.Parallel()
	token := "ghp_" + (rand.Text() + rand.Text())[:36]
	j := newJob(t, runner.Options{})
	for i := range 11 {
		j.put(t, fmt.Sprintf("dist/f%02d.txt", i), "a line\n"+token+"\n")
	}
	j.put(t, "clean/clean.txt", "clean\n")
	r := j.use(map[string]string{"mode": "scan", "key": "", "paths": "clean\ndist"})
	want(t, r, "failure", 3)
	if r.Outputs["verdict"] != "fail" || r.Outputs["exit-code"] != "3" || r.Outputs["findings-count"] != "11" {
		t.Errorf("outputs are %v", r.Outputs)
	}
	if len(r.Annotations) != 10 { // the runner's own, about the exit code, has no room
		t.Fatalf("%d annotations: %v", len(r.Annotations), r.Annotations)
	}
	for i, a := range r.Annotations {
		if a.Level != "error" || a.Properties["file"] != fmt.Sprintf("dist/f%02d.txt", i) || a.Properties["line"] != "2" {
			t.Errorf("annotation %d is %+v", i, a)
		}
	}
	sarif, err := os.ReadFile(r.Outputs["sarif-path"])
	if err != nil || strings.Count(string(sarif), `"ruleId": "github-pat"`) != 11 {
		t.Errorf("SARIF %v: %.300s", err, sarif)
	}
	if !strings.Contains(r.Summary, "### cilock: fail, secrets") || !strings.Contains(r.Summary, "dist/f10&#46;txt") {
		t.Errorf("the summary is %q", r.Summary)
	}
	for where, text := range map[string]string{"the log": r.Log, "the summary": r.Summary, "the SARIF": string(sarif)} {
		if strings.Contains(text, token[10:20]) {
			t.Errorf("%s has the token", where)
		}
	}

	r = j.use(map[string]string{"mode": "scan", "key": "", "paths": "clean"})
	want(t, r, "success", 0)
	if r.Outputs["verdict"] != "pass" || r.Outputs["findings-count"] != "0" || r.Outputs["exit-code"] != "0" {
		t.Errorf("outputs are %v", r.Outputs)
	}
	r = j.use(map[string]string{"mode": "scan", "key": "", "paths": "clean", "outfile": "x.json"})
	want(t, r, "failure", 2)
	if !noted(r, "error", "input outfile has no meaning in mode scan") {
		t.Errorf("annotations are %v", r.Annotations)
	}
}
