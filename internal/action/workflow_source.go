package action

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/org/cilock-action/internal/gitcmd"
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
	get := getenv(env)
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

// read returns a workflow and its lock file. The workspace's files are what
// counts only if nothing better is there, and then a gap says so: in a job for a
// pull request they can be the requester's, while the workflow that runs is the
// target's. Without Src there is no workflow.
func (r workflowReader) read(ctx context.Context, f workflowFile) (w refs.Workflow, gap string) {
	w = refs.Workflow{Path: f.path}
	here := f.repository == r.world.Repository && r.world.Workspace != ""
	if f.repository != r.world.Repository {
		w.Repository, w.SHA = f.repository, f.sha
	}
	var err error
	if here && f.sha != "" {
		if err = r.fromCheckout(ctx, f, &w); err == nil {
			return w, ""
		}
	}
	if r.world.Resolver != nil && isCommit(f.sha) {
		if err = r.fromRepository(ctx, f, &w); err == nil {
			return w, ""
		}
	}
	if here {
		if r.fromWorkspace(&w) == nil {
			return w, fmt.Sprintf("workflow %s: read from the workspace as it is, since its commit %s is not there: %v; check it out before this step", f.path, f.sha, err)
		}
	}
	if err == nil {
		err = errors.New("it is in no repository on this machine")
	}
	return w, fmt.Sprintf("workflow %s of %s at commit %q: %v; check the repository out before this step, or give resolve: online", f.path, f.repository, f.sha, err)
}

// fromRepository reads both from the repository itself.
func (r workflowReader) fromRepository(ctx context.Context, f workflowFile, w *refs.Workflow) (err error) {
	if _, w.Src, err = r.world.Resolver.ReadFile(ctx, f.repository, f.sha, []string{f.path}, actionref.MaxFile); err != nil {
		return err
	}
	_, w.Lock, err = r.world.Resolver.ReadFile(ctx, f.repository, f.sha, []string{actionref.LockFile}, actionref.MaxFile)
	if !errors.Is(err, fs.ErrNotExist) {
		w.LockErr = err
	}
	return nil
}

// fromWorkspace reads both as they are.
func (r workflowReader) fromWorkspace(w *refs.Workflow) (err error) {
	if w.Src, err = readRegular(filepath.Join(r.world.Workspace, filepath.FromSlash(w.Path)), actionref.MaxFile); err != nil {
		return err
	}
	w.Lock, err = readRegular(filepath.Join(r.world.Workspace, filepath.FromSlash(actionref.LockFile)), actionref.MaxFile)
	if !errors.Is(err, fs.ErrNotExist) {
		w.LockErr = err
	}
	return nil
}

// fromCheckout reads both from the objects of the workspace's repository,
// whatever is checked out. Git runs as for the git section: see gitView.
func (r workflowReader) fromCheckout(ctx context.Context, f workflowFile, w *refs.Workflow) error {
	checkout, ok := gitcmd.Checkout(r.world.Workspace)
	if !ok {
		return errors.New("no git checkout")
	}
	if !isCommit(f.sha) {
		return fmt.Errorf("%q is no commit", f.sha)
	}
	search := searchPath(r.plan.OwnEnv, checkout)
	bin, err := gitcmd.Find(search)
	if err != nil {
		return err
	}
	git := gitcmd.Command{Bin: bin, Timeout: gitcmd.Timeout, MaxOutput: actionref.MaxFile}
	view, err := openGitView(ctx, git, search, checkout)
	if err != nil {
		return err
	}
	defer view.close()
	if w.Src, err = view.git.Run(ctx, checkout, "cat-file", "blob", f.sha+":"+f.path); err != nil {
		return err
	}
	there, err := view.git.Run(ctx, checkout, "ls-tree", "-z", "--full-tree", f.sha, "--", actionref.LockFile)
	if w.LockErr = err; len(there) > 0 {
		w.Lock, w.LockErr = view.git.Run(ctx, checkout, "cat-file", "blob", f.sha+":"+actionref.LockFile)
	}
	return nil
}

// isCommit reports whether s is a full commit id, and so no option and no
// expression of git.
func isCommit(s string) bool {
	return actionref.Parse("o/r@"+s, actionref.InStep).Pinned()
}

// named is the workflow of a job whose runner names none in a variable, as act
// does: the one workflow of the workspace whose name is GITHUB_WORKFLOW.
func (r workflowReader) named(name string) (refs.Workflow, bool) {
	dir := filepath.Join(r.world.Workspace, ".github", "workflows")
	entries, err := os.ReadDir(dir)
	if err != nil || name == "" {
		return refs.Workflow{}, false
	}
	var found refs.Workflow
	for _, e := range entries {
		src, err := readRegular(filepath.Join(dir, e.Name()), actionref.MaxFile)
		if ext := filepath.Ext(e.Name()); err != nil || ext != ".yml" && ext != ".yaml" {
			continue
		}
		relative := path.Join(".github/workflows", e.Name())
		if title := actionref.Find(src).Name; title == name || title == "" && (name == relative || name == e.Name()) {
			if found.Src != nil {
				return refs.Workflow{}, false // two have that name
			}
			found = refs.Workflow{Path: relative, Src: src}
		}
	}
	if found.Src == nil {
		return found, false
	}
	return found, r.fromWorkspace(&found) == nil
}
