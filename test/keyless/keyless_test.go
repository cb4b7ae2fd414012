//go:build unix

package keyless

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/org/cilock-action/test/stack"
)

// TestKeyless: a job with id-token: write signs as its workflow, and a stranger
// verifies that with the instance's root and nothing else.
func TestKeyless(t *testing.T) {
	s := stack.Start(t)
	j := newJob(t, s.Env)
	said, code := j.run(services(s))
	if code != 0 {
		t.Fatalf("exit code %d:\n%s", code, said)
	}
	want(t, said, "cilock: verdict: pass", "cilock: signer: https://github.com/octo-org/octo-repo/")
	if _, err := os.Stat(filepath.Join(j.dir, "e.json.pub")); err == nil {
		t.Error("a key was written that nobody needs")
	}

	elsewhere := newJob(t, nil)
	elsewhere.dir = j.dir
	for _, bundle := range []string{"e.json", "e.json.slsa.json"} {
		said, code := elsewhere.verify(s, bundle)
		if code != 0 {
			t.Errorf("verify %s: exit code %d:\n%s", bundle, code, said)
		}
		want(t, said, "ok    log entry", "ok    trusted time", "ok    SCT", "ok    identity")
	}
	said, code = elsewhere.verify(s, "e.json", "--verify-ref=refs/heads/other")
	if code == 0 {
		t.Errorf("another ref was accepted:\n%s", said)
	}
}

// TestKeylessFalse: a job may have its token for something else, and says so.
func TestKeylessFalse(t *testing.T) {
	s := stack.Start(t)
	j := newJob(t, s.Env)
	said, code := j.run(services(s), "--keyless=false")
	if code != 0 {
		t.Fatalf("exit code %d:\n%s", code, said)
	}
	want(t, said, "cilock: verdict: warn", "cilock: signer: none (local key")
	if said, code = j.run(services(s), "--keyless=false", "--require-signing"); code != 2 {
		t.Errorf("with --require-signing: exit code %d:\n%s", code, said)
	}
}
