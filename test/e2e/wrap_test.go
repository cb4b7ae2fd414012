//go:build unix

package e2e

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/attest"
	"github.com/org/cilock-action/test/act"
	"github.com/org/cilock-action/test/need"
)

const wrapWorkflow = `
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    env:
      LEVEL: from the job
    steps:
      - id: wrap
        continue-on-error: true
        uses: ` + uses + `
        with:
          step: leak
          action-ref: acme/leak@${SHA}
          action-dir: ${REPO}
          action-inputs: |
            greet-whom: the world
            api-key: ${{ env.GENERATED }}
          secretscan-fail-on-detection: 'true'
          key: ${{ secrets.KEY }}
          binary-path: ${{ env.CILOCK }}
      - id: later
        if: always()
        env:
          VERDICT: ${{ steps.wrap.outputs.verdict }}
          EVIDENCE: ${{ steps.wrap.outputs.evidence-path }}
          SAID: ${{ fromJSON(steps.wrap.outputs.action-outputs).said }}
        run: |
          cp "$EVIDENCE" "$KEEP/evidence.json"
          echo "verdict=$VERDICT said=$SAID colour=$COLOUR outcome=${{ steps.wrap.outcome }}"
`

// wrapRepository is a git repository with a Node action that prints a token,
// encoded twice, and its commit.
func wrapRepository(t *testing.T, token string) (dir, sha string) {
	t.Helper()
	need.Program(t, "node")
	dir = t.TempDir()
	twice := base64.StdEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString([]byte(token))))
	for name, text := range map[string]string{
		"action.yml": "name: leak\ninputs:\n  greet-whom: {required: true}\n  api-key: {required: true}\n  event: {default: '${{ github.event_name }}'}\nruns: {using: node20, main: main.js, post: post.js}\n",
		"main.js": "const fs = require('fs'), said = `hello ${process.env['INPUT_GREET-WHOM']} ${process.env.INPUT_EVENT} ${process.env.LEVEL}`\n" +
			"fs.appendFileSync(process.env.GITHUB_OUTPUT, `said=${said}\\n`)\nfs.appendFileSync(process.env.GITHUB_ENV, 'COLOUR=blue\\n')\n" +
			"console.log('::notice title=Mine::from the action')\nconsole.log('" + twice + "')\n",
		"post.js": "console.log('cleaned up')\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"init", "-q"}, {"add", "-A"}, {"-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", "leak"}} {
		if out, err := exec.Command("git", append([]string{"-C", dir}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
	}
	out, err := exec.Command("git", "-C", dir, "rev-parse", "HEAD").Output()
	if err != nil {
		t.Fatal(err)
	}
	return dir, strings.TrimSpace(string(out))
}

// generated is a token of GitHub's form that nobody has issued.
func generated() string { return "ghp_" + (rand.Text() + rand.Text())[:36] }

// TestWrap: a wrapped Node action prints a token encoded twice: it is found, the
// run fails when asked to, and the evidence of the failure verifies. The action
// had its inputs, the job's contexts and variables, and hands on what it set.
func TestWrap(t *testing.T) {
	t.Parallel()
	k, token, value := newKeys(t), generated(), rand.Text()
	repo, commit := wrapRepository(t, token)
	text := strings.NewReplacer("${SHA}", commit, "${REPO}", repo).Replace(wrapWorkflow)
	r, keep := workflow(t, k, text, func(w *act.Workflow) { w.Env["GENERATED"] = value })

	if got := r.StepResult("wrap"); got != "failure" {
		t.Errorf("the step ended in %q", got)
	}
	later := r.Output("later")
	if want := "verdict=fail said=hello the world push from the job colour=blue outcome=failure\n"; !strings.Contains(later, want) {
		t.Errorf("the next step printed %q, want %q", later, want)
	}
	if !annotated(r, "wrap", "notice", "from the action") {
		t.Error("the action's own annotation is lost")
	}
	if !strings.Contains(r.Output("wrap"), "cleaned up\n") {
		t.Error("post did not run")
	}
	v := k.evidence(t, filepath.Join(keep, "evidence.json"))
	checkWrapped(t, v, commit)
	found := section[attest.SecretScan](t, v, attest.TypeSecretScan)
	if len(found.Findings) == 0 || found.Findings[0].RuleID != "github-pat" || !slices.Equal(found.Findings[0].EncodingPath, []string{"base64", "base64"}) {
		t.Errorf("findings: %+v", found.Findings)
	}
	signed, err := os.ReadFile(filepath.Join(keep, "evidence.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{token, value} {
		if strings.Contains(string(signed), secret) || strings.Contains(string(statementOf(t, signed)), secret) {
			t.Errorf("a secret is in the evidence")
		}
	}
}

// statementOf is the text that was signed.
func statementOf(t *testing.T, bundle []byte) []byte {
	t.Helper()
	var b struct {
		DSSEEnvelope struct{ Payload []byte }
	}
	if err := json.Unmarshal(bundle, &b); err != nil || len(b.DSSEEnvelope.Payload) == 0 {
		t.Fatalf("read the bundle: %v", err)
	}
	return b.DSSEEnvelope.Payload
}

func checkWrapped(t *testing.T, v *attest.Verified, commit string) {
	t.Helper()
	for _, a := range v.Collection.Attestations {
		var body attest.GitHubAction
		if a.Type != attest.TypeGitHubAction || json.Unmarshal(a.Body, &body) != nil || !body.Wrapped {
			continue
		}
		if body.ActionRef != "acme/leak@"+commit || !body.RefPinned || body.TreeVerified != "true" || body.Source != "action-dir" ||
			body.ExitCode == nil || *body.ExitCode != 0 || body.Outcome != "success" || body.ActionInputs["greet-whom"] != "the world" ||
			body.ActionInputs["api-key"] != "[REDACTED:api-key]" || len(body.Steps) != 2 || body.Steps[1].Stage != "post" {
			t.Errorf("the wrapped action is recorded as %+v", body)
		}
		return
	}
	t.Error("there is no wrapped action in the evidence")
}
