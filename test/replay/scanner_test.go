//go:build linux

package replay

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/org/cilock-action/internal/verdict"
)

// The scanner by the tag that was moved, and by a commit. Nobody is asked about
// it: the names are those that the published rule trusts.
const (
	moved  = "actions/scanner@v1"
	pinned = "actions/scanner@5b1d0a9c7e3f42a68d90b1c2e4f56a7089bcdef1"
)

// worker starts a process beside the step that knows a secret, as the runner's own
// process does, and puts its number into the job's variables.
func (j *job) worker() {
	j.t.Helper()
	cmd := exec.CommandContext(j.t.Context(), "sleep", "3600")
	cmd.Env = []string{"WORKER_TOKEN=" + j.secrets["worker's token"]}
	if err := cmd.Start(); err != nil {
		j.t.Fatal(err)
	}
	j.t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended with the context
		_ = cmd.Wait()
	})
	j.env = append(j.env, "WORKER="+strconv.Itoa(cmd.Process.Pid))
}

// TestMovedTag: a scanner that is used by its tag has other code one day, which
// prints the job's secrets, encoded twice, within its log.
func TestMovedTag(t *testing.T) {
	for _, backend := range backends() {
		t.Run(backend, func(t *testing.T) {
			t.Parallel()
			attack := newJob(t, moved)
			attack.policy()
			attack.worker()
			command := attack.action(moved, "loud.sh")

			// Within the step the reference alone is enough: nothing of it is executed.
			code, _, said := attack.run(backend, true, command...)
			if code != 3 || attack.denied == "" {
				t.Errorf("the gate: exit code %d\n%s", code, ours(said))
			}
			if _, err := os.Stat(filepath.Join(attack.workspace, "report.txt")); err == nil || len(attack.server.received("/report")) > 0 {
				t.Error("the scanner was started")
			}

			// Without a policy it plays to its end, and the evidence is judged later.
			code, printed, said := attack.run(backend, false, command...)
			if code != 0 || !strings.Contains(said, "cilock: verdict: warn\n") {
				t.Fatalf("with no policy: exit code %d\n%s", code, ours(said))
			}
			_, log, _ := strings.Cut(printed, "is updated\n")
			log, _, _ = strings.Cut(log, "2026-")
			loot := decoded(decoded([]byte(log)))
			for _, what := range []string{"a variable", "worker's token"} {
				if !bytes.Contains(loot, []byte(attack.secrets[what])) {
					t.Fatalf("the attack does not work: %s is not in what it printed", what)
				}
			}

			twin := newJob(t, pinned)
			twin.policy()
			twin.worker()
			honest(t, twin, backend, twin.action(pinned, ""))

			// The worker's token is in no variable of the job: a rule about its form finds it.
			found := attack.verify()
			if !slices.ContainsFunc(found.Findings, func(f verdict.Finding) bool {
				return strings.Contains(f.Found, "github-app-token") && strings.Contains(f.Found, "stdout")
			}) {
				t.Errorf("the worker's token is not found: %+v", found.Findings)
			}
			attack.judge("moved tag", backend, found, twin.verify())
		})
	}
}

// TestCovert: the same scanner, pinned to a commit that is bad, prints nothing. It
// gathers its loot in a temporary file, packs it, and sends it away.
//
// The content layer has nothing to see: neither output nor products hold a secret.
// That it is silent here is asserted, so that nobody claims otherwise.
func TestCovert(t *testing.T) {
	for _, backend := range backends() {
		t.Run(backend, func(t *testing.T) {
			t.Parallel()
			attack := newJob(t, pinned)
			attack.policy()
			// The gate has nothing against a pin. After the step the policy denies it.
			code, printed, said := attack.run(backend, true, attack.action(pinned, "covert.sh")...)
			if code != 3 {
				t.Errorf("exit code %d\n%s", code, ours(said))
			}
			if printed != "scanner: 1 files, nothing found\n" {
				t.Error("the attack is not covert: it printed something")
			}
			if _, err := os.Stat(attack.at("e.json.slsa.json")); err == nil {
				t.Error("a step that is denied has provenance")
			}
			loot := unpacked(t, attack.server.received("/loot"))
			for _, what := range []string{"a variable", "a cloud's key", "an SSH key"} {
				if !bytes.Contains(loot, []byte(attack.secrets[what])) {
					t.Fatalf("the attack does not work: %s was not sent", what)
				}
			}

			twin := newJob(t, pinned)
			twin.policy()
			honest(t, twin, backend, twin.action(pinned, ""))

			judged := attack.verify()
			if said, claimed := judged.denials()["baseline/secrets"]; claimed {
				t.Errorf("the content layer claims to see what it cannot: %s", said)
			}
			if code, said, _ := attack.cilock("verify", "--policy", "pack:baseline", "--key", attack.at("step.pub"), "--bundle", attack.at("e.json"), "report.txt"); code != 0 {
				t.Errorf("pack:baseline alone sees it, which the documentation denies: exit code %d\n%s", code, said)
			}
			attack.judge("covert variant", backend, judged, twin.verify())
		})
	}
}

// honest runs a twin under the policy, which passes it within the step too.
func honest(t *testing.T, j *job, backend string, command []string) {
	t.Helper()
	code, _, said := j.run(backend, true, command...)
	if code != 0 || !strings.Contains(said, "cilock: verdict: pass\n") {
		t.Errorf("the twin: exit code %d\n%s", code, ours(said))
	}
	if got := j.server.received("/report"); string(got) != "clean\n" || len(j.server.received("/loot")) > 0 {
		t.Errorf("the twin reported %q", got)
	}
	if _, err := os.Stat(j.at("e.json.slsa.json")); err != nil {
		t.Errorf("the twin has no provenance: %v", err)
	}
}

// decoded is what base64 of a log stands for, whatever its lines.
func decoded(text []byte) []byte {
	out, err := base64.StdEncoding.DecodeString(string(bytes.ReplaceAll(text, []byte("\n"), nil)))
	if err != nil {
		return nil
	}
	return out
}

// unpacked is the one file of an archive.
func unpacked(t *testing.T, archive []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		t.Fatalf("the attack does not work: what it sent: %v", err)
	}
	files := tar.NewReader(z)
	if _, err := files.Next(); err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(files)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
