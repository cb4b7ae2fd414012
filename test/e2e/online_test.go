//go:build unix

package e2e

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/attest"
	"github.com/org/cilock-action/test/github"
	"github.com/org/cilock-action/test/runner"
)

// online is a job whose server has our own action and acme/tool.
type online struct {
	*job
	server *github.Server
	self   string // commit of our own action
	repo   *github.Repo
	tool   string // commit of acme/tool, on main and of the tag v1
}

var toolFiles = map[string]string{
	"action.yml": "name: tool\nruns:\n  using: node24\n  main: x.js\n",
	"x.js":       "console.log(1)\n",
}

func newOnline(t *testing.T, o runner.Options) *online {
	t.Helper()
	s := github.New(t)
	github := map[string]string{"server_url": s.URL(), "api_url": s.APIURL()}
	maps.Copy(github, o.GitHub)
	o.GitHub = github
	j := &online{server: s, job: newJob(t, o)}
	_, j.self = s.AddFolder("org/cilock-action", actionDir(t))
	j.repo = s.Add("acme/tool")
	j.tool = j.repo.Commit("main", toolFiles)
	j.repo.Tag("v1", j.tool)
	return j
}

// workflow commits the job's workflow: our own action, and others from line 7 on.
func (j *online) workflow(uses ...string) {
	j.t.Helper()
	steps := "steps:\n"
	for _, u := range uses {
		steps += "      - uses: " + u + "\n"
	}
	text := strings.Replace(jobWorkflow, "steps:\n", steps, 1)
	j.commit(map[string]string{".github/workflows/ci.yml": strings.ReplaceAll(text, sha, j.self)})
}

// use uses the action as the job's next step, online.
func (j *online) use(with map[string]string) *runner.Result {
	j.t.Helper()
	inputs := map[string]string{"resolve": "online", "command": "echo ran"}
	if with["mode"] == "refs" {
		delete(inputs, "command")
	}
	maps.Copy(inputs, with)
	c := j.call(inputs)
	c.Ref = j.self
	return j.RunAction(j.t.Context(), c)
}

// attested are the actions of a run's evidence, by name.
func (j *online) attested(r *runner.Result) map[string]attest.GitHubAction {
	j.t.Helper()
	return actionsOf(j.t, j.evidence(j.t, filepath.Join(j.Temp, "build.cilock.json")), attest.TypeGitHubAction)
}

// verified is the verdict of mode verify, and its exit code, on that evidence.
func (j *online) verified() (string, int) {
	j.t.Helper()
	r := j.RunAction(j.t.Context(), j.call(map[string]string{
		"mode": "verify", "bundle": filepath.Join(j.Temp, "build.cilock.json"), "subjects": filepath.Join(j.Workspace, "out.txt"), "key": j.public,
	}))
	return r.Outputs["verdict"], r.ExitCode
}

// annotatedAt reports an annotation at a line of the workflow that contains text.
func annotatedAt(r *runner.Result, level, line, text string) bool {
	return slices.ContainsFunc(r.Annotations, func(a runner.Annotation) bool {
		return a.Level == level && a.Properties["line"] == line && a.Properties["file"] == ".github/workflows/ci.yml" && strings.Contains(a.Message, text)
	})
}

// TestOnlineProved: a pinned action whose commit is its repository's and whose
// bytes are the commit's passes; so does a job of a fork's pull request, which
// has no token, and nothing is sent that looks like one.
func TestOnlineProved(t *testing.T) {
	t.Parallel()
	fork := map[string]any{"repo": map[string]any{"full_name": "mallory/octo-repo", "fork": true, "id": 7.0}}
	base := map[string]any{"repo": map[string]any{"full_name": "octo-org/octo-repo", "fork": false, "id": 1296269.0}}
	j := newOnline(t, runner.Options{
		GitHub: map[string]string{"event_name": "pull_request", "token": ""},
		Event:  map[string]any{"pull_request": map[string]any{"head": fork, "base": base}},
	})
	uses := "acme/tool@" + j.tool
	j.workflow(uses + " # v1")
	j.download("acme/tool", j.tool, toolFiles)
	r := j.use(map[string]string{"step": "build", "command": "echo built > out.txt"})
	want(t, r, "success", 0)
	if r.Outputs["verdict"] != "pass" {
		t.Errorf("the verdict is %q\n%s", r.Outputs["verdict"], r.Log)
	}
	a := j.attested(r)[uses]
	if !a.RefPinned || a.Reachable != "reachable-default" || a.TreeVerified != "true" || a.ResolvedSHA != j.tool || a.TreeSHA256 == "" ||
		a.TreeSHA != j.repo.Git("rev-parse", j.tool+"^{tree}") {
		t.Errorf("%+v", a)
	}
	self := actionsOf(t, j.evidence(t, r.Outputs["evidence-path"]), attest.TypeActionSelf)
	if a := self["org/cilock-action@"+j.self]; len(self) != 1 || a.Reachable != "reachable-default" || a.TreeVerified != "true" {
		t.Errorf("ourselves: %+v", self)
	}
	for _, seen := range j.server.Seen() {
		if seen.Authorization != "" {
			t.Errorf("%s: a token is sent: %q", seen.Path, seen.Authorization)
		}
	}
	if v, code := j.verified(); v != "pass" || code != 0 {
		t.Errorf("verify says %q, %d", v, code)
	}
	r = j.use(map[string]string{"mode": "refs", "fail-on": "warning"})
	want(t, r, "success", 0)
}

// TestOnlineTwoFolders: two folders of ours are both ourselves; one that is in
// no commit could not be looked into, and so the account is not whole.
func TestOnlineTwoFolders(t *testing.T) {
	t.Parallel()
	j := newOnline(t, runner.Options{})
	j.workflow("org/cilock-action/sub@" + j.self)
	r := j.use(map[string]string{"step": "build", "command": "true"})
	if r.Outputs["verdict"] != "incomplete" || !noted(r, "warning", "what is inside org/cilock-action/sub@") {
		t.Errorf("the verdict is %q: %+v", r.Outputs["verdict"], r.Annotations)
	}
	if self := actionsOf(t, j.evidence(t, r.Outputs["evidence-path"]), attest.TypeActionSelf); len(self) != 2 {
		t.Errorf("ourselves: %+v", self)
	}
}

// TestOnlineChanged: one changed file of a pinned action fails the step, after
// it has run, says the path, and fails whoever verifies the evidence later.
func TestOnlineChanged(t *testing.T) {
	t.Parallel()
	j := newOnline(t, runner.Options{})
	uses := "acme/tool@" + j.tool
	j.workflow(uses)
	j.download("acme/tool", j.tool, toolFiles)
	path := filepath.Join(j.Actions(), "acme/tool", j.tool, "x.js")
	if err := os.WriteFile(path, []byte("steal()\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := j.use(map[string]string{"step": "build", "command": "echo built > out.txt"})
	want(t, r, "failure", 3)
	if r.Outputs["verdict"] != "fail" || r.Outputs["exit-code"] != "0" {
		t.Errorf("outputs are %v", r.Outputs)
	}
	if !annotatedAt(r, "error", "7", `"x.js" content`) || !noted(r, "error", "action-bytes: expected "+uses) {
		t.Errorf("annotations: %+v", r.Annotations)
	}
	a := j.attested(r)[uses]
	if a.TreeVerified != "false" || len(a.Differences) != 1 || a.Differences[0] != (attest.TreeDifference{Path: "x.js", Kind: "content"}) {
		t.Errorf("%+v", a)
	}
	if v, code := j.verified(); v != "fail" || code != 3 {
		t.Errorf("verify says %q, %d", v, code)
	}
	r = j.use(map[string]string{"mode": "refs"})
	want(t, r, "failure", 3)
	if !annotatedAt(r, "error", "7", `"x.js" content`) {
		t.Errorf("refs: %+v", r.Annotations)
	}
}

// TestOnlineImpostor: a commit of a fork under the repository's name.
func TestOnlineImpostor(t *testing.T) {
	t.Parallel()
	j := newOnline(t, runner.Options{})
	impostor := j.repo.Fork(j.tool, map[string]string{"x.js": "steal()\n"})
	uses := "acme/tool@" + impostor
	j.workflow(uses + " # v1")
	j.download("acme/tool", impostor, map[string]string{"action.yml": toolFiles["action.yml"], "x.js": "steal()\n"})
	r := j.use(map[string]string{"step": "build", "command": "echo built > out.txt"})
	want(t, r, "failure", 3)
	if !annotatedAt(r, "error", "7", "is unreachable") || !noted(r, "error", "action-origin: expected "+uses) {
		t.Errorf("annotations: %+v", r.Annotations)
	}
	if a := j.attested(r)[uses]; a.Reachable != "unreachable" || a.TreeVerified != "true" || !a.RefPinned {
		t.Errorf("%+v", a)
	}
	if v, code := j.verified(); v != "fail" || code != 3 {
		t.Errorf("verify says %q, %d", v, code)
	}
}

// TestOnlineDenied: a tag of a denied commit, which only the server knows.
func TestOnlineDenied(t *testing.T) {
	t.Parallel()
	j := newOnline(t, runner.Options{})
	j.workflow("acme/tool@v1")
	j.put(t, "deny.txt", "acme/tool "+j.tool+" stole tokens\n")
	r := j.use(map[string]string{"step": "build", "deny-list": "deny.txt", "command": "echo built > out.txt"})
	want(t, r, "failure", 3)
	if !annotatedAt(r, "error", "7", "is on the deny-list: stole tokens") {
		t.Errorf("annotations: %+v", r.Annotations)
	}
	if a := j.attested(r)["acme/tool@v1"]; a.Denied != "stole tokens" {
		t.Errorf("%+v", a)
	}
	if v, code := j.verified(); v != "fail" || code != 3 {
		t.Errorf("verify says %q, %d", v, code)
	}
}

// TestOnlineReusable: the job of a reusable workflow in another repository,
// which no checkout has, and which takes the token that the input gives.
func TestOnlineReusable(t *testing.T) {
	t.Parallel()
	const token = "ghs_0123456789abcdefghijklmnopqrstuvwxyz"
	j := newOnline(t, runner.Options{GitHub: map[string]string{"token": token}})
	flows := j.server.Add("acme/flows")
	flows.SetPrivate(true)
	j.server.SetToken(token)
	commit := flows.Commit("main", map[string]string{
		".github/workflows/build.yml":    "on: workflow_call\njobs:\n  b:\n    runs-on: x\n    steps:\n      - uses: acme/tool@v1\n      - uses: $/act\n",
		".github/workflows/actions.lock": lockText("build.yml"),
		"act/action.yml":                 "name: act\nruns:\n  using: composite\n  steps:\n    - uses: acme/tool@" + j.tool + "\n",
	})
	j.workflow()
	j.SetJob(map[string]any{"workflow_ref": "acme/flows/.github/workflows/build.yml@refs/heads/main", "workflow_sha": commit})
	r := j.use(map[string]string{"step": "build", "github-token": token})
	want(t, r, "success", 0)
	third := j.attested(r)
	for name, reachable := range map[string]string{"acme/tool@v1": "reachable-default", "acme/tool@" + j.tool: "reachable-default"} {
		if a := third[name]; a.Reachable != reachable || a.ResolvedSHA != j.tool {
			t.Errorf("%s: %+v, of %+v", name, a, third)
		}
	}
	if a := third["acme/tool@v1"]; !a.Locked || a.LockedSHA != lockedSHA {
		t.Errorf("%+v", a)
	}
	if !noted(r, "warning", "acme/tool@v1 is locked to "+lockedSHA+" and names "+j.tool+" now") {
		t.Errorf("annotations: %+v", r.Annotations)
	}
	if text, err := os.ReadFile(r.Outputs["evidence-path"]); err != nil || strings.Contains(string(text), token) || strings.Contains(r.Log, token) {
		t.Errorf("the token is in the log or in the evidence, %v", err)
	}
	// Without a token it is a gap, and so not complete.
	r = j.use(map[string]string{"step": "build"})
	want(t, r, "success", 0)
	if row := collector(t, j.evidence(t, r.Outputs["evidence-path"]), "github-action"); r.Outputs["verdict"] != "incomplete" ||
		len(row.Gaps) != 1 || !strings.Contains(row.Gaps[0], "build.yml of acme/flows") {
		t.Errorf("verdict %q, %+v", r.Outputs["verdict"], row)
	}
}

// TestOnlineDeadServer: without an answer the step runs as ever, and the
// evidence says what is not known.
func TestOnlineDeadServer(t *testing.T) {
	t.Parallel()
	j := newOnline(t, runner.Options{GitHub: map[string]string{"server_url": "http://127.0.0.1:1", "api_url": "http://127.0.0.1:1/api/v3"}})
	uses := "acme/tool@" + j.tool
	j.workflow(uses)
	j.download("acme/tool", j.tool, toolFiles)
	r := j.use(map[string]string{"step": "build"})
	want(t, r, "success", 0)
	if a := j.attested(r)[uses]; a.Reachable != "undetermined" || a.TreeVerified != "unverified" || a.TreeSHA256 == "" || a.Reason == "" {
		t.Errorf("%+v", a)
	}
	if !noted(r, "warning", "could not be checked") {
		t.Errorf("annotations: %+v", r.Annotations)
	}
}
