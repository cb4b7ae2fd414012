package runner

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/org/cilock-action/internal/runner/expr"
	"github.com/org/cilock-action/pkg/actionref"
	"go.yaml.in/yaml/v4"
)

// Manifest is an action.yml as the runner reads it (ActionManifestManager.cs,
// action_yaml.json). Its texts are untrusted, and hold expressions.
type Manifest struct {
	Name    string
	Inputs  []Input // in the order of the file, as are all lists
	Outputs []Pair  // of a composite action alone: names and expressions
	Runs    Runs
}

// Input is one that an action declares.
type Input struct {
	Name       string
	Default    string // a template
	Required   bool   // the runner does not enforce it; Check does
	Deprecated string // what to say to who gives it
}

// Pair is one entry of a mapping.
type Pair struct{ Name, Value string }

// Runs is how an action is run. Which fields have a meaning depends on Using.
type Runs struct {
	Using string // composite, docker, or node and a number; in lower case

	Main, Pre, Post string // of node: paths from the action's folder
	PreIf, PostIf   string // conditions; empty: always()

	Image, Entrypoint, PreEntrypoint, PostEntrypoint string // of docker
	Args                                             []string
	Env                                              []Pair

	Steps []Step // of composite
}

// Step is one of a composite action: Uses or Run.
type Step struct {
	ID, Name        string
	If              string
	ContinueOnError string
	Env, With       []Pair
	Uses            string
	Run, Shell, Dir string
	Line            int
}

// The kinds of actions, as runs.using names them. A number follows node.
const (
	kindComposite = "composite"
	kindDocker    = "docker"
	kindNode      = "node"
)

// Kind is composite, docker or node; empty for what nobody knows.
func (r Runs) Kind() string {
	switch {
	case r.Using == kindComposite, r.Using == kindDocker:
		return r.Using
	case nodePattern.MatchString(r.Using):
		return kindNode
	}
	return ""
}

// NeedsDocker reports whether the action, or a step of it, runs in a container.
func (r Runs) NeedsDocker() bool {
	return r.Kind() == kindDocker || slices.ContainsFunc(r.Steps, func(s Step) bool { return strings.HasPrefix(s.Uses, "docker://") })
}

var (
	nodePattern = regexp.MustCompile(`^node[1-9][0-9]?$`)
	stepID      = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]{0,99}$`) // NameValidation.cs
)

// ContainerManifest stands for the action.yml of a folder that has a Dockerfile
// alone (ActionManager.cs): its inputs are whatever is given.
func ContainerManifest(file string) Manifest {
	return Manifest{Runs: Runs{Using: kindDocker, Image: file}}
}

// ParseManifest reads an action.yml. The errors, joined, are all that is wrong
// with it: what the runner would refuse, and what it would not know how to run.
func ParseManifest(src []byte) (Manifest, error) {
	found := actionref.Find(src)
	var problems []error
	for _, p := range found.Problems {
		problems = append(problems, fmt.Errorf("line %d: %s", p.Line, p.Why))
	}
	if len(problems) > 0 {
		return Manifest{}, errors.Join(problems...)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(src, &doc); err != nil {
		return Manifest{}, fmt.Errorf("read YAML: %w", err)
	}
	if len(doc.Content) == 0 {
		return Manifest{}, errors.New("the file is empty")
	}
	r := &reader{}
	m := r.manifest(doc.Content[0])
	return m, errors.Join(r.problems...)
}

// reader turns nodes into values and keeps what is wrong with them. Anchors and
// repeated keys are not there any more: actionref.Find has refused them.
type reader struct{ problems []error }

// maxProblems bounds what is said of one file.
const maxProblems = 20

func (r *reader) problem(n *yaml.Node, format string, args ...any) {
	if len(r.problems) < maxProblems {
		r.problems = append(r.problems, fmt.Errorf("line %d: "+format, append([]any{n.Line}, args...)...))
	}
}

// each calls do for the entries of a mapping.
func (r *reader) each(n *yaml.Node, what string, do func(key string, keyAt, value *yaml.Node)) {
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" {
		return
	}
	if n.Kind != yaml.MappingNode {
		r.problem(n, "%s: expected a mapping", what)
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		do(n.Content[i].Value, n.Content[i], n.Content[i+1])
	}
}

// text is a scalar as the runner makes text of it: numbers and booleans lose the
// way in which they were written.
func (r *reader) text(n *yaml.Node, what string) string {
	if n.Kind != yaml.ScalarNode {
		r.problem(n, "%s: expected text", what)
		return ""
	}
	var value any
	switch n.ShortTag() {
	case "!!null":
		return ""
	case "!!bool":
		return strings.ToLower(n.Value)
	case "!!int", "!!float":
		var f float64
		if err := n.Decode(&f); err != nil {
			return n.Value
		}
		value = f
	default:
		return n.Value
	}
	return expr.Text(value)
}

func (r *reader) boolean(n *yaml.Node, what string) bool {
	switch text := r.text(n, what); strings.ToLower(text) {
	case "true":
		return true
	case "false", "":
		return false
	default:
		r.problem(n, "%s is %q, expected true or false", what, text)
		return false
	}
}

func (r *reader) pairs(n *yaml.Node, what string) []Pair {
	var pairs []Pair
	r.each(n, what, func(key string, _, value *yaml.Node) {
		pairs = append(pairs, Pair{key, r.text(value, what+"."+key)})
	})
	return pairs
}

func (r *reader) manifest(n *yaml.Node) (m Manifest) {
	runs := false
	r.each(n, "the file", func(key string, _, value *yaml.Node) {
		switch key {
		case "name":
			m.Name = r.text(value, key)
		case "inputs":
			r.each(value, key, func(name string, _, value *yaml.Node) { m.Inputs = append(m.Inputs, r.input(name, value)) })
		case "outputs":
			r.each(value, key, func(name string, _, value *yaml.Node) {
				r.each(value, "outputs."+name, func(key string, _, value *yaml.Node) {
					if key == "value" {
						m.Outputs = append(m.Outputs, Pair{name, r.text(value, "outputs."+name)})
					}
				})
			})
		case "runs":
			runs = true
			m.Runs = r.runs(value)
		}
	})
	if !runs {
		r.problem(n, "there is no runs: the file says nothing about how to run the action")
	}
	return m
}

func (r *reader) input(name string, n *yaml.Node) Input {
	in := Input{Name: name}
	r.each(n, "inputs."+name, func(key string, _, value *yaml.Node) {
		switch key {
		case "default":
			in.Default = r.text(value, "default of "+name)
		case "required":
			in.Required = r.boolean(value, "required of "+name)
		case "deprecationMessage":
			in.Deprecated = r.text(value, key)
		}
	})
	return in
}

// runs reads the one part of the file in which an unknown key is an error:
// who writes it expects that it is done.
func (r *reader) runs(n *yaml.Node) (out Runs) {
	texts := map[string]*string{
		"using": &out.Using, "main": &out.Main, "pre": &out.Pre, "post": &out.Post, "pre-if": &out.PreIf, "post-if": &out.PostIf,
		"image": &out.Image, "entrypoint": &out.Entrypoint, "pre-entrypoint": &out.PreEntrypoint, "post-entrypoint": &out.PostEntrypoint,
	}
	given := map[string]*yaml.Node{}
	r.each(n, "runs", func(key string, at, value *yaml.Node) {
		given[key] = at
		switch {
		case texts[key] != nil:
			*texts[key] = r.text(value, "runs."+key)
		case key == "args":
			out.Args = r.list(value, "runs.args")
		case key == "env":
			out.Env = r.pairs(value, "runs.env")
		case key == "steps":
			out.Steps = r.steps(value)
		default:
			r.problem(at, "runs.%s is not known", key)
		}
	})
	written := out.Using
	out.Using = strings.ToLower(strings.TrimSpace(out.Using))
	r.belongs(n, out, written, given)
	return out
}

// keysOf are the keys of runs that have a meaning for a kind, the required ones
// first, up to the count.
func keysOf(kind string) (keys []string, required int) {
	switch kind {
	case kindComposite:
		return []string{"steps"}, 1
	case kindDocker:
		return []string{"image", "args", "env", "entrypoint", "pre-entrypoint", "pre-if", "post-entrypoint", "post-if"}, 1
	}
	return []string{"main", "pre", "pre-if", "post", "post-if"}, 1
}

func (r *reader) belongs(n *yaml.Node, runs Runs, written string, given map[string]*yaml.Node) {
	kind := runs.Kind()
	if kind == "" {
		r.problem(n, "runs.using is %q, expected composite, docker, or node and a number", written)
		return
	}
	keys, required := keysOf(kind)
	for _, key := range keys[:required] {
		if given[key] == nil {
			r.problem(n, "runs.%s is missing, which using: %s needs", key, written)
		}
	}
	for _, when := range []struct{ key, value string }{{"pre-if", runs.PreIf}, {"post-if", runs.PostIf}} {
		if strings.Contains(when.value, "${{") { // action_yaml.json has no context for them
			r.problem(given[when.key], "runs.%s is a condition as it stands: ${{ }} is not allowed there", when.key)
		}
	}
	for key, at := range given {
		if key != "using" && !slices.Contains(keys, key) {
			r.problem(at, "runs.%s has no meaning with using: %s", key, written)
		}
	}
}

// list keeps empty texts: an empty argument is one.
func (r *reader) list(n *yaml.Node, what string) []string {
	if n.Kind != yaml.SequenceNode {
		r.problem(n, "%s: expected a list", what)
		return nil
	}
	list := make([]string, 0, len(n.Content))
	for _, item := range n.Content {
		list = append(list, r.text(item, what))
	}
	return list
}

func (r *reader) steps(n *yaml.Node) []Step {
	if n.Kind != yaml.SequenceNode {
		r.problem(n, "runs.steps: expected a list")
		return nil
	}
	ids := map[string]bool{}
	steps := make([]Step, 0, len(n.Content))
	for _, item := range n.Content {
		s := r.step(item)
		if id := strings.ToLower(s.ID); id != "" {
			switch {
			case !stepID.MatchString(id) || strings.HasPrefix(id, "__"):
				r.problem(item, "id %q: expected a letter or _, then letters, digits, - and _, not beginning with __", s.ID)
			case ids[id]:
				r.problem(item, "id %q stands for two steps", s.ID)
			}
			ids[id] = true
		}
		steps = append(steps, s)
	}
	return steps
}

func (r *reader) step(n *yaml.Node) Step {
	s := Step{Line: n.Line}
	texts := map[string]*string{
		"id": &s.ID, "name": &s.Name, "if": &s.If, "continue-on-error": &s.ContinueOnError,
		"uses": &s.Uses, "run": &s.Run, "shell": &s.Shell, "working-directory": &s.Dir,
	}
	given := map[string]bool{}
	r.each(n, "a step", func(key string, at, value *yaml.Node) {
		given[key] = true
		switch {
		case texts[key] != nil:
			*texts[key] = r.text(value, key)
		case key == "env":
			s.Env = r.pairs(value, key)
		case key == "with":
			s.With = r.pairs(value, key)
		default:
			r.problem(at, "%s of a step is not known", key)
		}
	})
	s.Uses = strings.TrimSpace(s.Uses)
	switch {
	case given["run"] == given["uses"]:
		r.problem(n, "a step has one of run and uses")
	case given["run"] && s.Shell == "":
		r.problem(n, "a run step of an action needs a shell")
	case given["run"] && given["with"], given["uses"] && (given["shell"] || given["working-directory"]):
		r.problem(n, "with belongs to uses; shell and working-directory to run")
	}
	return s
}
