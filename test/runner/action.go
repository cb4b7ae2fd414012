package runner

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Call is a step that uses an action.
type Call struct {
	ID         string            // of the step; default what the runner makes of Repository
	Dir        string            // where the files of the action's repository are
	Repository string            // OWNER/REPO in uses:; default octo-org/action
	Path       string            // behind it in uses:, the action's folder in the repository
	Ref        string            // behind the @ in uses:; empty is a local action (./), which runs in Dir itself
	Inputs     map[string]string // with:
	Env        map[string]string // env: of the step
}

// Result is what the runner knows when the step is complete.
type Result struct {
	Conclusion  string // success, failure or cancelled
	ExitCode    int    // of the last process that ran
	Outputs     map[string]string
	Env         map[string]string // what was set for later steps
	Path        []string          // what was put before PATH for later steps, last first
	Summary     string            // masked; of all inner steps, in order
	Commands    []Command         // all that were obeyed, in order
	Annotations []Annotation
	Log         string // masked
	Steps       []StepResult
}

// StepResult is one inner step; one that if: skipped has no outputs.
type StepResult struct {
	ID         string // as given, or generated with "__" in front
	Outcome    string // success, failure, cancelled or skipped
	Conclusion string // the same, after continue-on-error
	ExitCode   int
	Outputs    map[string]string
	State      map[string]string
}

// run is one use of an action, through its stages.
type run struct {
	*Runner
	*shared
	call       Call
	id         string // of the step that uses it
	m          *manifest
	dir        string // GITHUB_ACTION_PATH of what a composite action runs
	parent     *run   // the composite action that uses it, or nil
	inputs     map[string]any
	steps      map[string]any    // the steps context of a composite action
	state      map[string]string // what STATE_* will say
	inner      map[int]*run      // of a composite action, by the index of the step
	registered bool              // its post stage is to run
	broken     bool              // a condition could not be evaluated: no step runs any more
	res        *Result
}

// shared is what the runs of one step of the job have in common.
type shared struct {
	out   *output
	total *Result // has Env and Summary of all
}

// RunAction runs an action as one step of the job, until its main stage is done
// or ctx ends, which is the job's cancellation. Its pre stage runs before: at the
// start of the job on the real runner.
func (r *Runner) RunAction(ctx context.Context, c Call) *Result {
	r.t.Helper()
	if c.Repository == "" {
		c.Repository = "octo-org/action"
	}
	x := r.use(c, r.newShared(), nil, cmp.Or(c.ID, "__"+strings.ReplaceAll(c.Repository, "/", "_")))
	x.total = x.res
	x.pre(ctx)
	if x.res.Conclusion == "success" {
		x.main(ctx)
	}
	if x.res.Conclusion != "success" {
		r.status = x.res.Conclusion
	}
	if x.registered {
		r.posts = append(r.posts, x)
	}
	r.complete(x.res, x.out)
	return x.res
}

// Finish runs the post stages of the job's steps, the last one first. They are
// the Steps of what it returns.
func (r *Runner) Finish(ctx context.Context) *Result {
	r.t.Helper()
	all := r.newShared()
	all.total = newResult()
	for i := len(r.posts) - 1; i >= 0; i-- {
		x := r.posts[i]
		*x.shared = *all
		x.post(ctx, all.total)
	}
	r.posts = nil
	r.complete(all.total, all.out)
	return all.total
}

func newResult() *Result {
	return &Result{Conclusion: "success", Outputs: map[string]string{}, Env: map[string]string{}}
}

func (r *Runner) newShared() *shared {
	return &shared{out: &output{workspace: r.Workspace, masks: r.masks, tee: r.o.Log}}
}

func (r *Runner) complete(res *Result, out *output) {
	for i := len(r.prepend) - 1; i >= 0; i-- {
		res.Path = append(res.Path, r.prepend[i])
	}
	res.Commands, res.Annotations, res.Log = out.commands, out.annotations(), out.log.String()
}

// use makes ready what a step uses.
func (r *Runner) use(c Call, s *shared, parent *run, id string) *run {
	x := &run{
		Runner: r, shared: s, call: c, id: id, parent: parent, res: newResult(),
		steps: map[string]any{}, state: map[string]string{}, inner: map[int]*run{},
	}
	x.dir = filepath.Join(r.download(c), filepath.FromSlash(c.Path))
	var err error
	x.m, err = readManifest(x.dir)
	r.must(err)
	return x
}

// resolve reads a uses: inside of x. Behind ./ is a folder of the workspace, also
// in the action of another repository; behind $/ one of the repository that the
// action is in.
func (x *run) resolve(uses string) Call {
	if path, ok := strings.CutPrefix(uses, "./"); ok {
		return Call{Dir: filepath.Join(x.Workspace, filepath.FromSlash(path)), Repository: toString(x.github["repository"])}
	}
	if path, ok := strings.CutPrefix(uses, "$/"); ok {
		return Call{Dir: x.call.Dir, Repository: x.call.Repository, Path: path, Ref: x.call.Ref}
	}
	name, ref, ok := strings.Cut(uses, "@")
	parts := strings.SplitN(name, "/", 3)
	if !ok || len(parts) < 2 {
		x.t.Fatalf("runner: uses: %s is not supported", uses)
	}
	c := Call{Repository: parts[0] + "/" + parts[1], Ref: ref}
	if len(parts) == 3 {
		c.Path = parts[2]
	}
	if c.Dir, ok = x.o.Actions[c.Repository+"@"+ref]; !ok {
		x.t.Fatalf("runner: there is no action %s@%s", c.Repository, ref)
	}
	return c
}

// download puts the repository where the runner unpacks it, _actions/OWNER/REPO/REF
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
			none := map[string]any{}
			v, err := x.evaluator(x.expressionContexts(x.github, none, none, none)).interpolate(in.Default)
			x.must(err)
			x.inputs[name] = v
		}
	}
}

func declared(m *manifest, name string) bool {
	if m.Runs.docker() && (strings.EqualFold(name, "args") || strings.EqualFold(name, "entrypoint")) {
		return true
	}
	for n := range m.Inputs {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}

// scope is what the expressions of a composite action's steps see.
func (x *run) scope(github map[string]any, env map[string]string) evaluator {
	e := map[string]any{}
	for k, v := range env {
		e[k] = v
	}
	return x.evaluator(x.expressionContexts(github, x.inputs, x.steps, e))
}

// evaluator asks about the status of the action itself: main stages do
// (SuccessFunction.cs).
func (x *run) evaluator(c contexts) evaluator {
	return evaluator{contexts: c, status: x.res.Conclusion, evaluate: x.o.Evaluate}
}
