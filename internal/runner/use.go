package runner

import (
	"cmp"
	"fmt"
	"maps"

	"github.com/org/cilock-action/internal/runner/expr"
)

// The stages in which an action runs. All pre of what it reaches come first, then
// main, then post, the last one first.
const (
	stagePre  = "pre"
	stageMain = "main"
	stagePost = "post"
)

// use is one use of an action: its three stages share the inputs, the state and,
// for a composite one, the uses of the actions inside.
type use struct {
	action Action
	key    string            // of the action; empty for a script
	name   string            // GITHUB_ACTION
	label  string            // for people
	within string            // folder of the composite action around it, which is its GITHUB_ACTION_PATH; empty: none
	around string            // what became of that action so far: github.action_status
	env    map[string]string // of the step that uses it, and of those around
	inputs *expr.Object      // as they were when it ran last
	state  map[string]string
	ran    bool // its pre or main did: its post will
	late   bool // it was decided that it runs when we had been asked to stop
	inner  []*use
	depth  int
}

// ended is what became of a step or a stage. The exit code is that of the process
// that failed it, or 1 if none did.
type ended struct {
	outputs map[string]string
	outcome string
	exit    int
	last    bool // no step of the action runs after it, whatever its condition
}

func failed(exit int) ended { return ended{outcome: failure, exit: max(exit, 1)} }

// scope is what the steps of a composite action see.
type scope struct {
	use    *use
	inputs *expr.Object
	steps  *expr.Object
	status string
	exit   int // of the step that failed it
}

// githubOf is the github context of a use, before a step has files of its own.
// of is the action whose repository it names; a run step names none.
func (j *job) githubOf(u *use, of Action) *expr.Object {
	ref := of.Ref
	if of.Repository == "" {
		ref = ""
	}
	github := with(j.github, Pair{"action", u.name}, Pair{"action_path", u.within}, Pair{"action_repository", of.Repository}, Pair{"action_ref", ref})
	if u.around != "" {
		github.Set("action_status", u.around)
	}
	return github
}

// outer is the same for what the runner evaluates before a step is entered: its
// env and its condition. They see the outermost action, however deep they stand
// (ExecutionContext.cs: embedded contexts are made of the root's).
func (j *job) outer(s *scope) *expr.Object {
	github := j.githubOf(s.use, j.prog.Actions[j.prog.Uses])
	github.Set("action_path", s.use.action.dir())
	github.Set("action_status", s.status)
	return github
}

// bind gives an action its inputs: what the step gives, and the defaults of the
// rest. What is given and not declared is passed on with a warning (ActionRunner.cs).
func (j *job) bind(u *use, given []Pair) error {
	inputs := &expr.Object{}
	for _, p := range given {
		inputs.Set(p.Name, p.Value)
		if u.depth > 0 && !u.action.accepts(p.Name) { // Check says it of the outermost
			j.notice(fmt.Sprintf("%s: input %s is none that the action declares", u.label, p.Name))
		}
	}
	env := j.environment(nil, j.githubOf(u, u.action), nil, nil)
	for _, in := range u.action.Manifest.Inputs {
		if _, ok := inputs.Get(in.Name); ok {
			if in.Deprecated != "" {
				j.notice(fmt.Sprintf("%s: input %s is deprecated: %s", u.label, in.Name, in.Deprecated))
			}
			continue
		}
		text, err := template(in.Default, inputDefaultScope(), env)
		if err != nil {
			return fmt.Errorf("default of input %s: %w", in.Name, err)
		}
		inputs.Set(in.Name, text)
	}
	u.inputs = inputs
	return nil
}

func template(text string, s expr.Scope, env expr.Environment) (string, error) {
	t, err := expr.ParseTemplate(text, s)
	if err != nil {
		return "", err
	}
	return t.Text(env)
}

func condition(text string, env expr.Environment) (bool, error) {
	e, err := expr.ParseCondition(text, conditionScope())
	if err != nil {
		return false, err
	}
	v, err := e.Eval(env)
	return expr.Truthy(v), err
}

// leaf runs the program of one stage of a Node or Docker action.
func (j *job) leaf(u *use, stage string) ended {
	return j.process(u, stage, u.action, func(github *expr.Object, says *commandReader) (int, error) {
		env := maps.Clone(j.env)
		maps.Copy(env, u.env)
		environ := j.environ(env, github, append(inputVariables(u.inputs), stateVariables(u.state)...)...)
		if u.action.Manifest.Runs.Kind() == kindNode {
			return j.node(u, stage, environ, says)
		}
		return j.container(u, stage, environ, says)
	})
}

// process is what every process of a step has around it: files of its own before,
// and what it asked for in them after.
func (j *job) process(u *use, stage string, of Action, start func(github *expr.Object, says *commandReader) (int, error)) ended {
	f, err := newFiles(j.fileCommands())
	if err != nil {
		j.record(u, stage, failure, cannotStart, err)
		return failed(cannotStart)
	}
	says := newCommandReader()
	exit, err := start(with(j.githubOf(u, of), f.context()...), says)
	outputs, fileErr := j.apply(u, f, says)
	if err == nil {
		err = fileErr
	}
	e := ended{outputs: outputs, outcome: j.outcome(exit, err), exit: exit}
	if e.outcome == failure {
		e.exit = max(exit, 1)
	}
	if err != nil {
		j.say(u.label + ": " + err.Error())
	}
	j.record(u, stage, e.outcome, e.exit, err)
	return e
}

// hasStage reports whether an action has something to do before or after main.
// An action of the workspace has no pre: it need not be there yet.
func (u *use) hasStage(stage string) bool {
	runs := u.action.Manifest.Runs
	switch {
	case runs.Kind() == kindComposite:
		for _, inner := range u.inner {
			if inner != nil && inner.hasStage(stage) {
				return true
			}
		}
		return false
	case stage == stagePre:
		return u.action.Repository != "" && runs.Pre+runs.PreEntrypoint != ""
	}
	return runs.Post+runs.PostEntrypoint != ""
}

// aside runs the pre or post of an action, if its condition holds, which is the
// job's status and not the action's (SuccessFunction.cs).
func (j *job) aside(u *use, stage string) {
	if !u.hasStage(stage) || stage == stagePost && !u.ran {
		return
	}
	if u.action.Manifest.Runs.Kind() == kindComposite {
		j.asideInner(u, stage)
		return
	}
	when := u.action.Manifest.Runs.PreIf
	if stage == stagePost {
		when = u.action.Manifest.Runs.PostIf
	}
	if when == "" {
		when = "always()"
	}
	u.late = j.children.wasCancelled()
	on, err := condition(when, j.environment(&scope{inputs: u.inputs, steps: &expr.Object{}}, j.githubOf(u, u.action), u.env, j.statusOf(j.jobStatus())))
	switch {
	case err != nil:
		j.record(u, stage, failure, 1, fmt.Errorf("%s-if: %w", stage, err))
		j.fail(1)
		return
	case !on:
		j.record(u, stage, skipped, 0, nil)
		return
	}
	u.ran = true
	j.say(u.label + ": " + stage)
	switch e := j.leaf(u, stage); e.outcome {
	case failure:
		j.fail(e.exit)
	case cancelled:
		j.exit = cmp.Or(j.exit, e.exit)
	}
}

// asideInner runs the pre of the actions inside in their order, the post the
// other way round.
func (j *job) asideInner(u *use, stage string) {
	for i := range u.inner {
		inner := u.inner[i]
		if stage == stagePost {
			inner = u.inner[len(u.inner)-1-i]
		}
		if inner == nil {
			continue
		}
		if stage == stagePre {
			if err := j.bindInner(u, inner, i); err != nil {
				j.record(inner, stage, failure, 1, err)
				j.fail(1)
				return
			}
		}
		j.aside(inner, stage)
		u.ran = u.ran || inner.ran
	}
}

// bindInner gives an action inside its inputs before any step has run.
func (j *job) bindInner(u, inner *use, index int) error {
	if !inner.hasStage(stagePre) {
		return nil
	}
	s := &scope{use: u, inputs: u.inputs, steps: &expr.Object{}, status: success}
	return j.enter(s, inner, u.action.Manifest.Runs.Steps[index])
}
