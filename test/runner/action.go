package runner

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Call is a workflow step that uses an action.
type Call struct {
	Dir        string            // where the action's files are
	Repository string            // OWNER/REPO in uses:; default octo-org/action
	Ref        string            // behind the @ in uses:; empty is a local action (./), which runs in Dir itself
	Inputs     map[string]string // with:
	Env        map[string]string // env: of the step
}

// Result is what the runner knows when the step is complete.
type Result struct {
	Conclusion  string // success, failure or cancelled
	ExitCode    int    // of the last script that ran
	Outputs     map[string]string
	Env         map[string]string // what was set for later steps
	Path        []string          // what was put before PATH for later steps, last first
	Summary     string            // masked; of all inner steps, in order
	Commands    []Command         // all that were obeyed, in order
	Annotations []Annotation
	Log         string // masked
	Steps       []StepResult
}

// StepResult is one inner step that ran; one that if: skipped has no outputs.
type StepResult struct {
	ID       string // as given, or generated with "__" in front
	Outcome  string // success, failure, cancelled or skipped
	ExitCode int
	Outputs  map[string]string
	State    map[string]string
}

// run is one execution of a composite action.
type run struct {
	*Runner
	call   Call
	m      *manifest
	dir    string // GITHUB_ACTION_PATH
	inputs map[string]any
	steps  map[string]any // the steps context
	out    *output
	res    *Result
}

// RunAction runs a composite action as one step of the job, until its steps are
// done or ctx ends, which is the job's cancellation.
func (r *Runner) RunAction(ctx context.Context, c Call) *Result {
	r.t.Helper()
	if c.Repository == "" {
		c.Repository = "octo-org/action"
	}
	x := &run{
		Runner: r, call: c, dir: r.download(c), steps: map[string]any{},
		out: &output{workspace: r.Workspace, masks: r.masks, tee: r.o.Log},
		res: &Result{Conclusion: "success", Outputs: map[string]string{}, Env: map[string]string{}},
	}
	var err error
	x.m, err = readManifest(x.dir)
	r.must(err)
	x.bindInputs()
	for i, s := range x.m.Runs.Steps {
		if x.res.Conclusion != "success" {
			break // every condition we accept implies success()
		}
		x.runStep(ctx, i, s)
	}
	for name, o := range x.m.Outputs {
		v, err := x.contexts(x.github, nil).interpolate(o.Value)
		r.must(err)
		x.res.Outputs[name] = v
	}
	for i := len(r.prepend) - 1; i >= 0; i-- {
		x.res.Path = append(x.res.Path, r.prepend[i])
	}
	x.res.Commands = x.out.commands
	x.res.Annotations = x.out.annotations()
	x.res.Log = x.out.log.String()
	return x.res
}

// download puts the action where the runner unpacks it, _actions/OWNER/REPO/REF
// (the REF may have slashes) with the watermark REF.completed beside it, and
// without .git: it comes as an archive (ActionManager.cs).
func (r *Runner) download(c Call) string {
	dir, err := filepath.Abs(c.Dir)
	r.must(err)
	if c.Ref == "" {
		return dir
	}
	to := filepath.Join(r.actions, filepath.FromSlash(c.Repository), filepath.FromSlash(c.Ref))
	if _, err := os.Stat(to + ".completed"); err == nil {
		return to
	}
	r.must(filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if d.Name() == ".git" {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		return copyEntry(path, filepath.Join(to, rel), d)
	}))
	r.must(os.WriteFile(to+".completed", []byte("11/26/2026 10:00:00 AM"), 0o644))
	return to
}

func copyEntry(from, to string, d fs.DirEntry) error {
	info, err := d.Info()
	if err != nil {
		return err
	}
	switch {
	case d.IsDir():
		return os.MkdirAll(to, 0o755)
	case d.Type() == fs.ModeSymlink:
		target, err := os.Readlink(from)
		if err != nil {
			return err
		}
		return os.Symlink(target, to)
	case !d.Type().IsRegular():
		return fmt.Errorf("copy %s: not a file, directory or symbolic link", from)
	}
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, info.Mode().Perm())
}

// bindInputs gives each declared input its value, or its default; undeclared ones
// are passed on with a warning (ActionRunner.cs).
func (x *run) bindInputs() {
	x.inputs = map[string]any{}
	for name, value := range x.call.Inputs {
		x.inputs[name] = value
		if !declared(x.m, name) {
			x.out.issue("warning", fmt.Sprintf("Unexpected input(s) '%s'", name), nil)
		}
	}
	for name, in := range x.m.Inputs {
		if _, given := lookup(x.inputs, name); !given {
			v, err := x.expressionContexts(x.github, map[string]any{}, map[string]any{}, map[string]any{}).interpolate(in.Default)
			x.must(err)
			x.inputs[name] = v
		}
	}
}

func declared(m *manifest, name string) bool {
	for n := range m.Inputs {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}

func (x *run) contexts(github map[string]any, env map[string]string) contexts {
	e := map[string]any{}
	for k, v := range env {
		e[k] = v
	}
	return x.expressionContexts(github, x.inputs, x.steps, e)
}
