package action

import (
	"slices"
	"strings"

	"github.com/org/cilock-action/internal/refs"
	"github.com/org/cilock-action/internal/runner"
	"github.com/org/cilock-action/pkg/actionref"
)

// stepPlace is where in the repository the step stands that runs us. A job of a
// reusable workflow of another repository stands there in the job that uses it.
// Where it cannot be told it is the first line of the workflow. ours reports
// whether a uses: leads to this action.
func stepPlace(p Plan, read []refs.Workflow, ours func(uses string) bool) Place {
	files := workflowsOf(p.OwnEnv)
	here := func(f workflowFile) bool {
		return f.repository == strings.ToLower(getenv(p.OwnEnv)("GITHUB_REPOSITORY"))
	}
	source := func(path string) (actionref.File, bool) {
		i := slices.IndexFunc(read, func(w refs.Workflow) bool { return w.Repository == "" && (path == "" || w.Path == path) })
		if i < 0 {
			return actionref.File{}, false
		}
		return actionref.Find(read[i].Src), true
	}
	get := getenv(p.OwnEnv)
	switch {
	case len(files) == 0: // one that was found by its name
		if file, ok := source(""); ok {
			return Place{File: read[0].Path, Line: stepLine(file.Steps, get("GITHUB_JOB"), get("GITHUB_ACTION"), p.InAction, ours)}
		}
	case here(files[len(files)-1]):
		at := files[len(files)-1]
		file, _ := source(at.path)
		return Place{File: at.path, Line: stepLine(file.Steps, get("GITHUB_JOB"), get("GITHUB_ACTION"), p.InAction, ours)}
	case here(files[0]):
		file, _ := source(files[0].path)
		return Place{File: files[0].path, Line: callLine(file.Uses, files[len(files)-1])}
	}
	return Place{}
}

// stepLine finds the step by what the runner calls it (GITHUB_ACTION). Inside a
// composite action that may be the name of a step in there; then it is the job's
// only step that can be meant: one that uses us, or outside of the action one
// with a script.
func stepLine(steps []actionref.Step, job, name string, inAction bool, ours func(uses string) bool) int {
	var meant []actionref.Step
	taken, named := map[string]int{}, 0
	for _, s := range steps {
		if s.Job != job {
			continue
		}
		may := s.Uses == ""
		if inAction {
			may = s.Uses != "" && ours(s.Uses)
		}
		if strings.EqualFold(runner.ContextName(s.ID, s.Uses, taken), name) && (may || s.Uses != "") { // or an action that uses us
			if named = s.Line; may {
				return s.Line
			}
		}
		if may {
			meant = append(meant, s)
		}
	}
	switch {
	case len(meant) == 1:
		return meant[0].Line
	case len(meant) == 0 && named > 0:
		return named
	}
	return 1
}

// callLine is the line of the only job that uses a workflow.
func callLine(uses []actionref.Use, called workflowFile) int {
	line := 0
	for _, u := range uses {
		if u.Place != actionref.InJob || !strings.EqualFold(u.Ref.Repository(), called.repository) || u.Ref.Path() != called.path {
			continue
		}
		if line > 0 {
			return 1
		}
		line = u.Line
	}
	return max(line, 1)
}
