package runner

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// fileCommands are the files a step gets: key of the github context and name
// (FileCommandManager.cs). A GUID follows the name, a new one for every step.
var fileCommands = map[string]string{
	"path": "add_path_", "env": "set_env_", "step_summary": "step_summary_", "state": "save_state_", "output": "set_output_",
}

// runStep runs one run: step (CompositeActionHandler.cs, ActionRunner.cs,
// ScriptHandler.cs).
func (x *run) runStep(ctx context.Context, index int, s step) {
	res := StepResult{ID: s.ID, Outcome: "success", Outputs: map[string]string{}, State: map[string]string{}}
	if res.ID == "" {
		res.ID = "__run"
		if index > 0 {
			res.ID = fmt.Sprintf("__run_%d", index+1)
		}
	}
	// The context an env: block sees still has the action's own ref.
	github := maps.Clone(x.github)
	github["action_path"] = x.dir
	if x.call.Ref != "" {
		github["action_ref"], github["action_repository"] = x.call.Ref, x.call.Repository
	}
	env := maps.Clone(x.Runner.env)
	maps.Copy(env, x.call.Env) // wins over what an earlier inner step set (StepEnvironmentOverrides)
	before := x.contexts(github, env)
	for name, text := range s.Env {
		v, err := before.interpolate(text)
		x.must(err)
		env[name] = v
	}
	on, err := x.contexts(github, env).truth(s.If)
	x.must(err)
	if !on {
		res.Outcome = "skipped"
		x.record(s, res)
		return
	}
	// From here on the ref is gone: a run: step has none of its own.
	github["action"], github["action_ref"], github["action_repository"] = res.ID, "", ""
	for key, prefix := range fileCommands {
		path := filepath.Join(x.Temp, "_runner_file_commands", prefix+guid())
		x.must(os.WriteFile(path, nil, 0o644))
		github[key] = path
	}
	h := &handler{output: x.out, setOutput: func(name, value string) { res.Outputs[name] = value }}
	res.ExitCode, err = x.script(ctx, s, x.contexts(github, env), env, x.environ(github, env), h)
	if ctx.Err() != nil {
		res.Outcome = "cancelled"
		x.out.issue("error", "The operation was canceled.", nil)
	} else if err != nil {
		res.Outcome = "failure"
		x.out.issue("error", err.Error(), nil)
	} else if res.ExitCode != 0 {
		res.Outcome = "failure"
		x.out.issue("error", fmt.Sprintf("Process completed with exit code %d.", res.ExitCode), nil)
	}
	x.processFiles(github, &res, h)
	if h.failed && res.Outcome == "success" {
		res.Outcome = "failure"
	}
	x.record(s, res)
}

// record adds the step to the result and, if it was given an id, to the steps
// context: outputs of other steps go nowhere (ExecutionContext.SetOutput).
func (x *run) record(s step, res StepResult) {
	x.res.Steps = append(x.res.Steps, res)
	if res.Outcome != "skipped" {
		x.res.ExitCode = res.ExitCode
		x.res.Conclusion = res.Outcome
	}
	if s.ID == "" {
		return
	}
	outputs := map[string]any{}
	for k, v := range res.Outputs {
		outputs[k] = v
	}
	x.steps[s.ID] = map[string]any{"outputs": outputs, "outcome": res.Outcome, "conclusion": res.Outcome}
}

// environ is the whole environment of a script: the machine's, the env context,
// then the contexts' variables, which overwrite (ScriptHandler.cs). There are no
// INPUT_* in it and no token; the two ACTIONS_ID_TOKEN_* only when granted.
func (x *run) environ(github map[string]any, env map[string]string) []string {
	all := map[string]string{
		"PATH": x.o.PATH, "HOME": x.Home, "LANG": "C.UTF-8", "USER": "runner", "RUNNER_TRACKING_ID": x.trackingID,
	}
	maps.Copy(all, env)
	if len(x.prepend) > 0 {
		dirs := slices.Clone(x.prepend)
		slices.Reverse(dirs)
		all["PATH"] = strings.Join(dirs, string(filepath.ListSeparator)) + string(filepath.ListSeparator) + all["PATH"]
	}
	for _, key := range exposed {
		all["GITHUB_"+strings.ToUpper(key)] = toString(github[key])
	}
	for key, v := range x.runner {
		all["RUNNER_"+strings.ToUpper(key)] = toString(v)
	}
	if x.issuer != nil {
		all["ACTIONS_ID_TOKEN_REQUEST_URL"] = x.issuer.requestURL
		all["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = x.issuer.requestToken
	}
	all["GITHUB_ACTIONS"] = "true" // ProcessInvoker.cs, as is CI
	if _, set := all["CI"]; !set {
		all["CI"] = "true"
	}
	var list []string
	for _, k := range slices.Sorted(maps.Keys(all)) {
		list = append(list, k+"="+all[k])
	}
	return list
}

// shells are the arguments of the built-in ones (ScriptHandlerHelpers.cs).
var shells = map[string]string{"bash": "--noprofile --norc -e -o pipefail {0}", "sh": "-e {0}"}

// script runs the step's script to its end and returns its exit code, 128+n for a
// signal, as .NET has it.
func (x *run) script(ctx context.Context, s step, c contexts, env map[string]string, environ []string, h *handler) (int, error) {
	text, err := c.interpolate(s.Run)
	x.must(err)
	dir, err := c.interpolate(s.WorkingDirectory)
	x.must(err)
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(x.Workspace, dir)
	}
	shell, format, _ := strings.Cut(s.Shell, " ")
	if format == "" {
		format = shells[shell]
	}
	if !strings.Contains(format, "{0}") {
		x.t.Fatalf("runner: shell %q is not supported", s.Shell)
	}
	bin, err := x.which(shell)
	x.must(err)
	ext := ""
	if shells[shell] != "" {
		ext = ".sh"
	}
	path := filepath.Join(x.Temp, guid()+ext)
	x.must(os.WriteFile(path, []byte(text), 0o644))
	x.announce(text, bin+" "+format, env)
	args := strings.Fields(format)
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "{0}", path)
	}
	return x.execute(ctx, &exec.Cmd{Path: bin, Args: append([]string{bin}, args...), Dir: dir, Env: environ}, h)
}

// announce logs what the runner logs before a script; it is not parsed.
func (x *run) announce(text, shell string, env map[string]string) {
	first, _, _ := strings.Cut(strings.TrimLeft(text, " \t\r\n"), "\n")
	x.out.print("##[group]Run " + first)
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		x.out.print("\x1b[36;1m" + line + "\x1b[0m")
	}
	x.out.print("shell: " + shell)
	if len(env) > 0 {
		x.out.print("env:")
		for _, name := range slices.Sorted(maps.Keys(env)) {
			x.out.print("  " + name + ": " + env[name])
		}
	}
	x.out.print("##[endgroup]")
}

// which finds a shell on the job's PATH, never on the test's own.
func (x *run) which(name string) (string, error) {
	dirs := slices.Clone(x.prepend)
	slices.Reverse(dirs)
	for _, dir := range append(dirs, filepath.SplitList(x.o.PATH)...) {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s: command not found", name)
}
