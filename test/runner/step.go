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

// runStep runs one step of a composite action (CompositeActionHandler.cs,
// ActionRunner.cs).
func (x *run) runStep(ctx context.Context, index int, s step) {
	res := newStepResult(x.stepID(index, s))
	// The context an env: block sees still has the action's own ref.
	github := x.githubOf(x.call)
	github["action_path"] = x.dir
	github["action_status"] = map[string]string{"success": "Success", "failure": "Failure", "cancelled": "Cancelled"}[x.res.Conclusion]
	env, overrides := maps.Clone(x.Runner.env), maps.Clone(x.call.Env)
	maps.Copy(env, x.call.Env) // wins over what an earlier inner step set (StepEnvironmentOverrides)
	before := x.scope(github, env)
	if overrides == nil {
		overrides = map[string]string{}
	}
	for name, text := range s.Env {
		v, err := before.interpolate(text)
		x.must(err)
		env[name], overrides[name] = v, v
	}
	scope := x.scope(github, env)
	on, err := scope.truth(s.If)
	switch {
	case err != nil: // nothing runs behind it, whatever its condition
		x.out.issue("error", err.Error(), nil)
		res.Outcome, x.broken = "failure", true
	case !on:
		res.Outcome = "skipped"
	case s.Uses != "":
		x.useStep(ctx, index, s, scope, overrides, &res)
	default:
		x.scriptStep(ctx, s, github, env, &res)
	}
	res.Conclusion = res.Outcome
	if res.Outcome == "failure" && s.ContinueOnError != "" {
		v, err := scope.interpolate(s.ContinueOnError)
		x.must(err)
		if v == "true" {
			res.Conclusion = "success"
		}
	}
	x.record(s, res)
}

func newStepResult(id string) StepResult {
	return StepResult{ID: id, Outcome: "success", Outputs: map[string]string{}, State: map[string]string{}}
}

func (x *run) stepID(index int, s step) string {
	name := "__run"
	if s.Uses != "" {
		name, _, _ = strings.Cut(s.Uses, "@")
		name = "__" + strings.ReplaceAll(name, "/", "_")
	}
	switch {
	case s.ID != "":
		return s.ID
	case index > 0:
		return fmt.Sprintf("%s_%d", name, index+1)
	}
	return name
}

// githubOf is the github context of a step that uses an action: a local one has
// no repository and ref.
func (r *Runner) githubOf(c Call) map[string]any {
	github := maps.Clone(r.github)
	github["action_ref"], github["action_repository"] = "", ""
	if c.Ref != "" {
		github["action_ref"], github["action_repository"] = c.Ref, c.Repository
	}
	return github
}

// useStep runs a uses: step. What it used in the pre stage, it uses again.
func (x *run) useStep(ctx context.Context, index int, s step, scope evaluator, env map[string]string, res *StepResult) {
	y := x.innerRun(index, s)
	y.call.Inputs, y.call.Env = x.with(s, scope), env
	if y.main(ctx); y.registered {
		x.registered = true
	}
	res.Outcome, res.ExitCode, res.Outputs = y.res.Conclusion, y.res.ExitCode, y.res.Outputs
}

func (x *run) innerRun(index int, s step) *run {
	if x.inner[index] == nil {
		x.inner[index] = x.use(x.resolve(s.Uses), x.shared, x, x.stepID(index, s))
	}
	return x.inner[index]
}

func (x *run) with(s step, scope evaluator) map[string]string {
	inputs := map[string]string{}
	for name, text := range s.With {
		v, err := scope.interpolate(text)
		x.must(err)
		inputs[name] = v
	}
	return inputs
}

// scriptStep runs a run: step (ScriptHandler.cs).
func (x *run) scriptStep(ctx context.Context, s step, github map[string]any, env map[string]string, res *StepResult) {
	// From here on the ref is gone: a run: step has none of its own.
	github["action"], github["action_ref"], github["action_repository"] = x.stepName(), "", ""
	x.makeFiles(github)
	h := &handler{output: x.out, setOutput: func(name, value string) { res.Outputs[name] = value }}
	var err error
	res.ExitCode, err = x.script(ctx, s, x.scope(github, env), env, x.environ(github, env), h)
	if err == nil && ctx.Err() == nil && res.ExitCode != 0 {
		x.out.issue("error", fmt.Sprintf("Process completed with exit code %d.", res.ExitCode), nil)
	}
	x.ended(ctx, err, github, res, h)
}

// stepName is GITHUB_ACTION: the name of the job's step, for all steps inside of
// it (StepsRunner.cs sets it, CompositeActionHandler.cs leaves it alone).
func (x *run) stepName() string {
	for x.parent != nil {
		x = x.parent
	}
	return x.id
}

func (x *run) makeFiles(github map[string]any) {
	for key, prefix := range fileCommands {
		path := filepath.Join(x.Temp, "_runner_file_commands", prefix+guid())
		x.must(os.WriteFile(path, nil, 0o644))
		github[key] = path
	}
}

// ended finds out how a step's process ended, and reads its files.
func (x *run) ended(ctx context.Context, err error, github map[string]any, res *StepResult, h *handler) {
	switch {
	case ctx.Err() != nil:
		res.Outcome = "cancelled"
		x.out.issue("error", "The operation was canceled.", nil)
	case err != nil:
		res.Outcome = "failure"
		x.out.issue("error", err.Error(), nil)
	case res.ExitCode != 0:
		res.Outcome = "failure"
	}
	x.processFiles(github, res, h)
	if h.failed && res.Outcome == "success" {
		res.Outcome = "failure"
	}
}

// record adds the step to the result and, if it was given an id, to the steps
// context: outputs of other steps go nowhere (ExecutionContext.SetOutput). The
// worst conclusion is the action's.
func (x *run) record(s step, res StepResult) {
	x.res.Steps = append(x.res.Steps, res)
	if res.Outcome != "skipped" {
		x.res.ExitCode = res.ExitCode
		x.res.merge(res.Conclusion)
	}
	if s.ID == "" {
		return
	}
	outputs := map[string]any{}
	for k, v := range res.Outputs {
		outputs[k] = v
	}
	x.steps[s.ID] = map[string]any{"outputs": outputs, "outcome": res.Outcome, "conclusion": res.Conclusion}
}

// merge keeps the worse of two conclusions (TaskResultUtil.MergeTaskResults).
func (r *Result) merge(conclusion string) {
	if conclusion == "cancelled" || conclusion == "failure" && r.Conclusion == "success" {
		r.Conclusion = conclusion
	}
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

// shells are the arguments of the built-in ones, and extensions those of their
// scripts (ScriptHandlerHelpers.cs).
var (
	shells     = map[string]string{"bash": "--noprofile --norc -e -o pipefail {0}", "sh": "-e {0}", "python": "{0}"}
	extensions = map[string]string{"bash": ".sh", "sh": ".sh", "python": ".py"}
)

// script runs the step's script to its end and returns its exit code, 128+n for a
// signal, as .NET has it.
func (x *run) script(ctx context.Context, s step, c evaluator, env map[string]string, environ []string, h *handler) (int, error) {
	var texts [3]string
	for i, text := range []string{s.Run, s.WorkingDirectory, s.Shell} {
		var err error
		if texts[i], err = c.interpolate(text); err != nil {
			return -1, err
		}
	}
	text, dir := texts[0], texts[1]
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(x.Workspace, dir)
	}
	shell, format, _ := strings.Cut(texts[2], " ")
	if format == "" {
		format = shells[shell]
	}
	if !strings.Contains(format, "{0}") {
		x.t.Fatalf("runner: shell %q is not supported", s.Shell)
	}
	bin, err := x.which(shell)
	if err != nil {
		return -1, err
	}
	path := filepath.Join(x.Temp, guid()+extensions[shell])
	x.must(os.WriteFile(path, []byte(text), 0o644))
	x.announce(text, bin+" "+format, env)
	args := splitArgs(strings.ReplaceAll(format, "{0}", path))
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
