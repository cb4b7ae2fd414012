package wrap

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/org/cilock-action/test/buildcache"
	"github.com/org/cilock-action/test/runner"
)

// buildCilock builds the program under test, once for all tests.
var buildCilock = sync.OnceValue(func() error {
	return buildcache.Cilock("../..", filepath.Join(kitFolder, "cilock"))
})

// job is a folder with what a runner gives a step, made by hand.
type job struct {
	temp, workspace, seen string
	env                   map[string]string
	files                 map[string]string // OUTPUT, ENV, PATH and STEP_SUMMARY
}

// newJob is a job of acme/consumer in which a step may run cilock.
func (k *kit) newJob(t *testing.T, path string) *job {
	t.Helper()
	work := t.TempDir()
	j := &job{temp: filepath.Join(work, "_temp"), workspace: filepath.Join(work, "consumer", "consumer"), seen: filepath.Join(work, "observed"), files: map[string]string{}}
	must(t, os.MkdirAll(filepath.Join(j.temp, "_github_workflow"), 0o755))
	must(t, os.CopyFS(j.workspace, os.DirFS(k.workspace)))
	event := filepath.Join(j.temp, "_github_workflow", "event.json")
	must(t, os.WriteFile(event, []byte(eventJSON), 0o600))
	j.env = map[string]string{
		"PATH": path, "HOME": work, "CI": "true", "GITHUB_ACTIONS": "true", "OBSERVED": j.seen, "LANG": "C.UTF-8",
		"GITHUB_WORKSPACE": j.workspace, "GITHUB_EVENT_PATH": event, "RUNNER_TEMP": j.temp, "RUNNER_WORKSPACE": filepath.Dir(j.workspace),
		"RUNNER_OS": "Linux", "RUNNER_ARCH": "X64", "RUNNER_TOOL_CACHE": filepath.Join(work, "_tool"), "RUNNER_ENVIRONMENT": "github-hosted",
		"GITHUB_SERVER_URL": k.server.URL(), "GITHUB_API_URL": k.server.APIURL(), "GITHUB_GRAPHQL_URL": "https://api.github.com/graphql",
		"GITHUB_RUN_ID": "42", "GITHUB_RUN_NUMBER": "7", "GITHUB_RUN_ATTEMPT": "1", "GITHUB_SHA": "1111111111111111111111111111111111111111",
		"GITHUB_WORKFLOW_REF": "acme/consumer/.github/workflows/ci.yml@refs/pull/7/merge", "GITHUB_TOKEN": "made-up-token-for-tests",
		"GITHUB_ACTION": "__run", "GITHUB_ACTION_REPOSITORY": "", "GITHUB_ACTION_REF": "",
	}
	for name, v := range jobContext {
		j.env["GITHUB_"+strings.ToUpper(name)] = v
	}
	maps.Copy(j.env, jobEnv)
	// As action.yml has it: which variables are the job's and not the machine's.
	env := maps.Clone(jobEnv)
	env["OBSERVED"] = j.seen
	j.env["CILOCK_CONTEXT_ENV"] = jsonText(t, env)
	for _, name := range []string{"OUTPUT", "ENV", "PATH", "STATE", "STEP_SUMMARY"} {
		j.files[name] = filepath.Join(work, "file_"+name)
		must(t, os.WriteFile(j.files[name], nil, 0o600))
		j.env["GITHUB_"+name] = j.files[name]
	}
	return j
}

// environ is the whole environment of the step.
func (j *job) environ() []string {
	var list []string
	for name, v := range j.env {
		list = append(list, name+"="+v)
	}
	return list
}

// result reads what a step left for the runner and for later steps.
func (j *job) result(t *testing.T, out string) *result {
	t.Helper()
	res := &result{outputs: map[string]string{}, env: map[string]string{}, workspace: j.workspace, seen: readFile(t, j.seen)}
	for name, to := range map[string]map[string]string{"OUTPUT": res.outputs, "ENV": res.env} {
		pairs, err := runner.ParsePairs(string(readFile(t, j.files[name])))
		must(t, err)
		for _, p := range pairs {
			to[p.Key] = p.Value
		}
	}
	for dir := range strings.SplitSeq(string(readFile(t, j.files["PATH"])), "\n") {
		if dir != "" {
			res.path = append([]string{dir}, res.path...)
		}
	}
	res.summary = string(readFile(t, j.files["STEP_SUMMARY"]))
	res.commands = append(res.commands, commandsOf(out)...)
	return res
}

// ours runs a fixture with cilock wrap, as a step of a job.
func (k *kit) ours(t *testing.T, c useCase) *result {
	t.Helper()
	must(t, buildCilock())
	stub, path := withDocker(t)
	j := k.newJob(t, path)
	dir := t.TempDir()
	key, evidence := filepath.Join(dir, "key.pem"), filepath.Join(dir, "evidence.json")
	must(t, os.WriteFile(key, newKey(t), 0o600))
	args := []string{"wrap", k.pinned(c.uses), "--key", key, "--outfile", evidence}
	for _, name := range slices.Sorted(maps.Keys(c.inputs)) {
		args = append(args, "--input", name+"="+c.inputs[name])
	}
	cmd := exec.Command(filepath.Join(kitFolder, "cilock"), args...)
	cmd.Dir, cmd.Env = j.workspace, j.environ()
	cmd.Stdin = strings.NewReader("not for the action")
	var out, errs bytes.Buffer // apart, as the runner reads them: together their lines have no order
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	out.WriteString("\n" + errs.String())
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("cilock said:\n%s", out.String())
		}
	})
	res := j.result(t, out.String())
	res.outcome, res.docker = "success", stub.Calls(t)
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		res.outcome = "failure"
		res.code = exit.ExitCode()
	} else {
		must(t, err)
	}
	k.checkEvidence(t, c, evidence)
	res.dropReport()
	return res
}

// dropReport takes our report from the summary: it is the last in it.
func (r *result) dropReport() {
	r.summary, _, _ = strings.Cut(r.summary, "### cilock: ")
	r.summary = strings.TrimSuffix(r.summary, "\n\n")
}

// pinned is uses with the commit.
func (k *kit) pinned(uses string) string {
	repository, _ := splitUses(uses)
	return uses + "@" + k.refs[repository]
}

// asAction runs a fixture with our own action, in the stand-in: the input
// action-ref instead of uses:.
func (k *kit) asAction(t *testing.T, c useCase) *result {
	t.Helper()
	must(t, buildCilock())
	s := k.newStandIn(t, map[string]string{"server_url": k.server.URL(), "api_url": k.server.APIURL()})
	evidence := filepath.Join(t.TempDir(), "evidence.json")
	res := s.run(t, runner.Call{
		Dir: ourFolder(t), Repository: "org/cilock-action", Ref: ourCommit,
		Inputs: map[string]string{
			"action-ref": k.pinned(c.uses), "action-inputs": jsonText(t, c.inputs), "key": string(newKey(t)), "outfile": evidence,
			"binary-path": filepath.Join(kitFolder, "cilock"), "github-token": "made-up-token-for-tests",
		},
	})
	res.ours(t)
	k.checkEvidence(t, c, evidence)
	return res
}

// Our own action, as workflows name it.
const (
	ourCommit = "0123456789abcdef0123456789abcdef01234567"
	ourAction = "org/cilock-action@" + ourCommit
)

// ourFolder holds action.yml and what it starts: binary-path is given.
func ourFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"action.yml", "install.sh", "release.txt"} {
		text, err := os.ReadFile(filepath.Join("../..", name))
		must(t, err)
		must(t, os.WriteFile(filepath.Join(dir, name), text, 0o600))
	}
	return dir
}

// ours makes of what our action gave what the action in it gave.
func (r *result) ours(t *testing.T) {
	t.Helper()
	var err error
	if text := r.outputs["exit-code"]; text != "" {
		r.code, err = strconv.Atoi(text)
		must(t, err)
	}
	fromAction := r.outputs["action-outputs"]
	r.outputs = map[string]string{}
	if fromAction != "" {
		must(t, json.Unmarshal([]byte(fromAction), &r.outputs))
	}
	r.dropReport()
}

// checkEvidence: there is signed evidence, and no secret is in it.
func (k *kit) checkEvidence(t *testing.T, c useCase, path string) {
	t.Helper()
	text := readFile(t, path)
	if len(text) == 0 {
		t.Errorf("%s left no evidence", c.name)
	}
	if bytes.Contains(text, []byte(secret)) {
		t.Errorf("the secret of %s is in the evidence", c.name)
	}
}
