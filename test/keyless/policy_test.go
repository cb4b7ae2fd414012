//go:build unix

package keyless

import (
	"testing"

	"github.com/org/cilock-action/test/stack"
)

// TestPolicy: a workflow signs a policy with its identity, and that policy names a
// workflow as who may sign evidence. Both are verified with the instance's root.
func TestPolicy(t *testing.T) {
	s := stack.Start(t)
	j := newJob(t, s.Env)
	const workflow = "https://github.com/octo-org/octo-repo/.github/workflows/release.yml@refs/heads/main"
	plan := func(ref string) string {
		return `expires: 2099-12-31
version: 7
steps:
  build:
    functionaries:
      - keyless: {repository: octo-org/octo-repo, ref: ` + ref + `, runner-environment: github-hosted}
    attestations: [{type: command-run}, {type: material}, {type: product}]
`
	}
	j.write("good.yaml", plan("refs/heads/main"))
	j.write("other.yaml", plan("refs/heads/other"))
	for _, name := range []string{"good", "other"} {
		if said, code := j.cilock("policy", "build", name+".yaml", "-o", name+".json"); code != 0 {
			t.Fatalf("build: exit code %d:\n%s", code, said)
		}
		said, code := j.cilock("policy", "sign", services(s), name+".json", "-o", name+".signed.json")
		if code != 0 {
			t.Fatalf("sign: exit code %d:\n%s", code, said)
		}
	}
	said, code := j.run(services(s), "--policy=good.signed.json", "--policy-cert-identity-regexp=https://github.com/octo-org/octo-repo/.+", "--trusted-root="+s.TrustedRoot)
	if code != 0 {
		t.Fatalf("exit code %d:\n%s", code, said)
	}
	want(t, said, "cilock: verdict: pass", "policy: good.signed.json sha256:")

	elsewhere := newJob(t, nil)
	elsewhere.dir = j.dir
	verify := func(more ...string) (string, int) {
		return elsewhere.cilock(append([]string{"verify", "--bundle", "e.json", "--trusted-root", s.TrustedRoot}, append(more, "out.txt")...)...)
	}
	said, code = verify("--policy=good.signed.json", "--policy-cert-identity-regexp=https://github.com/octo-org/.+")
	if code != 0 {
		t.Errorf("exit code %d:\n%s", code, said)
	}
	want(t, said, "verdict: pass", "version 7", "1 distinct of 1 needed")
	for name, flags := range map[string][]string{
		"evidence of another ref":    {"--policy=other.signed.json", "--policy-cert-identity-regexp=https://github.com/octo-org/.+"},
		"a policy of somebody else":  {"--policy=good.signed.json", "--policy-cert-identity=" + workflow + "x"},
		"a policy by another issuer": {"--policy=good.signed.json", "--policy-cert-identity-regexp=.+", "--policy-cert-oidc-issuer=https://accounts.example"},
	} {
		if said, code := verify(flags...); code != 3 {
			t.Errorf("%s: exit code %d:\n%s", name, code, said)
		}
	}
}
