package runner

import (
	"fmt"
	"strings"

	"github.com/org/cilock-action/pkg/actionref"
)

// Program is all that the driver is told. It comes to it through its standard
// input and never lies on the disk: it holds the job's token.
type Program struct {
	Uses    string // key of the action to run
	Inputs  []Pair // as the caller gave them
	Env     []Pair // of the step itself: goes before what the action sets for later steps
	Actions map[string]Action

	Token    string            // github.token; empty: there is none
	Contexts map[string]string // JSON of env, job, matrix and strategy, as far as they are known
	Nodes    map[string]string // program for each runs.using of node: node20 -> path
	Docker   string            // the docker client, or empty

	Runtime bool // the tokens of the runner's cache and artifact service are here

	Workspace, Temp string
	Result          string // file to write records to
}

// Action is one action that is ready to run: its files are on disk and its
// manifest passed Check.
type Action struct {
	Key        string // canonical reference: what it is called in Program.Actions
	Repository string // owner/repo as written; empty: of the workspace
	Ref        string // behind the @, as written
	Root       string // folder of the repository
	Path       string // of the action, below it, with slashes; empty at the root
	Manifest   Manifest
}

// UsesWorkspace reports whether a step uses an action of the workspace, which may
// be any when it is its turn.
func (p Program) UsesWorkspace() bool {
	for _, a := range p.Actions {
		for _, s := range a.Manifest.Runs.Steps {
			if s.Uses != "" && actionref.Parse(s.Uses, actionref.InStep).Kind() == actionref.KindLocal {
				return true
			}
		}
	}
	return false
}

// KeyOf is what a uses: leads to, as the file of an action says it: a key of
// Program.Actions, ./path for the workspace, or docker://image.
func KeyOf(origin Action, uses string) (key string, ref actionref.Ref, err error) {
	ref = actionref.Parse(uses, actionref.InStep)
	switch ref.Kind() {
	case actionref.KindAction, actionref.KindDocker:
		return ref.Canonical(), ref, nil
	case actionref.KindLocal:
		return "./" + strings.Trim(ref.Path(), "/"), ref, nil
	case actionref.KindSelf:
		if origin.Repository == "" {
			return "", ref, fmt.Errorf("uses %s inside an action of the workspace: which commit that means is not known to a step", ref.Text())
		}
		ref = actionref.Parse(strings.TrimSuffix(origin.Repository+"/"+ref.Path(), "/")+"@"+origin.Ref, actionref.InStep)
		return ref.Canonical(), ref, nil
	}
	return "", ref, fmt.Errorf("uses %s: %s", ref.Text(), ref.Why())
}

// contextName is what the runner calls a step without an id that uses an action,
// in GITHUB_ACTION: __owner_repo, __image, or __self for one of the workspace. The
// steps inside an action have its name (StepsRunner.cs: the github context of all
// is one). A second use in the same job would end in _2, of which we know nothing.
func contextName(a Action) string {
	name := "self"
	if image, ok := strings.CutPrefix(a.Key, "docker://"); ok {
		name = image
	} else if a.Repository != "" {
		name = a.Repository
	}
	return generatedName(name)
}

// ContextName is what the runner calls a step of a job in GITHUB_ACTION: its id,
// or a name that it makes. taken counts those of the job so far.
func ContextName(id, uses string, taken map[string]int) string {
	if id != "" {
		return id
	}
	name := "run"
	if uses != "" {
		switch ref := actionref.Parse(uses, actionref.InStep); ref.Kind() {
		case actionref.KindAction:
			name = ref.Owner() + "/" + ref.Repo()
		case actionref.KindDocker:
			name = strings.TrimPrefix(ref.Image(), "docker://")
		default:
			name = "self"
		}
	}
	name = generatedName(name)
	taken[name]++
	if n := taken[name]; n > 1 {
		return fmt.Sprintf("%s_%d", name, n)
	}
	return name
}

// generatedName is a name of the runner's making (ReferenceNameBuilder.cs).
func generatedName(name string) string {
	name = "__" + strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '_'
	}, name)
	return name[:min(len(name), maxName)]
}

// maxName bounds a name that the runner makes (ReferenceNameBuilder.cs).
const maxName = 100
