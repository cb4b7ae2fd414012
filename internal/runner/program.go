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

// ContextName is what the runner calls a step in GITHUB_ACTION: its id, or
// __run, __owner_repo, __self, and a number behind it from the second on. taken
// counts the names of the job, or of the action, so far.
func ContextName(id, uses string, taken map[string]int) string {
	if id != "" {
		return id
	}
	name := "__run"
	if uses != "" {
		switch ref := actionref.Parse(uses, actionref.InStep); ref.Kind() {
		case actionref.KindAction:
			name = "__" + ref.Owner() + "_" + ref.Repo()
		case actionref.KindDocker:
			name = "__docker"
		default:
			name = "__self"
		}
	}
	taken[name]++
	if n := taken[name]; n > 1 {
		return fmt.Sprintf("%s_%d", name, n)
	}
	return name
}
