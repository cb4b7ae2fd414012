package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/attest"
	"github.com/org/cilock-action/test/act"
	"github.com/org/cilock-action/test/stack"
)

const keylessWorkflow = `
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    permissions:
      id-token: write
    steps:
      - uses: actions/checkout@v4
      - id: build
        uses: ` + uses + `
        with:
          step: build
          command: echo built > out.txt
          keyless: true
          require-signing: true
          signing-config: ${{ env.SIGNING_CONFIG }}
          binary-path: ${{ env.CILOCK }}
      - id: keep
        env:
          BUNDLE: ${{ steps.build.outputs.bundle-path }}
        run: cp "$BUNDLE" "$KEEP/e.json" && cp out.txt "$KEEP/out.txt"
      - id: verify
        uses: ` + uses + `
        with:
          mode: verify
          bundle: ${{ steps.build.outputs.bundle-path }}
          subjects: out.txt
          verify-repo: octo-org/octo-repo
          trusted-root: ${{ env.TRUSTED_ROOT }}
          binary-path: ${{ env.CILOCK }}
      - id: other
        uses: ` + uses + `
        with:
          mode: verify
          bundle: ${{ steps.build.outputs.bundle-path }}
          subjects: out.txt
          verify-repo: octo-org/octo-repo-evil
          trusted-root: ${{ env.TRUSTED_ROOT }}
          binary-path: ${{ env.CILOCK }}
`

// TestKeylessWorkflow: a job with id-token: write signs as its workflow; the
// action, the command line and cosign verify that with the instance's root, and
// refuse it for another repository. act grants no tokens, so that the variables
// by which the runner grants them are set for it.
func TestKeylessWorkflow(t *testing.T) {
	t.Parallel()
	s := stack.Start(t)
	r, keep := workflow(t, newKeys(t), keylessWorkflow, func(w *act.Workflow) {
		for _, kv := range append(s.Env, "SIGNING_CONFIG="+s.SigningConfig, "TRUSTED_ROOT="+s.TrustedRoot) {
			name, value, _ := strings.Cut(kv, "=")
			w.Env[name] = value
		}
	})
	for step, want := range map[string]string{"build": "success", "keep": "success", "verify": "success", "other": "failure"} {
		if got := r.StepResult(step); got != want {
			t.Errorf("step %s ended in %q, want %q:\n%s", step, got, want, r.Output(step))
		}
	}
	bundle, artifact := filepath.Join(keep, "e.json"), filepath.Join(keep, "out.txt")
	verify := exec.Command(cilock(t), "verify", "--verify-repo=octo-org/octo-repo", "--trusted-root="+s.TrustedRoot, "--bundle="+bundle, artifact)
	verify.Env = []string{"PATH=" + os.Getenv("PATH")}
	if out, err := verify.CombinedOutput(); err != nil {
		t.Errorf("cilock: %v\n%s", err, out)
	}
	for repository, good := range map[string]bool{"octo-org/octo-repo": true, "octo-org/octo-repo-evil": false} {
		cosign := exec.Command(stack.Cosign(t), "verify-blob-attestation", "--bundle", bundle, "--trusted-root", s.TrustedRoot,
			"--type", attest.CollectionType, "--use-signed-timestamps",
			"--certificate-oidc-issuer", s.Issuer, "--certificate-identity-regexp", "^https://github.com/"+repository+"/", artifact)
		cosign.Env = []string{"HOME=" + t.TempDir()}
		if out, err := cosign.CombinedOutput(); (err == nil) != good {
			t.Errorf("cosign for %s: %v\n%s", repository, err, out)
		}
	}
}
