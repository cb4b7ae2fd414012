//go:build unix

package e2e

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/attest"
	"github.com/org/cilock-action/test/runner"
)

// jobWorkflow is the workflow of the jobs here: nothing but what the tests do.
const jobWorkflow = `name: ci
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: org/cilock-action@` + sha + `
`

// job is a job in the stand-in, with a checkout in its workspace.
type job struct {
	*runner.Runner
	keys
	t    *testing.T
	head string // the commit that the job runs
}

func newJob(t *testing.T, o runner.Options) *job {
	t.Helper()
	cilock(t)
	j := &job{Runner: runner.New(t, o), keys: newKeys(t), t: t}
	j.git("init", "--quiet", "--initial-branch=main")
	j.commit(map[string]string{".github/workflows/ci.yml": jobWorkflow})
	return j
}

// commit makes a commit of files, which is then the one that the job runs.
func (j *job) commit(files map[string]string) {
	j.t.Helper()
	for name, text := range files {
		j.put(j.t, name, text)
	}
	j.git("add", "--all")
	j.git("commit", "--quiet", "--allow-empty", "--message=commit")
	head, err := os.ReadFile(filepath.Join(j.Workspace, ".git/refs/heads/main"))
	if err != nil {
		j.t.Fatal(err)
	}
	j.head = strings.TrimSpace(string(head))
	j.SetGitHub(map[string]string{"sha": j.head, "workflow_sha": j.head})
}

func (j *job) git(args ...string) {
	j.t.Helper()
	cmd := exec.Command("git", append([]string{"-c", "user.name=octocat", "-c", "user.email=octocat@example.invalid"}, args...)...)
	cmd.Dir = j.Workspace
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + j.Home, "GIT_CONFIG_NOSYSTEM=1"}
	if out, err := cmd.CombinedOutput(); err != nil {
		j.t.Fatalf("git %s: %v\n%s", args[0], err, out)
	}
}

// call is a use of the action with a key, and the program that is there already;
// with overrides both.
func (j *job) call(with map[string]string) runner.Call {
	inputs := map[string]string{"key": j.private, "binary-path": cilock(j.t)}
	maps.Copy(inputs, with)
	return runner.Call{Dir: actionDir(j.t), Repository: "org/cilock-action", Ref: sha, Inputs: inputs}
}

// use uses the action as the job's next step.
func (j *job) use(with map[string]string) *runner.Result {
	j.t.Helper()
	return j.RunAction(j.t.Context(), j.call(with))
}

// verify uses the action in mode verify.
func (j *job) verify(bundle, subjects string) *runner.Result {
	j.t.Helper()
	return j.use(map[string]string{"mode": "verify", "bundle": bundle, "subjects": subjects, "key": j.public})
}

// want ends the test unless a step ended so.
func want(t *testing.T, r *runner.Result, conclusion string, code int) {
	t.Helper()
	if r.Conclusion != conclusion || r.ExitCode != code {
		t.Fatalf("the step ended in %s with exit code %d, want %s with %d\n%s", r.Conclusion, r.ExitCode, conclusion, code, r.Log)
	}
}

// noted reports whether there is an annotation of a level that contains text.
func noted(r *runner.Result, level, text string) bool {
	return slices.ContainsFunc(r.Annotations, func(a runner.Annotation) bool {
		return a.Level == level && strings.Contains(a.Message, text)
	})
}

func TestStandInRun(t *testing.T) {
	t.Parallel()
	j := newJob(t, runner.Options{})
	r := j.use(map[string]string{"step": "build", "command": `
		echo 'first line'
		echo built > out.txt
		echo flavour=vanilla >> "$GITHUB_OUTPUT"
		echo COLOUR=blue >> "$GITHUB_ENV"
		mkdir bin
		echo "$PWD/bin" >> "$GITHUB_PATH"
		echo '# from the command' >> "$GITHUB_STEP_SUMMARY"
		env > "$RUNNER_TEMP/env"
		echo '::error::the command says so'
		printf 'no line feed'`})
	want(t, r, "success", 0)
	path := filepath.Join(j.Temp, "build.cilock.json")
	outputs := map[string]string{
		"verdict": "pass", "exit-code": "0", "sensor": sensor(), "evidence-path": path, "bundle-path": path, "sarif-path": path + ".sarif",
		"action-outputs": `{"flavour":"vanilla"}`, "events-lost": "0", "events-seen": r.Outputs["events-seen"],
		"policy-digest": r.Outputs["policy-digest"], // of the default: TestStandInDefaultPolicy
	}
	if n, err := strconv.Atoi(r.Outputs["events-seen"]); (err != nil || n == 0) && sensor() != "none" {
		t.Errorf("output events-seen is %q", r.Outputs["events-seen"])
	}
	for name, value := range r.Outputs {
		if value != outputs[name] {
			t.Errorf("output %s is %q, want %q", name, value, outputs[name])
		}
	}
	if r.Env["COLOUR"] != "blue" || len(r.Path) != 1 || r.Path[0] != filepath.Join(j.Workspace, "bin") {
		t.Errorf("what the command set for the next step is lost: %v, %v", r.Env, r.Path)
	}
	if !strings.Contains(r.Summary, "# from the command\n### cilock: pass") {
		t.Errorf("summary is %q", r.Summary)
	}
	if !noted(r, "error", "the command says so") || len(r.Annotations) != 1 {
		t.Errorf("annotations are %v", r.Annotations)
	}
	if !strings.Contains(r.Log, "\ncilock: verdict: pass\n") {
		t.Errorf("no verdict in the log:\n%s", r.Log)
	}
	env, err := os.ReadFile(filepath.Join(j.Temp, "env"))
	if err != nil || strings.Contains(string(env), "CILOCK_INPUT_") || strings.Contains(string(env), "PRIVATE KEY") {
		t.Errorf("the command sees the action's inputs: %v\n%s", err, env)
	}
	v := j.evidence(t, path)
	github := section[struct {
		Context map[string]string
		Granted bool
	}](t, v, attest.TypeGitHub)
	if github.Granted || github.Context["run_id"] != "9876543210" || github.Context["runner_environment"] != "github-hosted" {
		t.Errorf("github: %+v", github)
	}
	for _, row := range section[attest.Completeness](t, v, attest.TypeCompleteness).Collectors {
		off := slices.Contains([]string{"subjects", "sbom", "sarif", "vex", "vuln", "lockfile", "review"}, row.Name) // not asked for, not made
		if (row.State == attest.StateRan) == off || len(row.Gaps) > 0 {
			t.Errorf("collector %s: %+v", row.Name, row)
		}
	}

	again := j.verify(path, "out.txt")
	want(t, again, "success", 0)
	if again.Outputs["verdict"] != "pass" {
		t.Errorf("mode verify says %q", again.Outputs["verdict"])
	}
	if err := os.WriteFile(filepath.Join(j.Workspace, "out.txt"), []byte("changed\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	again = j.verify(path, "out.txt")
	want(t, again, "failure", 3)
	if again.Outputs["verdict"] != "fail" || !noted(again, "error", "out.txt") {
		t.Errorf("mode verify says %q, %v", again.Outputs["verdict"], again.Annotations)
	}
}

// TestStandInUnnamedSteps: the path that a step handed on as its evidence still
// holds that evidence when the next step has run.
func TestStandInUnnamedSteps(t *testing.T) {
	t.Parallel()
	j := newJob(t, runner.Options{})
	first := j.use(map[string]string{"command": "echo 1 > one.txt"})
	second := j.use(map[string]string{"command": "echo 2 > two.txt"})
	want(t, first, "success", 0)
	want(t, second, "success", 0)
	want(t, j.verify(first.Outputs["evidence-path"], "one.txt"), "success", 0)
	want(t, j.verify(second.Outputs["evidence-path"], "two.txt"), "success", 0)
}

func TestStandInFailure(t *testing.T) {
	t.Parallel()
	j := newJob(t, runner.Options{})
	r := j.use(map[string]string{"step": "bad", "command": "echo half > out.txt\nexit 41"})
	want(t, r, "failure", 41)
	if !noted(r, "warning", "exit code 41") {
		t.Errorf("no annotation about the failure: %v", r.Annotations)
	}
	if r.Outputs["verdict"] != "warn" || r.Outputs["exit-code"] != "41" {
		t.Errorf("outputs are %v", r.Outputs)
	}
	again := j.verify(r.Outputs["evidence-path"], "out.txt")
	want(t, again, "success", 0) // authentic, and about a failed step: no pass
	if again.Outputs["verdict"] != "warn" || !noted(again, "warning", "exit code 41") {
		t.Errorf("mode verify says %q, %v", again.Outputs["verdict"], again.Annotations)
	}
	run := section[attest.CommandRun](t, j.evidence(t, r.Outputs["evidence-path"]), attest.TypeCommandRun)
	if run.ExitCode != 41 {
		t.Errorf("the evidence says exit code %d", run.ExitCode)
	}
}

// TestStandInJobVariables: what the workflow did not pass as an input cannot
// come from a variable of the job.
func TestStandInJobVariables(t *testing.T) {
	t.Parallel()
	j := newJob(t, runner.Options{Env: map[string]string{
		"CILOCK_INPUT_POLICY": "p.json", "CILOCK_INPUT_STEP": "forged", "CILOCK_INPUT_COMMAND": "touch forged",
		"CILOCK_INPUT_OUTFILE": "/forged.json", "CILOCK_INPUT_KEY": "forged.pem", "INPUT_KEY": "forged.pem", "INPUT_COMMAND": "touch forged",
	}})
	r := j.use(map[string]string{"command": "true"})
	want(t, r, "success", 0)
	v := j.evidence(t, filepath.Join(j.Temp, "bash.cilock.json"))
	if v.Collection.Name != "bash" {
		t.Errorf("the step is called %q", v.Collection.Name)
	}
	want(t, j.use(map[string]string{}), "failure", 2) // no command
	if _, err := os.Lstat(filepath.Join(j.Workspace, "forged")); err == nil {
		t.Error("a variable of the job was run as the command")
	}
}

// TestStandInNoOutputFile: the runner's file is gone. The evidence is not.
func TestStandInNoOutputFile(t *testing.T) {
	t.Parallel()
	j := newJob(t, runner.Options{})
	wrapper := filepath.Join(j.Temp, "wrapper")
	script := "#!/bin/sh\nunset GITHUB_OUTPUT\nexec '" + cilock(t) + "' \"$@\"\n"
	if err := os.WriteFile(wrapper, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	r := j.use(map[string]string{"command": "echo built > out.txt", "binary-path": wrapper})
	want(t, r, "failure", 1)
	if !noted(r, "error", "GITHUB_OUTPUT") {
		t.Errorf("annotations are %v", r.Annotations)
	}
	want(t, j.verify(filepath.Join(j.Temp, "bash.cilock.json"), "out.txt"), "success", 0)
}

// TestStandInKeyFile: the path of a key is no secret, and the key is one.
func TestStandInKeyFile(t *testing.T) {
	t.Parallel()
	j := newJob(t, runner.Options{})
	key := filepath.Join(j.Workspace, "signing-key.pem")
	if err := os.WriteFile(key, []byte(j.private), 0o600); err != nil {
		t.Fatal(err)
	}
	r := j.use(map[string]string{"key": "signing-key.pem", "command": "cp signing-key.pem copy-of-signing-key.pem"})
	want(t, r, "success", 0)
	products := section[map[string]attest.Product](t, j.evidence(t, r.Outputs["evidence-path"]), attest.TypeProduct)
	if len(products) != 1 || products["copy-of-signing-key.pem"].Digest["sha256"] == "" {
		t.Errorf("products are %v", products)
	}
	r = j.use(map[string]string{"key": "no-such-key.pem", "command": "true"})
	want(t, r, "failure", 2)
	if !noted(r, "error", "no-such-key.pem") {
		t.Errorf("the error does not name the file: %v", r.Annotations)
	}
	r = j.use(map[string]string{"command": "echo '" + strings.Split(j.private, "\n")[1] + "' > /dev/null"})
	want(t, r, "success", 0)
	if v := j.evidence(t, r.Outputs["evidence-path"]); strings.Contains(string(v.Statement.Predicate), strings.Split(j.private, "\n")[1]) {
		t.Error("a line of the key is in the evidence")
	}
}

// TestStandInForgedOutputs: a command that searches for the runner's own output
// file and writes there cannot make the step succeed with outputs of its choice.
func TestStandInForgedOutputs(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`verdict=perfect\n`, `verdict=perfect`, `verdict=perfect\nswallow<<NEVER\n`, `swallow<<NEVER\nverdict=perfect\n`} {
		j := newJob(t, runner.Options{})
		r := j.use(map[string]string{"command": `for f in "$RUNNER_TEMP"/_runner_file_commands/set_output_*; do printf '` + text + `' > "$f"; done`})
		if r.Conclusion == "success" && r.Outputs["verdict"] != "pass" {
			t.Errorf("after %q: %s, outputs are %v", text, r.Conclusion, r.Outputs)
		}
		if r.ExitCode == 1 && !noted(r, "error", "GITHUB_OUTPUT") {
			t.Errorf("after %q: no annotation says what failed: %v", text, r.Annotations)
		}
		if len(r.Steps) != 1 || r.ExitCode != 0 && r.ExitCode != 1 {
			t.Errorf("after %q: exit code %d\n%s", text, r.ExitCode, r.Log)
		}
		j.evidence(t, filepath.Join(j.Temp, "bash.cilock.json"))
	}
}

// TestStandInNoGo: a runner without Go, and no program given.
func TestStandInNoGo(t *testing.T) {
	t.Parallel()
	tools := t.TempDir()
	for _, name := range []string{"bash", "mktemp", "env"} {
		path, err := exec.LookPath(name)
		if err == nil {
			err = os.Symlink(path, filepath.Join(tools, name))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	j := newJob(t, runner.Options{PATH: tools})
	r := j.use(map[string]string{"command": "echo ran > ran", "binary-path": ""})
	want(t, r, "failure", 2)
	if !noted(r, "error", "Go is not on this runner") {
		t.Errorf("annotations are %v", r.Annotations)
	}
	if _, err := os.Lstat(filepath.Join(j.Workspace, "ran")); err == nil {
		t.Error("the command was run")
	}
}
