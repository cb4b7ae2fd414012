//go:build linux

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/attest"
)

// behaviourRule is a published rule about what a step may touch, unchanged. It
// reads a command-run attestation.
const behaviourRule = "testdata/behaviour.rego"

// harvest does what the thieves of March 2026 did, to a file of its own.
const harvest = `cat /proc/self/environ > /tmp/runner_collected_1.txt; rm -f /tmp/runner_collected_1.txt`

// watched runs a script under cilock and returns its evidence.
func watched(t *testing.T, backend, script string) *attest.Verified {
	t.Helper()
	program := cilock(t)
	dir := t.TempDir()
	k := newKeys(t)
	if err := os.WriteFile(filepath.Join(dir, "key.pem"), []byte(k.private), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "run", "--trace="+backend, "--key", "key.pem", "--outfile", "e.json", "--attestations", "", "--", "sh", "-c", script)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + dir}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
	return k.evidence(t, filepath.Join(dir, "e.json"))
}

// TestBehaviourRule: a script that collects its environment is denied, whoever
// watches it, and one that builds something is not.
func TestBehaviourRule(t *testing.T) {
	for _, backend := range backends(t) {
		t.Run(backend, func(t *testing.T) {
			v := watched(t, backend, harvest)
			denied := strings.Join(denials(t, v, behaviourRule, attest.TypeCommandRun), "\n")
			for _, want := range []string{"opened /tmp/runner_collected_1.txt", "read /proc/self/environ"} {
				if !strings.Contains(denied, want) {
					t.Errorf("the rule says %q, want %q", denied, want)
				}
			}
			body := section[attest.Trace](t, v, attest.TypeTrace)
			if body.Backend != backend || !body.Inlined || body.Sidecar != nil {
				t.Errorf("backend %q, inlined %t", body.Backend, body.Inlined)
			}
			unlinked := slices.ContainsFunc(body.Writes, func(c attest.TraceChange) bool {
				return c.Operation == "unlink" && c.Path == "/tmp/runner_collected_1.txt"
			})
			if !unlinked {
				t.Errorf("no unlink among the writes %+v", body.Writes)
			}
			complete(t, v, backend)
			if denied := denials(t, watched(t, backend, "cat /etc/hostname > out.txt"), behaviourRule, attest.TypeCommandRun); len(denied) > 0 {
				t.Errorf("an innocent script is denied: %q", denied)
			}
		})
	}
}

// complete checks that the evidence says that it saw everything.
func complete(t *testing.T, v *attest.Verified, backend string) {
	t.Helper()
	for _, row := range section[attest.Completeness](t, v, attest.TypeCompleteness).Collectors {
		if row.Name != "trace" {
			continue
		}
		if row.State != attest.StateRan || row.Backend != backend || len(row.Gaps) > 0 || row.Lost != 0 || row.Received == 0 ||
			row.Attempted != row.Received+row.Deduplicated {
			t.Errorf("the account of the trace is %+v", row)
		}
	}
}

// backends are those that must work here: both for root, ptrace for everybody.
func backends(t *testing.T) []string {
	t.Helper()
	if os.Geteuid() == 0 {
		return []string{"ebpf", "ptrace"}
	}
	return []string{"ptrace"}
}

// TestBehaviourOfNobody: a user without rights is watched with ptrace, and the
// evidence says why not with eBPF.
func TestBehaviourOfNobody(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("TestUnprivileged runs it as somebody else")
	}
	v := watched(t, "auto", harvest)
	body := section[attest.Trace](t, v, attest.TypeTrace)
	if body.Backend != "ptrace" || len(body.Instead) != 1 || !strings.HasPrefix(body.Instead[0], "ebpf") {
		t.Errorf("backend %q instead of %q", body.Backend, body.Instead)
	}
	if len(denials(t, v, behaviourRule, attest.TypeCommandRun)) < 2 {
		t.Error("the rule does not see the harvest")
	}
	if !slices.ContainsFunc(body.Limits, func(s string) bool { return strings.Contains(s, "no_new_privs") }) {
		t.Errorf("limits %q do not say what the filter takes from the step", body.Limits)
	}
}
