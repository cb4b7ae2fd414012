//go:build unix

package install

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	inner "github.com/org/cilock-action/internal/runner"
	"github.com/org/cilock-action/test/act"
	"github.com/org/cilock-action/test/dockerstub"
	"github.com/org/cilock-action/test/runner"
)

// TestContainer: docker/action.yml is read by our own parser, and by the
// stand-in, whose docker client starts nothing: what it was asked for is given to
// the program here. A variable of the job is no input.
func TestContainer(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(act.Root(t), "docker")
	text, err := os.ReadFile(filepath.Join(dir, "action.yml"))
	must(t, err)
	m, err := inner.ParseManifest(text)
	must(t, err)
	if len(m.Inputs) < 10 || m.Runs.Image != "Dockerfile" || m.Runs.Entrypoint != "" || len(m.Runs.Args) != len(m.Inputs)+1 {
		t.Fatalf("the manifest is %+v", m)
	}
	cilock := program(t)
	for _, c := range []struct {
		with map[string]string
		code int
		says string
	}{
		{map[string]string{"mode": "refs", "paths": "ci.yml"}, 0, "is not pinned"},
		{map[string]string{"mode": "refs", "paths": "ci.yml", "fail-on": "warning"}, 3, "is not pinned"},
		{map[string]string{"mode": "refs", "paths": `ci.yml\`}, 2, `ci.yml\`},
		{map[string]string{"mode": "refs", "paths": `x\" "fail-on=fail." "y=`, "fail-on": "warning"}, 2, "is not INPUT=VALUE"},
		{map[string]string{"mode": "run"}, 2, "expected refs, scan or verify"},
		{map[string]string{"mode": "scan", "paths": "ci.yml", "key": "x"}, 2, "key"},
	} {
		stub := dockerstub.Install(t, dockerstub.Answers{})
		r := runner.New(t, runner.Options{
			PATH: stub.Dir + ":/usr/bin:/bin",
			Env:  map[string]string{"CILOCK_INPUT_MODE": "run", "CILOCK_INPUT_FAIL_ON": "incomplete", "CILOCK_INPUT_COMMAND": "touch ran"},
		})
		res := r.RunAction(t.Context(), runner.Call{Dir: act.Root(t), Repository: "org/cilock-action", Path: "docker", Ref: strings.Repeat("1", 40), Inputs: c.with})
		if res.Conclusion != "success" {
			t.Fatalf("%v: %s\n%s", c.with, res.Conclusion, res.Log)
		}
		calls := stub.Calls(t)
		last := calls[len(calls)-1]
		at := slices.Index(last.Args, "action")
		if at < 0 || last.Args[0] != "run" {
			t.Fatalf("docker was called with %q", last.Args)
		}
		cmd := exec.Command(cilock, last.Args[at:]...)
		cmd.Dir = t.TempDir()
		must(t, os.WriteFile(filepath.Join(cmd.Dir, "ci.yml"), []byte("on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: a/b@main\n"), 0o644))
		output := filepath.Join(cmd.Dir, "output")
		must(t, os.WriteFile(output, nil, 0o644))
		cmd.Env = append(slices.Clone(last.Env), "GITHUB_OUTPUT="+output, "GITHUB_STEP_SUMMARY="+output, "RUNNER_TEMP="+cmd.Dir)
		out, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != c.code || !strings.Contains(string(out), c.says) {
			t.Errorf("%v: exit code %d, want %d with %q\n%s", c.with, code, c.code, c.says, out)
		}
	}
}
