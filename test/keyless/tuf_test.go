//go:build unix

package keyless

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/org/cilock-action/test/stack"
	"github.com/org/cilock-action/test/tufrepo"
)

// TestThroughTUF: what a private instance publishes is fetched once, and then
// enough to sign and to verify.
func TestThroughTUF(t *testing.T) {
	s := stack.Start(t)
	targets := map[string][]byte{}
	for name, path := range map[string]string{"trusted_root.json": s.TrustedRoot, "signing_config.v0.2.json": s.SigningConfig} {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		targets[name] = content
	}
	r := tufrepo.Start(t, targets)
	r.Rotate(t)
	j := newJob(t, s.Env)
	j.write("1.root.json", string(r.Root))

	said := j.passes(j.cilock("trusted-root", "--tuf-mirror", r.URL, "--tuf-root", "1.root.json", "--signing-config", "services.json"))
	want(t, said, "cilock: trusted root: trusted_root.json, from 127.0.0.1", "cilock: signing configuration: services.json")
	j.passes(j.run("--keyless", "--signing-config=services.json", "--require-signing"))
	asked := len(r.Asked())
	want(t, j.passes(j.cilock("verify", "--verify-repo=octo-org/octo-repo", "--trusted-root=trusted_root.json", "--bundle=e.json", "out.txt")), "pass")
	if len(r.Asked()) != asked {
		t.Error("verify asked the repository")
	}

	t.Run("refused", func(t *testing.T) {
		r.Publish(t, targets, time.Now().Add(-time.Minute).UTC())
		was, err := os.ReadFile(filepath.Join(j.dir, "trusted_root.json"))
		if err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{
			{"--tuf-root", "1.root.json"}, // expired
			{},                            // Sigstore's own root
		} {
			said, code := j.cilock(append([]string{"trusted-root", "--timeout=5s", "--tuf-mirror", r.URL}, args...)...)
			want(t, said, "cilock: fetch the trusted root: the TUF repository (")
			if code != 1 {
				t.Errorf("exit code %d", code)
			}
		}
		for _, args := range [][]string{
			{"--tuf-root", "1.root.json", "-o", "./1.root.json"},
			{"-o", "o.json", "--signing-config", "./o.json"},
			{"-o", "/dev/null"},
			{"--tuf-mirror", "http://example.com"},
			{"--tuf-root", "none.json"},
			{"--timeout", "soon"},
			{"argument"},
			{"--tuf-mirror"},
		} {
			if said, code := j.cilock(append([]string{"trusted-root"}, args...)...); code != 2 && code != 1 {
				t.Errorf("%v: exit code %d: %s", args, code, said)
			}
		}
		if is, err := os.ReadFile(filepath.Join(j.dir, "trusted_root.json")); err != nil || string(is) != string(was) {
			t.Errorf("what was fetched before has changed: %v", err)
		}
	})
}
