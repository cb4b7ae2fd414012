package action

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/org/cilock-action/internal/refs"
	"github.com/org/cilock-action/pkg/actionref"
)

// ContextPrefix marks the variables by which action.yml hands over contexts
// that the runner puts into no variable of its own. Like the inputs they are
// not passed on to the step.
const ContextPrefix = "CILOCK_CONTEXT_"

// workflowFile is a workflow at the commit that the job runs.
type workflowFile struct {
	repository string // owner/repo in lower case
	path       string // .github/workflows/NAME
	sha        string
}

// workflowsOf are the workflows of the job: the one that was started and, in a
// reusable workflow, the one that defines the job, which no variable of the
// runner names (job.workflow_ref; empty on older servers).
func workflowsOf(env []string) []workflowFile {
	get := func(name string) string { value, _ := lookupEnv(env, name); return value }
	var files []workflowFile
	for _, names := range [][2]string{
		{"GITHUB_WORKFLOW_REF", "GITHUB_WORKFLOW_SHA"},
		{ContextPrefix + "JOB_WORKFLOW_REF", ContextPrefix + "JOB_WORKFLOW_SHA"},
	} {
		f, ok := parseWorkflowRef(get(names[0]))
		if f.sha = get(names[1]); ok && (len(files) == 0 || files[0] != f) {
			files = append(files, f)
		}
	}
	return files
}

// parseWorkflowRef reads OWNER/REPO/.github/workflows/NAME@REF.
func parseWorkflowRef(s string) (workflowFile, bool) {
	name, _, _ := strings.Cut(s, "@")
	parts := strings.SplitN(name, "/", 3)
	if len(parts) != 3 || path.Dir(parts[2]) != ".github/workflows" {
		return workflowFile{}, false
	}
	return workflowFile{repository: strings.ToLower(parts[0] + "/" + parts[1]), path: parts[2]}, true
}

// workflowReader reads workflows at their commit.
type workflowReader struct {
	plan  Plan
	world refs.World
}

// read returns a workflow's bytes. The workspace's file is what counts only if
// nothing better is there, and then a gap says so: in a job for a pull request
// it can be the requester's, while the workflow that runs is the target's.
func (r workflowReader) read(ctx context.Context, f workflowFile) (src []byte, gap string) {
	here := f.repository == r.world.Repository && r.world.Workspace != ""
	var err error
	if here && f.sha != "" {
		if src, err = r.fromCheckout(ctx, f); err == nil {
			return src, ""
		}
	}
	if r.world.Resolver != nil && isCommit(f.sha) {
		if _, src, err = r.world.Resolver.ReadFile(ctx, f.repository, f.sha, []string{f.path}, actionref.MaxFile); err == nil {
			return src, ""
		}
	}
	if here {
		name := filepath.Join(r.world.Workspace, filepath.FromSlash(f.path))
		if src, fileErr := readRegular(name, actionref.MaxFile); fileErr == nil {
			return src, fmt.Sprintf("workflow %s: read from the workspace as it is, since its commit %s is not there: %v", f.path, f.sha, err)
		}
	}
	if err == nil {
		err = errors.New("it is in no repository on this machine")
	}
	return nil, fmt.Sprintf("workflow %s of %s at commit %q: %v; check the repository out before this step, or give resolve: online", f.path, f.repository, f.sha, err)
}

// fromCheckout reads the file from the objects of the workspace's repository,
// whatever is checked out. Git runs as for the git section: see gitView.
func (r workflowReader) fromCheckout(ctx context.Context, f workflowFile) ([]byte, error) {
	checkout, ok := findCheckout(r.world.Workspace)
	if !ok {
		return nil, errors.New("no git checkout")
	}
	if !isCommit(f.sha) {
		return nil, fmt.Errorf("%q is no commit", f.sha)
	}
	search := absolutePath(r.plan.OwnEnv, checkout)
	bin, err := findGit(search)
	if err != nil {
		return nil, err
	}
	git := gitCommand{bin: bin, timeout: gitTimeout, maxOutput: actionref.MaxFile}
	view, err := openGitView(ctx, git, search, checkout)
	if err != nil {
		return nil, err
	}
	defer view.close()
	return view.git.run(ctx, checkout, "cat-file", "blob", f.sha+":"+f.path)
}

// isCommit reports whether s is a full commit id, and so no option and no
// expression of git.
func isCommit(s string) bool {
	return actionref.Parse("o/r@"+s, actionref.InStep).Pinned()
}

// named is the workflow of a job whose runner names none in a variable, as act
// does: the one workflow of the workspace whose name is GITHUB_WORKFLOW.
func (r workflowReader) named(name string) (workflowFile, []byte, bool) {
	dir := filepath.Join(r.world.Workspace, ".github", "workflows")
	entries, err := os.ReadDir(dir)
	if err != nil || name == "" {
		return workflowFile{}, nil, false
	}
	var found workflowFile
	var text []byte
	for _, e := range entries {
		src, err := readRegular(filepath.Join(dir, e.Name()), actionref.MaxFile)
		if ext := filepath.Ext(e.Name()); err != nil || ext != ".yml" && ext != ".yaml" {
			continue
		}
		relative := path.Join(".github/workflows", e.Name())
		if title := actionref.Find(src).Name; title == name || title == "" && (name == relative || name == e.Name()) {
			if text != nil {
				return workflowFile{}, nil, false // two have that name
			}
			found, text = workflowFile{repository: r.world.Repository, path: relative}, src
		}
	}
	return found, text, text != nil
}
