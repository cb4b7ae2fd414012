package runner

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"github.com/org/cilock-action/internal/runner/expr"
)

// MaxDepth is how deep actions may stand inside each other
// (Constants.cs, CompositeActionsMaxDepth).
const MaxDepth = 9

// composite runs the steps of a composite action (CompositeActionHandler.cs) and
// returns its outputs, those it declares and no other, also when a step failed.
func (j *job) composite(u *use) ended {
	s := &scope{use: u, inputs: u.inputs, steps: &expr.Object{}, status: success}
	for i, step := range u.action.Manifest.Runs.Steps {
		if j.children.wasCancelled() {
			s.status, j.status = cancelled, cancelled
		}
		if !j.step(s, i, step) {
			break
		}
	}
	outputs, err := j.declared(s)
	if err != nil {
		j.say(u.label + ": " + err.Error())
		j.record(u, stageMain, failure, 1, err)
		s.failed(1)
	}
	return ended{outputs: outputs, outcome: s.status, exit: s.exit}
}

// declared are the outputs of a composite action: all, or none if one of them
// cannot be evaluated.
func (j *job) declared(s *scope) (map[string]string, error) {
	outputs := map[string]string{}
	env := j.environment(s, j.githubOf(s.use, s.use.action), s.use.env, nil)
	for _, o := range s.use.action.Manifest.Outputs {
		text, err := template(o.Value, outputScope(), env)
		if err != nil {
			return nil, fmt.Errorf("output %s: %w", o.Name, err)
		}
		outputs[o.Name] = text
	}
	return outputs, nil
}

// failed notes that a step failed the action. The first one's exit code counts.
func (s *scope) failed(exit int) {
	if s.status == success {
		s.status, s.exit = failure, max(exit, 1)
	}
}

// step runs one step of a composite action and puts what became of it into the
// steps context. It reports whether the next may run. To GITHUB_ACTION all steps
// are the outermost action, whose name they have.
func (j *job) step(s *scope, index int, step Step) bool {
	label := fmt.Sprintf("%s: step %d of %d", s.use.label, index+1, len(s.use.action.Manifest.Runs.Steps))
	if title := strings.TrimSpace(step.Name); title != "" && !strings.Contains(title, "${{") {
		label += ", " + title
	}
	u := &use{action: s.use.action, name: s.use.name, label: label, within: s.use.action.dir(), around: s.status, depth: s.use.depth, state: map[string]string{}}
	e := j.attempt(s, u, index, step)
	conclusion := e.outcome
	if e.outcome == failure && step.ContinueOnError != "" {
		on, err := j.continues(s, u, step)
		switch {
		case err != nil:
			j.record(u, stageMain, failure, 1, fmt.Errorf("continue-on-error: %w", err))
		case on:
			conclusion = success
		}
	}
	if step.ID != "" {
		s.steps.Set(step.ID, stepContext(e.outputs, e.outcome, conclusion))
	}
	switch conclusion {
	case failure:
		s.failed(e.exit)
	case cancelled:
		if s.status != cancelled || s.exit == 0 {
			s.status, s.exit = cancelled, e.exit
		}
	}
	return !e.last
}

func stepContext(outputs map[string]string, outcome, conclusion string) *expr.Object {
	o := &expr.Object{}
	o.Set("outputs", objectOf(outputs))
	o.Set("outcome", outcome)
	o.Set("conclusion", conclusion)
	return o
}

func (j *job) continues(s *scope, u *use, step Step) (bool, error) {
	t, err := expr.ParseTemplate(step.ContinueOnError, stepScope())
	if err != nil {
		return false, err
	}
	v, err := t.Eval(j.environment(s, j.githubOf(u, Action{}), u.env, nil))
	if err != nil {
		return false, err
	}
	switch text := expr.Text(v); {
	case strings.EqualFold(text, "true"):
		return true, nil
	case strings.EqualFold(text, "false"):
		return false, nil
	}
	return false, errors.New("it is neither true nor false") // the value may be a secret
}

// attempt evaluates a step's env and condition, in this order, and runs it.
func (j *job) attempt(s *scope, u *use, index int, step Step) ended {
	fails := func(err error) ended {
		j.say(u.label + ": " + err.Error())
		j.record(u, stageMain, failure, 1, err)
		return failed(1)
	}
	env, err := j.stepEnv(s, step)
	if err != nil {
		return fails(err)
	}
	u.env = env
	u.late = j.children.wasCancelled()
	on, err := condition(step.If, j.environment(s, j.outer(s), env, j.statusOf(s.status)))
	if err != nil {
		e := fails(fmt.Errorf("if: %w", err))
		e.last = true
		return e
	}
	if !on {
		j.record(u, stageMain, skipped, 0, nil)
		return ended{outcome: skipped}
	}
	if step.Uses == "" {
		j.say(u.label)
		return j.process(u, stageMain, Action{}, func(github *expr.Object, says *commandReader) (int, error) {
			return j.script(s, u, step, github, says)
		})
	}
	inner, err := j.innerUse(s, index, step, u)
	if err != nil {
		return fails(err)
	}
	if err := j.enter(s, inner, step); err != nil {
		return fails(err)
	}
	return j.main(inner)
}

// stepEnv is the env of a step: that of the steps around it, which goes before
// what GITHUB_ENV says, and its own (CompositeActionHandler.cs).
func (j *job) stepEnv(s *scope, step Step) (map[string]string, error) {
	env := maps.Clone(s.use.env)
	if env == nil {
		env = map[string]string{}
	}
	seen := j.environment(s, j.outer(s), s.use.env, nil)
	for _, p := range step.Env {
		text, err := template(p.Value, stepScope(), seen)
		if err != nil {
			return nil, fmt.Errorf("env %s: %w", p.Name, err)
		}
		env[p.Name] = text
	}
	return env, nil
}

// innerUse is the use of an action that a step is. Those of other repositories
// were made before the first step ran; one of the workspace is read when it is
// its turn, as a step before may have made it.
func (j *job) innerUse(s *scope, index int, step Step, u *use) (*use, error) {
	if s.use.inner == nil {
		s.use.inner = make([]*use, len(s.use.action.Manifest.Runs.Steps))
	}
	inner := s.use.inner[index]
	if inner == nil {
		var err error
		if inner, err = j.makeUse(s.use.action, step, u.name, s.use.depth+1, u.label); err != nil {
			return nil, err
		}
		s.use.inner[index] = inner
	}
	inner.label, inner.within, inner.around, inner.env, inner.late = u.label, u.within, u.around, u.env, u.late
	return inner, nil
}

// enter evaluates what a step gives to its action.
func (j *job) enter(s *scope, inner *use, step Step) error {
	if inner.env == nil {
		env, err := j.stepEnv(s, step)
		if err != nil {
			return err
		}
		inner.env = env
	}
	seen := j.environment(s, j.githubOf(inner, inner.action), inner.env, nil)
	var given []Pair
	for _, p := range step.With {
		text, err := template(p.Value, stepScope(), seen)
		if err != nil {
			return fmt.Errorf("with %s: %w", p.Name, err)
		}
		given = append(given, Pair{p.Name, text})
	}
	return j.bind(inner, given)
}

// main runs the main stage of an action.
func (j *job) main(u *use) ended {
	u.ran = true
	if u.action.Manifest.Runs.Kind() == kindComposite {
		return j.composite(u)
	}
	j.say(u.label)
	return j.leaf(u, stageMain)
}

// script starts the script of a run step (ScriptHandler.cs).
func (j *job) script(s *scope, u *use, step Step, github *expr.Object, says *commandReader) (exit int, err error) {
	seen := j.environment(s, github, u.env, nil)
	var text, shellText, dir string
	for _, part := range []struct {
		name, from string
		to         *string
	}{{"run", step.Run, &text}, {"shell", step.Shell, &shellText}, {"working-directory", step.Dir, &dir}} {
		if *part.to, err = template(part.from, stepScope(), seen); err != nil {
			return 1, fmt.Errorf("%s: %w", part.name, err)
		}
	}
	sh, err := parseShell(shellText)
	if err != nil {
		return 1, err
	}
	env := maps.Clone(j.env)
	maps.Copy(env, u.env)
	environ := j.environ(env, github)
	program, err := which(sh.program, j.withPath(j.base["PATH"])) // not the PATH that a step sets (WhichUtil.cs)
	if err != nil {
		return notFound, err
	}
	script, err := sh.writeScript(j.prog.Temp, text)
	if err != nil {
		return cannotStart, err
	}
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(j.prog.Workspace, dir)
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return 1, fmt.Errorf("working-directory %s: there is no such folder", dir)
	}
	args, err := sh.arguments(script)
	if err != nil {
		return 1, err
	}
	return j.children.run(process{path: program, args: args, env: environ, dir: dir, says: says, late: u.late})
}

func valueOf(environ []string, name string) string {
	for _, kv := range environ {
		if k, v, ok := strings.Cut(kv, "="); ok && k == name {
			return v
		}
	}
	return ""
}
