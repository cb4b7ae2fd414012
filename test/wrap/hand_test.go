package wrap

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/org/cilock-action/test/runner"
)

// hand is how an action is started without any runner: its scripts in the order
// that the documentation gives, and the inputs as it says they are passed.
type hand struct {
	stages []string          // of a node action
	inputs map[string]string // less INPUT_
	steps  []handStep        // of a composite action, those that run
}

// handStep is a run: step of a composite action: the index of the step, what its
// env: comes to, and whether a failure is passed over.
type handStep struct {
	index     int
	env       map[string]string
	tolerated bool
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
		env := res.later(base)
		for name, v := range state {
			env["STATE_"+name] = v
		}
		if !res.stage(t, env, state, "node", filepath.Join(dir, script)) {
			res.outcome = "failure"
		}
	}
	if c.hand.steps != nil {
		base["GITHUB_ACTION_REPOSITORY"], base["GITHUB_ACTION_REF"] = "", ""
		res.composite(t, filepath.Join(dir, subPath(c.uses)), base, c.hand.steps)
	}
	res.seen = readFile(t, seen)
	return res
}

func subPath(uses string) string {
	_, path := splitUses(uses)
	return filepath.FromSlash(path)
}

// later is the environment after the steps so far.
func (r *result) later(base map[string]string) map[string]string {
	env := maps.Clone(base)
	maps.Copy(env, r.env)
	env["PATH"] = strings.Join(append(slices.Clone(r.path), os.Getenv("PATH")), string(filepath.ListSeparator))
	return env
}

// composite starts the scripts of steps, each in a file, with bash as the
// documentation says, and puts their outputs into those of the action.
func (r *result) composite(t *testing.T, dir string, base map[string]string, steps []handStep) {
	t.Helper()
	var m struct {
		Outputs map[string]struct{ Value string }
		Runs    struct{ Steps []struct{ ID, Run string } }
	}
	text, err := os.ReadFile(filepath.Join(dir, "action.yml"))
	must(t, err)
	must(t, yaml.Unmarshal(text, &m))
	var values []string
	for _, s := range steps {
		step := m.Runs.Steps[s.index]
		script := filepath.Join(t.TempDir(), "script.sh")
		must(t, os.WriteFile(script, []byte(step.Run), 0o600))
		env := r.later(base)
		env["GITHUB_ACTION_PATH"] = dir
		maps.Copy(env, s.env)
		inner := &result{workspace: r.workspace, outputs: map[string]string{}, env: r.env, path: r.path}
		ok := inner.stage(t, env, map[string]string{}, "bash", "--noprofile", "--norc", "-e", "-o", "pipefail", script)
		if !ok && !s.tolerated {
			r.outcome = "failure"
		}
		r.path, r.summary, r.commands = inner.path, r.summary+inner.summary, append(r.commands, inner.commands...)
		for name, v := range inner.outputs {
			values = append(values, "${{ steps."+step.ID+".outputs."+name+" }}", v, "${{ steps."+step.ID+".outputs['"+name+"'] }}", v)
		}
	}
	for name, o := range m.Outputs {
		r.outputs[name] = strings.NewReplacer(values...).Replace(o.Value)
	}
}

// stage runs one program, takes over what it left in its files, and reports
// whether it succeeded.
func (r *result) stage(t *testing.T, env, state map[string]string, program string, args ...string) bool {
	t.Helper()
	files := t.TempDir()
	for _, name := range []string{"OUTPUT", "ENV", "PATH", "STATE", "STEP_SUMMARY"} {
		env["GITHUB_"+name] = filepath.Join(files, name)
		must(t, os.WriteFile(env["GITHUB_"+name], nil, 0o600))
	}
	cmd := exec.Command(program, args...)
	cmd.Dir = r.workspace
	for name, v := range env {
		cmd.Env = append(cmd.Env, name+"="+v)
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) {
		must(t, err)
	}
	r.commands = append(r.commands, commandsOf(out.String())...)
	for name, to := range map[string]map[string]string{"OUTPUT": r.outputs, "ENV": r.env, "STATE": state} {
		pairs, err := runner.ParsePairs(string(readFile(t, filepath.Join(files, name))))
		must(t, err)
		for _, p := range pairs {
			to[p.Key] = p.Value
		}
	}
	for dir := range strings.SplitSeq(string(readFile(t, filepath.Join(files, "PATH"))), "\n") {
		if dir != "" {
			r.path = append([]string{dir}, r.path...)
		}
	}
	r.summary += string(readFile(t, filepath.Join(files, "STEP_SUMMARY")))
	return err == nil
}
