package runner

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/internal/runner/expr"
	"github.com/org/cilock-action/pkg/actionref"
)

// Check says what keeps the action from being run as its author means it:
// refusals, each naming the action and the place, and notices, which do not. It
// runs before anything of the action does, and looks at every action that is
// reached, those of the workspace as far as they are there already.
func (p Program) Check() (refusals []error, notices []string) {
	c := &checker{p: p, known: map[string]looked{}, defaults: map[string][]string{}}
	root := p.Actions[p.Uses]
	for _, in := range root.Manifest.Inputs {
		if in.Required && in.Default == "" && !slices.ContainsFunc(p.Inputs, func(i Pair) bool { return strings.EqualFold(i.Name, in.Name) && i.Value != "" }) {
			c.refuse(root, fmt.Errorf("input %s is required and has no value", in.Name))
		}
	}
	for _, in := range p.Inputs {
		if !root.accepts(in.Name) {
			c.notices = append(c.notices, fmt.Sprintf("input %s is none that %s declares; it declares: %s", in.Name, root.Key, listOr(inputNames(root), "none")))
		}
	}
	c.use(root, p.Inputs, nil)
	return c.refusals, c.notices
}

// accepts reports whether an action has such an input. A container always has two
// more, and one that declares none has all (ActionRunner.cs).
func (a Action) accepts(name string) bool {
	declared := a.Manifest.Inputs
	container := a.Manifest.Runs.Kind() == kindDocker && (declared == nil || strings.EqualFold(name, "args") || strings.EqualFold(name, "entrypoint"))
	return container || slices.ContainsFunc(declared, func(i Input) bool { return strings.EqualFold(i.Name, name) })
}

// checker walks the actions that are reached.
type checker struct {
	p        Program
	refusals []error
	notices  []string
	known    map[string]looked   // what was found below the actions that were looked at
	defaults map[string][]string // of an action: the inputs whose default reads a token that is not there
}

// looked is what is below an action: it may be used thousands of times, and is
// looked at once.
type looked struct {
	steps  int // those of the actions inside counted
	height int // how many actions stand inside each other, itself not counted
}

// maxRefusals bounds what is said of one run.
const maxRefusals = 20

func (c *checker) refuse(a Action, err error) {
	if len(c.refusals) < maxRefusals {
		c.refusals = append(c.refusals, fmt.Errorf("%s: %w", a.Key, err))
	}
}

func inputNames(a Action) (list []string) {
	for _, in := range a.Manifest.Inputs {
		list = append(list, in.Name)
	}
	return list
}

func listOr(list []string, none string) string {
	if len(list) == 0 {
		return none
	}
	return strings.Join(list, ", ")
}

// use looks at an action where it is used: above are the keys of the actions
// around it, given the inputs that it gets.
func (c *checker) use(a Action, given []Pair, above []string) (found looked) {
	if len(c.refusals) >= maxRefusals {
		return found // nothing more is said
	}
	c.defaultsOf(a, given)
	if slices.Contains(above, a.Key) {
		c.refuse(a, fmt.Errorf("it stands inside itself: %s", strings.Join(append(above, a.Key), ", ")))
		return found
	}
	known, ok := c.known[a.Key]
	if len(above)+known.height > MaxDepth {
		c.refuse(a, fmt.Errorf("deeper than %d actions inside each other, where the runner stops", MaxDepth))
		return found
	}
	if ok {
		return known
	}
	problems, notices := c.p.checkOne(a)
	for _, problem := range problems {
		c.refuse(a, problem)
	}
	c.notices = append(c.notices, notices...)
	for _, s := range a.Manifest.Runs.Steps {
		found.steps++
		if s.Uses != "" {
			inner := c.inner(a, s, append(slices.Clone(above), a.Key))
			found.steps += inner.steps
			found.height = max(found.height, inner.height+1)
		}
		if found.steps > maxSteps {
			c.refuse(a, fmt.Errorf("more than %d steps, those of the actions inside counted", maxSteps))
			break
		}
	}
	c.known[a.Key] = found
	return found
}

// defaultsOf refuses the defaults that read a token which is not there, where the
// input is not given.
func (c *checker) defaultsOf(a Action, given []Pair) {
	reads, ok := c.defaults[a.Key]
	if !ok {
		for _, in := range a.Manifest.Inputs {
			if c.readsToken(in.Default, inputDefaultScope()) {
				reads = append(reads, in.Name)
			}
		}
		c.defaults[a.Key] = reads
	}
	if len(reads) == 0 {
		return
	}
	has := map[string]bool{}
	for _, p := range given {
		has[strings.ToLower(p.Name)] = true
	}
	for _, name := range reads {
		if !has[strings.ToLower(name)] {
			c.refuse(a, noToken("the default of input "+name))
		}
	}
}

// inner looks at the action that a step uses.
func (c *checker) inner(a Action, s Step, above []string) (none looked) {
	key, ref, err := KeyOf(a, s.Uses)
	if err != nil {
		c.refuse(a, fmt.Errorf("line %d: %w", s.Line, err))
		return none
	}
	inner, ok := c.p.Actions[key]
	switch {
	case ref.Kind() == actionref.KindDocker:
		inner = ImageAction(key, ref)
	case ref.Kind() == actionref.KindLocal && !ok:
		return none // a step may make it
	case !ok:
		c.refuse(a, fmt.Errorf("line %d: uses %s: its files are not here", s.Line, s.Uses))
		return none
	}
	return c.use(inner, s.With, above)
}

// checkOne looks at one action by itself.
func (p Program) checkOne(a Action) (problems []error, notices []string) {
	c := &checker{p: p}
	runs := a.Manifest.Runs
	switch runs.Kind() {
	case kindNode:
		notices = c.node(a)
	case kindDocker:
		for _, err := range p.checkContainer(a) {
			c.refuse(a, err)
		}
		for i, arg := range append(slices.Clone(runs.Args), values(runs.Env)...) {
			c.template(a, fmt.Sprintf("runs.args or runs.env, number %d", i+1), arg, containerScope())
		}
	}
	if a.Repository == "" && runs.Pre+runs.PreEntrypoint != "" {
		notices = append(notices, a.Key+": pre does not run for an action of the workspace (ActionRunner.cs)")
	}
	for _, in := range a.Manifest.Inputs {
		c.template(a, "default of input "+in.Name, in.Default, inputDefaultScope())
	}
	for _, o := range a.Manifest.Outputs {
		c.text(a, "output "+o.Name, o.Value, outputScope())
	}
	for _, when := range []Pair{{"runs.pre-if", runs.PreIf}, {"runs.post-if", runs.PostIf}} {
		c.condition(a, when.Name, when.Value)
	}
	for _, s := range runs.Steps {
		c.step(a, s)
	}
	if why := needsRuntime(a); why != "" && !p.Runtime {
		c.refuse(a, errors.New(why))
	}
	return unprefixed(c.refusals), notices
}

// unprefixed takes the action's name off again, which the caller puts there.
func unprefixed(errs []error) []error {
	for i, err := range errs {
		errs[i] = errors.Unwrap(err)
	}
	return errs
}

func values(pairs []Pair) (list []string) {
	for _, p := range pairs {
		list = append(list, p.Value)
	}
	return list
}

// node looks for the files of a Node action and for what they need at run time.
func (c *checker) node(a Action) (notices []string) {
	runs := a.Manifest.Runs
	if c.p.Nodes[runs.Using] == "" {
		c.refuse(a, fmt.Errorf("there is no %s here: neither the runner's own nor one on PATH", runs.Using))
	}
	for _, stage := range []string{stagePre, stageMain, stagePost} {
		if stage != stageMain && runs.entry(stage) == "" {
			continue
		}
		path, err := a.file(runs.entry(stage))
		if err != nil {
			c.refuse(a, fmt.Errorf("runs.%s: %w", stage, err))
			continue
		}
		src, err := filetree.ReadRegular(path, maxEntry)
		if err == nil && !c.p.Runtime && len(notices) == 0 && bytes.Contains(src, []byte("ACTIONS_RUNTIME_TOKEN")) {
			notices = append(notices, fmt.Sprintf("%s can use the runner's cache and artifact service, for which a step has no token: what needs them will not work (see docs/wrap.md)", a.Key))
		}
	}
	return notices
}

// maxEntry bounds how much of a Node action's file is searched, in bytes.
const maxEntry = 64 << 20

// needsRuntime names the actions that are nothing without the runner's own
// services. The token for them is given to actions and not to steps
// (runner, HandlerFactory.cs), and we are a step.
func needsRuntime(a Action) string {
	switch strings.ToLower(a.Repository) {
	case "actions/cache", "actions/upload-artifact", "actions/download-artifact", "actions/upload-pages-artifact":
		return "it needs the runner's cache and artifact service, for which a wrapped action has no token: use it in a step of its own"
	}
	return ""
}

func (c *checker) step(a Action, s Step) {
	at := func(key string) string { return fmt.Sprintf("line %d: %s", s.Line, key) }
	c.condition(a, at("if"), s.If)
	for _, part := range []Pair{{"run", s.Run}, {"shell", s.Shell}, {"working-directory", s.Dir}, {"continue-on-error", s.ContinueOnError}} {
		c.text(a, at(part.Name), part.Value, stepScope())
	}
	for _, list := range [][]Pair{s.Env, s.With} {
		for _, p := range list {
			c.text(a, at(p.Name), p.Value, stepScope())
		}
	}
	if s.Shell != "" && !strings.Contains(s.Shell, "${{") {
		if _, err := parseShell(s.Shell); err != nil {
			c.refuse(a, fmt.Errorf("line %d: %w", s.Line, err))
		}
	}
}

// text checks a template, and that the token it may ask for is there.
func (c *checker) text(a Action, what, text string, s expr.Scope) {
	c.template(a, what, text, s)
	c.tokenFor(a, what, text, s)
}

func (c *checker) template(a Action, what, text string, s expr.Scope) {
	if _, err := expr.ParseTemplate(text, s); err != nil {
		c.refuse(a, fmt.Errorf("%s: %w", what, err))
	}
}

func (c *checker) condition(a Action, what, text string) {
	if _, err := expr.ParseCondition(text, conditionScope()); err != nil {
		c.refuse(a, fmt.Errorf("%s: %w", what, err))
	}
}

// tokenFor refuses an expression that reads the job's token where there is none:
// it would be empty, and the action would do something else than on the runner.
func (c *checker) tokenFor(a Action, what, text string, s expr.Scope) {
	if c.readsToken(text, s) {
		c.refuse(a, noToken(what))
	}
}

func (c *checker) readsToken(text string, s expr.Scope) bool {
	if c.p.Token != "" {
		return false
	}
	t, err := expr.ParseTemplate(text, s)
	return err == nil && t.Uses("github", "token")
}

func noToken(what string) error {
	return fmt.Errorf("%s reads github.token, and there is none: give the input github-token (outside Actions the variable GITHUB_TOKEN), or the input itself", what)
}
