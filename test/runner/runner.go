package runner

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// Options describe the job. The zero value is a push to main of
// octo-org/octo-repo on a hosted Linux runner without an ID token.
type Options struct {
	GitHub  map[string]string // overrides of the github context: "sha", "event_name", "token"…
	Event   map[string]any    // the webhook payload
	Job     map[string]any    // additions to the job context: "workflow_ref", "check_run_id"…
	Env     map[string]string // the job's env:
	PATH    string            // of the machine; default the usual system directories
	IDToken bool              // permissions: id-token: write
	Claims  map[string]any    // overrides of the ID token's claims; nil removes one
	Log     io.Writer         // gets the masked log line by line as it comes

	Actions  map[string]string // OWNER/REPO@REF to the folder of what uses: may name
	Evaluate Evaluate          // default: what parser knows

	// The patience of ProcessInvoker.cs; default 7.5, 2.5 and 5 seconds.
	SIGINTWait, SIGTERMWait, DrainWait time.Duration
}

// Runner is one job on one machine: environment, paths and masks that a step sets
// stay for the next. Its methods must not be called concurrently.
type Runner struct {
	Workspace string // _work/REPO/REPO, empty at the start: nothing is checked out
	Temp      string // _work/_temp
	ToolCache string
	Home      string

	t          testing.TB
	o          Options
	actions    string // _work/_actions
	github     map[string]any
	runner     map[string]any
	env        map[string]string // Global.EnvironmentVariables
	prepend    []string          // Global.PrependPath
	masks      *masks
	issuer     *issuer // nil unless granted
	status     string  // of the job: success, failure or cancelled
	posts      []*run  // what Finish runs
	trackingID string
}

// New lays out a runner in a temporary directory and starts a job. At the end of
// the test it does what the job's end does: it kills what was left running.
func New(t testing.TB, o Options) *Runner {
	t.Helper()
	root := t.TempDir()
	r := &Runner{t: t, o: o, env: maps.Clone(o.Env), masks: &masks{}, status: "success", trackingID: "github_" + guid()}
	if r.env == nil {
		r.env = map[string]string{}
	}
	r.setDefaults()
	r.github = githubContext(o.GitHub)
	_, repo, _ := strings.Cut(toString(r.github["repository"]), "/")
	work := filepath.Join(root, "_work")
	r.Workspace = filepath.Join(work, repo, repo)
	r.Temp = filepath.Join(work, "_temp")
	r.actions = filepath.Join(work, "_actions")
	r.ToolCache = filepath.Join(work, "_tool")
	r.Home = filepath.Join(root, "home")
	eventPath := filepath.Join(r.Temp, "_github_workflow", "event.json")
	commands := filepath.Join(r.Temp, "_runner_file_commands")
	for _, dir := range []string{r.Workspace, r.actions, r.ToolCache, r.Home, filepath.Dir(eventPath), commands} {
		r.must(os.MkdirAll(dir, 0o755))
	}
	event, err := json.Marshal(o.Event)
	r.must(err)
	r.must(os.WriteFile(eventPath, event, 0o644))
	r.github["event"] = o.Event
	r.github["event_path"] = eventPath
	r.github["workspace"] = r.Workspace
	r.runner = r.runnerContext(filepath.Join(work, repo))
	r.masks.add(toString(r.github["token"]))
	if o.IDToken {
		r.issuer = newIssuer(t, r.github, o.Claims)
		r.masks.add(r.issuer.requestToken)
	}
	t.Cleanup(func() { killTracked(r.trackingID) })
	return r
}

// SetGitHub changes the github context for the steps that follow: a test knows
// the commit that the job runs only once the workspace is there.
func (r *Runner) SetGitHub(values map[string]string) {
	for k, v := range values {
		r.github[k] = v
		if r.issuer == nil {
			continue
		}
		claims := map[string]any{k: v}
		if k == "workflow_ref" || k == "workflow_sha" {
			claims["job_"+k] = v
		}
		for claim, v := range claims {
			if _, overridden := r.o.Claims[claim]; !overridden && r.issuer.claims[claim] != nil {
				r.issuer.claims[claim] = v
			}
		}
	}
}

// SetJob changes the job context for the steps that follow.
func (r *Runner) SetJob(values map[string]any) {
	if r.o.Job == nil {
		r.o.Job = map[string]any{}
	}
	maps.Copy(r.o.Job, values)
}

// Actions is the folder in which the actions of the job are, _actions.
func (r *Runner) Actions() string { return r.actions }

func (r *Runner) setDefaults() {
	if r.o.PATH == "" {
		r.o.PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	}
	if r.o.SIGINTWait == 0 {
		r.o.SIGINTWait = 7500 * time.Millisecond
	}
	if r.o.SIGTERMWait == 0 {
		r.o.SIGTERMWait = 2500 * time.Millisecond
	}
	if r.o.DrainWait == 0 {
		r.o.DrainWait = 5 * time.Second
	}
	if r.o.Event == nil {
		r.o.Event = map[string]any{}
	}
}

func (r *Runner) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatalf("runner: %v", err)
	}
}

// githubContext is what the service sends with a job, less the paths.
func githubContext(overrides map[string]string) map[string]any {
	c := map[string]any{
		"actor": "octocat", "actor_id": "583231", "api_url": "https://api.github.com", "base_ref": "",
		"event_name": "push", "graphql_url": "https://api.github.com/graphql", "head_ref": "", "job": "build",
		"ref": "refs/heads/main", "ref_name": "main", "ref_protected": "false", "ref_type": "branch",
		"repository": "octo-org/octo-repo", "repository_id": "1296269", "repository_owner": "octo-org",
		"repository_owner_id": "65", "retention_days": "90", "run_attempt": "1", "run_id": "9876543210",
		"run_number": "7", "server_url": "https://github.com", "sha": "0123456789abcdef0123456789abcdef01234567",
		"token": "ghs_stand-in-for-a-job-token", "triggering_actor": "octocat", "workflow": "ci",
		"workflow_ref": "octo-org/octo-repo/.github/workflows/ci.yml@refs/heads/main",
		"workflow_sha": "0123456789abcdef0123456789abcdef01234567",
	}
	for k, v := range overrides {
		c[k] = v
	}
	return c
}

func (r *Runner) runnerContext(workspace string) map[string]any {
	os, arch := "Linux", "X64"
	if runtime.GOOS == "darwin" {
		os = "macOS"
	}
	if runtime.GOARCH == "arm64" {
		arch = "ARM64"
	}
	return map[string]any{
		"os": os, "arch": arch, "name": "stand-in 1", "environment": "github-hosted",
		"tool_cache": r.ToolCache, "temp": r.Temp, "workspace": workspace,
	}
}

// exposed are the keys of the github context that scripts get as GITHUB_*
// (GitHubContext.cs). The token is not among them.
var exposed = []string{
	"action", "action_path", "action_ref", "action_repository", "actor", "actor_id", "api_url", "base_ref", "env",
	"event_name", "event_path", "graphql_url", "head_ref", "job", "output", "path", "ref", "ref_name", "ref_protected",
	"ref_type", "repository", "repository_id", "repository_owner", "repository_owner_id", "retention_days", "run_attempt",
	"run_id", "run_number", "server_url", "sha", "state", "step_summary", "triggering_actor", "workflow", "workflow_ref",
	"workflow_sha", "workspace",
}

// expressionContexts are those a composite action may use; there are no secrets,
// vars or needs.
func (r *Runner) expressionContexts(github, inputs, steps, env map[string]any) contexts {
	job := map[string]any{
		"status": r.status, "check_run_id": float64(4242), "workflow_file_path": ".github/workflows/ci.yml",
		"workflow_ref": r.github["workflow_ref"], "workflow_sha": r.github["workflow_sha"], "workflow_repository": r.github["repository"],
	}
	maps.Copy(job, r.o.Job)
	return contexts{
		"github": github, "inputs": inputs, "steps": steps, "env": env, "job": job, "runner": r.runner, "matrix": nil,
		"strategy": map[string]any{"fail-fast": true, "job-index": 0.0, "job-total": 1.0, "max-parallel": 1.0},
	}
}

// guid is a random version 4 UUID.
func guid() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
