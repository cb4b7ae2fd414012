package action

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/org/cilock-action/internal/refs"
	"github.com/org/cilock-action/internal/runner"
	"github.com/org/cilock-action/internal/step"
	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/actionref"
)

// WrapInputs is the action that a run is to wrap instead of a command.
type WrapInputs struct {
	Ref      string        // as in uses:; empty: a command is wrapped
	Inputs   []runner.Pair // its with:
	Env      []runner.Pair // env: of the step
	Dirs     []string      // DIR, or OWNER/REPO=DIR: where actions are, instead of on their server
	Commands string        // pass or block the workflow commands in its output; empty: pass
}

// The words of wrapped-commands.
const (
	passCommands  = "pass"
	blockCommands = "block"
)

// fetchTimeout bounds everything that is fetched before an action can run.
const fetchTimeout = 5 * time.Minute

// wrapped is an action in a plan.
type wrapped struct {
	ref     actionref.Ref
	key     string // of the action: what it is called in program and references
	program runner.Program
	// refused is why the action must not run, in one line: it is what the gate
	// denies, so that there is evidence of it.
	refused string
	found   wrappedRefs
	stdin   *os.File // from which the driver reads the program
	block   bool
}

// variables are the inputs and variables of the action as those of an
// environment: what looks secret by its name is a secret in both.
func (w WrapInputs) variables() (list []string) {
	for _, p := range w.Inputs {
		list = append(list, "INPUT_"+strings.ToUpper(strings.NewReplacer(" ", "_", "-", "_").Replace(p.Name))+"="+p.Value)
	}
	for _, p := range w.Env {
		list = append(list, p.Name+"="+p.Value)
	}
	return list
}

// planWrap puts the action on disk, with all that it uses, and looks at it as
// far as that is possible before it runs. What the caller wrote wrong is misuse;
// what is wrong with the action is refused with evidence.
func planWrap(p *Plan, in Inputs, d Deps) error {
	if in.Wrap.Ref == "" {
		if in.Wrap.Commands == blockCommands {
			return verdict.Misuse("wrapped-commands block has a meaning with an action to wrap only")
		}
		return nil
	}
	w := &wrapped{ref: actionref.Parse(in.Wrap.Ref, actionref.InStep), block: in.Wrap.Commands == blockCommands}
	p.Wrap = w
	dirs, err := w.judgeInputs(in.Wrap)
	if err != nil {
		return err
	}
	if err := w.prepare(p, in.Wrap); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), fetchTimeout)
	defer cancel()
	p.early = untilSignal(ctx, d.Signals, func(ctx context.Context) {
		err = guarded(func() error { return w.reach(ctx, p, in, dirs) })
	})
	if err != nil && !cancels(p.early) {
		// Several errors are a line each: on one line they need something between
		// them. What is cut before it is redacted would not be found.
		w.refused = oneLine(strings.ReplaceAll(p.redact(err.Error()), "\n", "; "), 2000)
	}
	return w.command(p, d)
}

// cancels reports whether one of the signals asks us to stop: then that is why the
// action does not start.
func cancels(signals []os.Signal) bool {
	return slices.ContainsFunc(signals, func(s os.Signal) bool {
		_, ok := step.Cancels(s)
		return ok
	})
}

// judgeInputs refuses what can be seen without the action.
func (w *wrapped) judgeInputs(in WrapInputs) (dirs map[string]string, err error) {
	switch w.ref.Kind() {
	case actionref.KindAction, actionref.KindLocal, actionref.KindDocker:
	default:
		return nil, verdict.Misuse("action %q: expected OWNER/REPO[/PATH]@REF, ./PATH or docker://IMAGE: %s", in.Ref, w.ref.Why())
	}
	switch in.Commands {
	case "", passCommands, blockCommands:
	default:
		return nil, verdict.Misuse("wrapped-commands is %q, expected pass or block", in.Commands)
	}
	for _, list := range [][]runner.Pair{in.Inputs, in.Env} {
		seen := map[string]bool{}
		for _, p := range list {
			name := strings.ToLower(p.Name)
			if name == "" || strings.ContainsAny(name, "=\n\r\x00") || strings.Contains(p.Value, "\x00") {
				return nil, verdict.Misuse("input or variable %q: the name must be plain text without =, and the value without NUL", p.Name)
			}
			if seen[name] {
				return nil, verdict.Misuse("input or variable %q is given twice", p.Name)
			}
			seen[name] = true
		}
	}
	return w.folders(in.Dirs)
}

// folders reads --action-dir: a plain DIR stands for the action's own repository.
func (w *wrapped) folders(list []string) (map[string]string, error) {
	dirs := map[string]string{}
	for _, entry := range list {
		name, dir, ok := strings.Cut(entry, "=")
		if owner, repo, is := strings.Cut(name, "/"); !ok || !is || owner == "" || repo == "" || strings.Contains(repo, "/") || owner == "." || owner == ".." {
			if w.ref.Kind() != actionref.KindAction {
				return nil, verdict.Misuse("action-dir %q: %s is not in a repository of its own", entry, w.ref.Text())
			}
			name, dir = w.ref.Repository(), entry
		}
		info, err := os.Stat(dir)
		if err != nil {
			return nil, verdict.Misuse("action-dir %q: %w", entry, Advised(err))
		}
		if name = strings.ToLower(name); dirs[name] != "" || !info.IsDir() {
			return nil, verdict.Misuse("action-dir %q: expected one folder for %s", entry, name)
		}
		if dir, err = filepath.Abs(dir); err != nil {
			return nil, verdict.Misuse("action-dir %q: %w", entry, Advised(err))
		}
		dirs[name] = dir
	}
	return dirs, nil
}

// prepare fills in the program, less the actions.
func (w *wrapped) prepare(p *Plan, in WrapInputs) error {
	get := getenv(p.OwnEnv)
	w.program = runner.Program{
		Inputs: in.Inputs, Env: in.Env, Actions: map[string]runner.Action{}, Token: refsToken(get),
		Contexts: map[string]string{}, Nodes: map[string]string{},
		Workspace: p.Dir, Temp: p.Scratch, Result: filepath.Join(p.Scratch, "action.jsonl"),
		Runtime: get("ACTIONS_RUNTIME_TOKEN") != "",
	}
	if dir := get("GITHUB_WORKSPACE"); dir != "" {
		w.program.Workspace = dir
	}
	if dir := get("RUNNER_TEMP"); dir != "" {
		w.program.Temp = dir
	}
	for _, name := range []string{"env", "job", "matrix", "strategy"} {
		w.program.Contexts[name] = get(ContextPrefix + strings.ToUpper(name))
	}
	_, ref, err := runner.KeyOf(runner.Action{}, w.ref.Text())
	if err != nil {
		return verdict.Misuse("action: %w", err)
	}
	w.ref = ref
	return nil
}

// command is what is run: this program as the driver. The program that it is to
// run comes through a pipe, since it holds the job's token.
func (w *wrapped) command(p *Plan, d Deps) error {
	self := d.Self
	if self == "" {
		var err error
		if self, err = os.Executable(); err != nil {
			return verdict.Misuse("find this program: %w", err)
		}
	}
	p.Command = []string{self, runner.Verb, w.ref.Text()}
	data, err := json.Marshal(w.program)
	if err != nil {
		return fmt.Errorf("write down what to run: %w", err)
	}
	from, to, err := os.Pipe()
	if err != nil {
		return verdict.Misuse("make a pipe: %w", err)
	}
	w.stdin = from
	go func() { // ends when it is read, or when the plan is closed
		_, _ = to.Write(data)
		to.Close()
	}()
	return nil
}

// close ends what command began.
func (w *wrapped) close() {
	if w != nil && w.stdin != nil {
		w.stdin.Close()
	}
}

// nameOf is the step's name if none was given: the last part of what is wrapped.
func (w WrapInputs) nameOf() string {
	ref := actionref.Parse(w.Ref, actionref.InStep)
	switch ref.Kind() {
	case actionref.KindAction:
		return path.Base(path.Join(ref.Repo(), ref.Path()))
	case actionref.KindDocker:
		name, _, _ := strings.Cut(path.Base(strings.TrimPrefix(ref.Image(), "docker://")), ":")
		return name
	}
	return path.Base(path.Join("action", ref.Path()))
}

// wrappedRefs is what was found out about the action and those inside it.
type wrappedRefs struct {
	references []refs.Reference
	notices    []Notice
	findings   []refs.Finding // about the references
	gaps       []string
	sources    map[string]string // key -> where its files came from
}

var errNoAction = errors.New("there is no action.yml, action.yaml or Dockerfile")
