package wrap

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/org/cilock-action/test/runner"
)

// hand is how a node action is started without any runner: its scripts in the
// order that the documentation gives, and the inputs as it says they are passed.
type hand struct {
	stages []string
	inputs map[string]string // less INPUT_
}

// byHand starts the scripts of a fixture with an environment made here.
func (k *kit) byHand(t *testing.T, c useCase) *result {
	t.Helper()
	repository, _ := splitUses(c.uses)
	dir := k.folders[repository+"@"+k.refs[repository]]
	work := t.TempDir()
	res := &result{outcome: "success", outputs: map[string]string{}, env: map[string]string{}, workspace: filepath.Join(work, "workspace")}
	must(t, os.CopyFS(res.workspace, os.DirFS(k.workspace)))
	event, seen := filepath.Join(work, "event.json"), filepath.Join(work, "observed")
	must(t, os.WriteFile(event, []byte(eventJSON), 0o600))
	base := map[string]string{
		"CI": "true", "GITHUB_ACTIONS": "true", "HOME": work, "RUNNER_TEMP": work, "OBSERVED": seen, "GITHUB_WORKSPACE": res.workspace,
		"GITHUB_EVENT_PATH": event, "GITHUB_ACTION_REPOSITORY": repository, "GITHUB_ACTION_REF": k.refs[repository],
		"GITHUB_SERVER_URL": "https://github.com", "GITHUB_API_URL": "https://api.github.com", "GITHUB_GRAPHQL_URL": "https://api.github.com/graphql",
	}
	for name, v := range jobContext {
		base["GITHUB_"+strings.ToUpper(name)] = v
	}
	maps.Copy(base, jobEnv)
	for name, v := range c.hand.inputs {
		base["INPUT_"+name] = v
	}
	state := map[string]string{}
	for _, script := range c.hand.stages {
		env := maps.Clone(base)
		maps.Copy(env, res.env)
		for name, v := range state {
			env["STATE_"+name] = v
		}
		env["PATH"] = strings.Join(append(append([]string(nil), res.path...), os.Getenv("PATH")), string(filepath.ListSeparator))
		k.stage(t, res, filepath.Join(dir, script), script, env, state)
	}
	res.seen = readFile(t, seen)
	return res
}

// stage runs one script and takes over what it left in its files.
func (k *kit) stage(t *testing.T, res *result, path, script string, env, state map[string]string) {
	t.Helper()
	files := t.TempDir()
	for _, name := range []string{"OUTPUT", "ENV", "PATH", "STATE", "STEP_SUMMARY"} {
		env["GITHUB_"+name] = filepath.Join(files, name)
		must(t, os.WriteFile(env["GITHUB_"+name], nil, 0o600))
	}
	cmd := exec.Command("node", path)
	cmd.Dir = res.workspace
	for name, v := range env {
		cmd.Env = append(cmd.Env, name+"="+v)
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		res.outcome = "failure"
	} else {
		must(t, err)
	}
	for _, line := range runner.SplitLines(out.String()) {
		if c, ok := runner.ParseCommand(line); ok {
			res.commands = append(res.commands, c)
		}
	}
	for name, to := range map[string]map[string]string{"OUTPUT": res.outputs, "ENV": res.env, "STATE": state} {
		pairs, err := runner.ParsePairs(string(readFile(t, filepath.Join(files, name))))
		must(t, err)
		for _, p := range pairs {
			to[p.Key] = p.Value
		}
	}
	for dir := range strings.SplitSeq(string(readFile(t, filepath.Join(files, "PATH"))), "\n") {
		if dir != "" {
			res.path = append([]string{dir}, res.path...)
		}
	}
	res.summary += string(readFile(t, filepath.Join(files, "STEP_SUMMARY")))
}
