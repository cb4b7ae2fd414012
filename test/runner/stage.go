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

// pre runs the pre stage: of a composite action, those of what it uses, at any
// depth. A local action has none (ActionManager.cs, PrepareActionsRecursive).
func (x *run) pre(ctx context.Context) {
	if x.call.Ref == "" {
		return
	}
	x.bindInputs()
	if x.m.Runs.composite() {
		for i, s := range x.m.Runs.Steps {
			if s.Uses == "" || strings.HasPrefix(s.Uses, "./") {
				continue
			}
			y := x.innerRun(i, s)
			y.call.Inputs = x.with(s, x.scope(x.githubOf(x.call), x.Runner.env))
			if y.pre(ctx); y.registered {
				x.registered = true
			}
			x.res.merge(y.res.Conclusion)
		}
		return
	}
	if x.m.Runs.pre() != "" && x.condition(x.m.Runs.PreIf) {
		x.register()
		res := x.program(ctx, "pre")
		x.res.merge(res.Outcome)
	}
}

// main runs the main stage.
func (x *run) main(ctx context.Context) {
	x.bindInputs()
	if x.call.Ref == "" && x.m.Runs.pre() != "" {
		x.out.issue("warning", fmt.Sprintf("`pre` execution is not supported for local action from '%s'", x.call.Dir), nil)
	}
	if !x.m.Runs.composite() {
		x.register()
		res := x.program(ctx, "main")
		x.res.ExitCode, x.res.Outputs = res.ExitCode, res.Outputs
		x.res.merge(res.Outcome)
		return
	}
	for i, s := range x.m.Runs.Steps {
		if x.runStep(ctx, i, s); x.broken {
			break
		}
	}
	for name, o := range x.m.Outputs { // also of an action that failed
		v, err := x.scope(x.githubOf(x.call), nil).interpolate(o.Value)
		x.must(err)
		x.res.Outputs[name] = v
	}
}

// register makes a post stage due: when pre or main begins, whichever is first,
// so that an action whose main is never reached still cleans up what its pre did
// (ActionRunner.cs).
func (x *run) register() { x.registered = x.registered || x.m.Runs.post() != "" }

// post runs the post stage: of a composite action, those of its steps that ran,
// from the last to the first. The inputs are those of main.
func (x *run) post(ctx context.Context, all *Result) {
	if !x.registered {
		return
	}
	if x.m.Runs.composite() {
		for _, i := range slices.Backward(slices.Sorted(maps.Keys(x.inner))) {
			x.inner[i].post(ctx, all)
		}
		return
	}
	if !x.condition(x.m.Runs.PostIf) {
		return
	}
	res := x.program(ctx, "post")
	res.Conclusion = res.Outcome
	all.Steps = append(all.Steps, res)
	if all.merge(res.Outcome); res.Outcome != "success" {
		x.status = res.Outcome
	}
}

// condition evaluates pre-if and post-if. They ask about the status of the job,
// and are always() by default.
func (x *run) condition(text string) bool {
	if text == "" {
		text = "always()"
	}
	e := x.scope(x.githubOf(x.call), x.Runner.env)
	e.status = x.Runner.status
	if e.evaluate == nil && text == "always()" {
		return true
	}
	on, err := e.truth(text)
	x.must(err)
	return on
}

// program runs the program of a stage of a node or docker action.
func (x *run) program(ctx context.Context, stage string) StepResult {
	res := newStepResult(x.id)
	github := x.githubOf(x.call)
	github["action"] = x.stepName()
	if x.parent != nil {
		github["action_path"] = x.parent.dir // its own nowhere: CompositeActionHandler.cs sets it for all steps
	}
	x.makeFiles(github)
	env := maps.Clone(x.Runner.env)
	maps.Copy(env, x.call.Env)
	for name, v := range x.state {
		env["STATE_"+name] = v
	}
	h := &handler{output: x.out, setOutput: func(name, value string) { res.Outputs[name] = value }}
	var err error
	if x.m.Runs.docker() {
		res.ExitCode, err = x.docker(ctx, stage, github, env, h)
	} else {
		res.ExitCode, err = x.node(ctx, stage, github, env, h)
	}
	x.ended(ctx, err, github, &res, h)
	maps.Copy(x.state, res.State)
	return res
}

// node runs a stage of a node action (NodeScriptActionHandler.cs). An exit code
// other than 0 fails the step and is not announced: the toolkit does that.
func (x *run) node(ctx context.Context, stage string, github map[string]any, env map[string]string, h *handler) (int, error) {
	script := map[string]string{"pre": x.m.Runs.Pre, "main": x.m.Runs.Main, "post": x.m.Runs.Post}[stage]
	path := filepath.Join(x.dir, filepath.FromSlash(script))
	if _, err := os.Stat(path); err != nil {
		return -1, fmt.Errorf("file not found: '%s'", path)
	}
	for name, v := range x.inputs {
		env[inputName(name)] = toString(v)
	}
	// The real one is among the runner's externals, whatever is on the PATH.
	bin, err := x.which("node")
	x.must(err)
	return x.execute(ctx, &exec.Cmd{Path: bin, Args: []string{bin, path}, Dir: x.Workspace, Env: x.environ(github, env)}, h)
}

// inputName is the variable of an input: only blanks are replaced, so hyphens and
// dots stay (Handler.cs, AddInputsToEnvironment).
func inputName(name string) string {
	return "INPUT_" + strings.ToUpper(strings.ReplaceAll(name, " ", "_"))
}
