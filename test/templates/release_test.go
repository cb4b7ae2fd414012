//go:build unix

package templates

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/org/cilock-action/test/stack"
)

const releaseWorkflow = `
on: push
jobs:
  build:
    permissions: {contents: read, id-token: write}
    uses: org/cilock-action/.github/workflows/trace-build.yml@` + pinned + `
    with:
      command: mkdir dist && echo built | tee dist/app > dist/other.txt
      products: dist
      resolve: local
      fulcio-url: FULCIO
      rekor-url: REKOR
      timestamp-url: TSA
  gate:
    needs: build
    permissions: {contents: read}
    uses: org/cilock-action/.github/workflows/gate-release.yml@` + pinned + `
    with:
      trusted-root: trusted_root.json
      policy: P.signed.json
      policy-key: policy.pub
      signed-by: org/cilock-action/.github/workflows/trace-build.yml@` + pinned + `
  release:
    needs: gate
    runs-on: ubuntu-latest
    steps:
      - id: released
        env:
          SUMS: ${{ needs.gate.outputs.sha256sums }}
          VERDICT: ${{ needs.gate.outputs.verdict }}
          DIGEST: ${{ needs.gate.outputs.policy-digest }}
        run: echo "$VERDICT $DIGEST"; echo "$SUMS"
`

func TestRelease(t *testing.T) {
	s := stack.Start(t)
	text := strings.NewReplacer("FULCIO", s.FulcioURL, "REKOR", s.RekorURL, "TSA", s.TSAURL).Replace(releaseWorkflow)
	c := newConsumer(t, text)
	c.withSigstore(s, nil)
	r := c.run()
	t.Log(r.Text())
}

// claims are those of a job of the consumer's run in trace-build.
func claims(commit string) map[string]any {
	return map[string]any{
		"repository": "acme/consumer", "sub": "repo:acme/consumer:ref:refs/heads/main", "repository_owner": "acme",
		"sha": commit, "run_id": "1", "run_attempt": "1", "workflow_ref": "acme/consumer/.github/workflows/ci.yml@refs/heads/main", "workflow_sha": commit,
		"job_workflow_ref": "org/cilock-action/.github/workflows/trace-build.yml@" + pinned, "job_workflow_sha": pinned,
	}
}

// withSigstore gives the consumer the instance's root, a policy, and tokens.
func (c *consumer) withSigstore(s *stack.Stack, change map[string]any) {
	c.t.Helper()
	root, err := os.ReadFile(s.TrustedRoot)
	if err != nil {
		c.t.Fatal(err)
	}
	dir := c.t.TempDir()
	private, public := newKey(c.t)
	for name, text := range map[string]string{"author.pem": private, "P.yaml": plan} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			c.t.Fatal(err)
		}
	}
	cilock(c.t, dir, "policy", "build", "P.yaml", "-o", "P.json")
	cilock(c.t, dir, "policy", "sign", "--key", "author.pem", "P.json", "-o", "P.signed.json")
	signed, err := os.ReadFile(filepath.Join(dir, "P.signed.json"))
	if err != nil {
		c.t.Fatal(err)
	}
	c.files["trusted_root.json"], c.files["P.signed.json"], c.files["policy.pub"] = string(root), string(signed), public
	for _, kv := range s.Env {
		name, value, _ := strings.Cut(kv, "=")
		c.env[name] = value
	}
	c.ready = func(commit string) {
		all := claims(commit)
		for name, value := range change {
			all[name] = value
		}
		s.SetClaims(all)
	}
}

const plan = `
expires: 2099-12-31
steps:
  build:
    functionaries:
      - keyless:
          identity: https://github.com/org/cilock-action/.github/workflows/trace-build.yml@` + pinned + `
          repository: acme/consumer
          runner-environment: github-hosted
    makes-artifact: true
    attestations: [{type: command-run}, {type: material}, {type: product}, {type: trace}, {type: git}]
    packs: [baseline]
`
