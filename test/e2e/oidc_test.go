//go:build unix

package e2e

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/attest"
	"github.com/org/cilock-action/test/runner"
)

// script is an action of one run: step, for what a workflow does without ours.
func script(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	manifest := "runs:\n  using: composite\n  steps:\n    - shell: bash\n      run: |\n        " +
		strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n        ") + "\n"
	if err := os.WriteFile(filepath.Join(dir, "action.yml"), []byte(manifest), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// holding lists the files below a folder that contain one of the texts.
func holding(t *testing.T, dir string, texts ...string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		for _, text := range texts {
			if strings.Contains(string(data), text) {
				found = append(found, path)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestIDToken: where the job may have an ID token, its claims are in the
// evidence, and neither it nor the means to get one are anywhere else.
func TestIDToken(t *testing.T) {
	t.Parallel()
	j := newJob(t, runner.Options{IDToken: true})
	// The request's token is known to the processes of the job only.
	wrapper := filepath.Join(j.Home, "wrapper")
	text := "#!/bin/sh\nprintf %s \"$ACTIONS_ID_TOKEN_REQUEST_TOKEN\" > '" + j.Home + "/request'\nexec '" + cilock(t) + "' \"$@\"\n"
	if err := os.WriteFile(wrapper, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	r := j.use(map[string]string{"step": "build", "binary-path": wrapper, "command": `
		env > environment.txt
		cp -r "$RUNNER_TEMP" during
		echo built > out.txt`})
	want(t, r, "success", 0)
	request, err := os.ReadFile(filepath.Join(j.Home, "request"))
	if err != nil || len(request) == 0 {
		t.Fatalf("the job has no token: %v", err)
	}
	token := ""
	for _, c := range r.Commands {
		if c.Name == "add-mask" && strings.Count(c.Data, ".") == 2 {
			token = c.Data
		}
	}
	if token == "" {
		t.Fatalf("the token was not masked: %v", r.Commands)
	}
	v := j.evidence(t, r.Outputs["evidence-path"])
	github := section[struct {
		Granted  bool
		Claims   map[string]any
		Mismatch []any
	}](t, v, attest.TypeGitHub)
	if !github.Granted || len(github.Mismatch) > 0 {
		t.Errorf("granted %v, mismatch %v", github.Granted, github.Mismatch)
	}
	for claim, value := range map[string]string{
		"repository": "octo-org/octo-repo", "sha": j.head,
		"workflow_ref":     "octo-org/octo-repo/.github/workflows/ci.yml@refs/heads/main",
		"job_workflow_ref": "octo-org/octo-repo/.github/workflows/ci.yml@refs/heads/main",
		"run_id":           "9876543210", "run_attempt": "1", "runner_environment": "github-hosted",
	} {
		if github.Claims[claim] != value {
			t.Errorf("claim %s is %v, want %q", claim, github.Claims[claim], value)
		}
	}
	if row := collector(t, v, "github"); row.State != attest.StateRan || len(row.Gaps) > 0 {
		t.Errorf("github: %+v", row)
	}
	payload := strings.Split(token, ".")[1]
	secrets := []string{token, payload, string(request), "ACTIONS_ID_TOKEN_REQUEST", "PRIVATE KEY"}
	for _, dir := range []string{j.Workspace, j.Temp} {
		if files := holding(t, dir, secrets...); len(files) > 0 {
			t.Errorf("what nobody may know is in %v", files)
		}
	}
	for _, secret := range secrets[:3] {
		if statement := string(v.Statement.Predicate); strings.Contains(statement, secret) || strings.Contains(r.Summary+r.Log, secret) {
			t.Errorf("%.30q is in the evidence, the summary or the log", secret)
		}
	}
	for name, value := range r.Outputs {
		if strings.Contains(value, payload) {
			t.Errorf("the token is in the output %s", name)
		}
	}
}

// TestPassOIDC: who asks for it gets the job's means to a token.
func TestPassOIDC(t *testing.T) {
	t.Parallel()
	j := newJob(t, runner.Options{IDToken: true, Env: map[string]string{"CILOCK": cilock(t)}})
	r := j.RunAction(t.Context(), runner.Call{Dir: script(t, `
"$CILOCK" run --step with --outfile "$RUNNER_TEMP/with.json" --pass-oidc -- sh -c 'test -n "$ACTIONS_ID_TOKEN_REQUEST_TOKEN" && test -n "$ACTIONS_ID_TOKEN_REQUEST_URL"'
"$CILOCK" run --step without --outfile "$RUNNER_TEMP/without.json" -- sh -c 'test -z "$ACTIONS_ID_TOKEN_REQUEST_TOKEN$ACTIONS_ID_TOKEN_REQUEST_URL"'
`)})
	want(t, r, "success", 0)
	for _, name := range []string{"with.json", "without.json"} {
		if _, err := os.Stat(filepath.Join(j.Temp, name)); err != nil {
			t.Error(err)
		}
	}
}
