//go:build unix

package e2e

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/attest"
	"github.com/org/cilock-action/test/need"
	"github.com/org/cilock-action/test/runner"
)

// wrappedOf is the wrapped action in the evidence, the outermost one.
func wrappedOf(t *testing.T, v *attest.Verified) (attest.GitHubAction, string) {
	t.Helper()
	for _, a := range v.Collection.Attestations {
		var body attest.GitHubAction
		if json.Unmarshal(a.Body, &body) == nil && body.Wrapped && len(body.Via) == 0 {
			return body, a.Type
		}
	}
	t.Fatal("there is no wrapped action in the evidence")
	return attest.GitHubAction{}, ""
}

// slowAction is an action of the workspace whose main waits until it is told to
// stop, and whose post says that it ran.
func slowAction(main string) map[string]string {
	return map[string]string{
		"slow/action.yml": "name: slow\nruns: {using: node20, main: main.js, post: post.js}\n",
		"slow/main.js":    main,
		"slow/post.js":    "console.log('cleaned up')\n",
	}
}

// TestStandInWrap: an action of the workspace, whose processes are in the trace
// as those of a command are, also of a user without rights.
func TestStandInWrap(t *testing.T) {
	t.Parallel()
	need.Program(t, "node")
	j := newJob(t, runner.Options{})
	files := slowAction("require('fs').writeFileSync('made.txt', 'made'); require('child_process').execFileSync('cat', ['made.txt'])\n")
	files[".github/actions/outer/action.yml"] = "name: outer\nruns:\n  using: composite\n  steps:\n    - uses: ./slow\n    - shell: bash\n      run: echo the end\n"
	j.commit(files)
	r := j.use(map[string]string{"step": "outer", "action-ref": "./.github/actions/outer"})
	want(t, r, "success", 0)
	if !strings.Contains(r.Log, "the end\n") || strings.Index(r.Log, "the end\n") > strings.Index(r.Log, "cleaned up\n") {
		t.Errorf("the steps and post did not run in their order:\n%s", r.Log)
	}
	v := j.evidence(t, filepath.Join(j.Temp, "outer.cilock.json"))
	body, typ := wrappedOf(t, v)
	if typ != attest.TypeActionLocal || body.ActionRef != "./.github/actions/outer" || len(body.Steps) != 3 {
		t.Errorf("recorded as %s: %+v", typ, body)
	}
	if _, ok := section[map[string]attest.Product](t, v, attest.TypeProduct)["made.txt"]; !ok {
		t.Error("what the action made is no product")
	}
	if row := collector(t, v, "trace"); row.State != attest.StateRan || len(row.Gaps) > 0 {
		t.Errorf("trace: %+v", row)
	}
	run := section[attest.CommandRun](t, v, attest.TypeCommandRun)
	if !slices.ContainsFunc(run.Processes, func(p attest.Process) bool { return filepath.Base(p.Program) == "cat" }) {
		t.Errorf("the action's process is not in the trace: %d processes", len(run.Processes))
	}
}

// TestStandInWrapBlocked: with block the runner obeys nothing of the action but a
// mask, and still what we say.
func TestStandInWrapBlocked(t *testing.T) {
	t.Parallel()
	j := newJob(t, runner.Options{})
	j.commit(map[string]string{"loud/action.yml": "name: loud\nruns:\n  using: composite\n  steps:\n    - shell: bash\n      run: |\n" +
		"        echo '::error::from the action'\n        echo '::add-mask::generated-4711'\n        echo '##[warning]old style'\n        echo it was generated-4711\n        echo '::stop-commands::mine'\n        exit 5\n"})
	r := j.use(map[string]string{"step": "loud", "action-ref": "./loud", "wrapped-commands": "block"})
	want(t, r, "failure", 5)
	if noted(r, "error", "from the action") || noted(r, "warning", "old style") {
		t.Errorf("a command of the action was obeyed: %+v", r.Annotations)
	}
	if strings.Contains(r.Log, "it was generated-4711") || !strings.Contains(r.Log, "it was ***") {
		t.Errorf("the mask did not reach the runner:\n%s", r.Log)
	}
	if !noted(r, "warning", "exit code 5") {
		t.Errorf("our own annotations are lost: %+v\n%s", r.Annotations, r.Log)
	}
}

// TestStandInWrapCancelled: main is told to stop, post runs in the time that is
// left, and there is evidence of all of it before the runner loses its patience.
func TestStandInWrapCancelled(t *testing.T) {
	t.Parallel()
	need.Program(t, "node")
	for name, main := range map[string]string{
		"obeys":   "console.log('ready'); setInterval(() => {}, 1000)\n",
		"refuses": "process.on('SIGINT', () => console.log('no')); process.on('SIGTERM', () => console.log('never')); console.log('ready'); setInterval(() => {}, 1000)\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j, r, at := cancelledWith(t, slowAction(main), map[string]string{"step": "slow", "action-ref": "./slow"})
			checkCancelledEvidence(t, j, r, at)
			v := j.evidence(t, filepath.Join(j.Temp, "slow.cilock.json"))
			body, _ := wrappedOf(t, v)
			if name == "obeys" && (!strings.Contains(r.Log, "cleaned up\n") || body.Outcome != "cancelled" || len(body.Steps) != 2) {
				t.Errorf("post did not run, or is not recorded: %+v\n%s", body, r.Log)
			}
			if row := collector(t, v, "github-action"); name == "refuses" && len(row.Gaps) == 0 {
				t.Errorf("the action was killed, and its report is called whole: %+v", row)
			}
		})
	}
}
