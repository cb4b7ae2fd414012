//go:build unix

package e2e

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/org/cilock-action/pkg/attest"
	"github.com/org/cilock-action/test/runner"
)

// sigintWait is how long the runner waits between SIGINT and SIGTERM.
const sigintWait = 7500 * time.Millisecond

// watcher cancels a job when its log says "ready".
type watcher struct {
	cancel context.CancelFunc
	at     time.Time // of the cancellation; read when the job is over
}

// Write gets the log by the line, one line at a time.
func (w *watcher) Write(p []byte) (int, error) {
	if string(p) == "ready\n" && w.at.IsZero() {
		w.at = time.Now()
		w.cancel()
	}
	return len(p), nil
}

// cancelled runs the action and cancels the job when the step says "ready". The
// runner's patience is the real one: SIGINT to the process that it started and
// to nobody else, SIGTERM after 7.5 s, the end after 2.5 s more.
func cancelled(t *testing.T, o runner.Options, with map[string]string) (*job, *runner.Result, time.Time) {
	t.Helper()
	return cancelledAfter(t, o, nil, with)
}

// cancelledWith is the same with files in the workspace, on a plain job.
func cancelledWith(t *testing.T, files, with map[string]string) (*job, *runner.Result, time.Time) {
	t.Helper()
	return cancelledAfter(t, runner.Options{}, files, with)
}

func cancelledAfter(t *testing.T, o runner.Options, files, with map[string]string) (*job, *runner.Result, time.Time) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w := &watcher{cancel: cancel}
	o.Log, o.SIGINTWait = w, sigintWait
	j := newJob(t, o)
	if files != nil {
		j.commit(files)
	}
	r := j.RunAction(ctx, j.call(with))
	if r.Conclusion != "cancelled" {
		t.Fatalf("the step ended in %s\n%s", r.Conclusion, r.Log)
	}
	return j, r, w.at
}

// checkCancelled wants evidence that was on disk before the runner lost its
// patience, says what happened, and verifies.
func checkCancelled(t *testing.T, j *job, r *runner.Result, at time.Time) {
	t.Helper()
	path := checkCancelledEvidence(t, j, r, at)
	again := j.verify(path, "half.txt")
	want(t, again, "success", 0)
	if again.Outputs["verdict"] == "pass" {
		t.Errorf("evidence of a cancelled step verifies as %s", again.Outputs["verdict"])
	}
}

// checkCancelledEvidence is the same without verifying; it returns the path.
func checkCancelledEvidence(t *testing.T, j *job, r *runner.Result, at time.Time) string {
	t.Helper()
	path := filepath.Join(j.Temp, "slow.cilock.json")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatalf("no evidence: %v\n%s", err, r.Log)
	}
	if sigterm := at.Add(sigintWait); !info.ModTime().Before(sigterm) {
		t.Errorf("the evidence is of %v, the runner's SIGTERM was due at %v", info.ModTime(), sigterm)
	}
	v := j.evidence(t, path)
	done := section[attest.Completeness](t, v, attest.TypeCompleteness)
	if !done.Started || done.Cancelled != "SIGINT" {
		t.Errorf("the evidence says started %v, cancelled by %q", done.Started, done.Cancelled)
	}
	if r.Outputs["evidence-path"] != path || r.Outputs["verdict"] == "pass" {
		t.Errorf("outputs are %v", r.Outputs)
	}
	if !strings.Contains(r.Log, "cancelled by SIGINT") {
		t.Errorf("the log does not say what happened:\n%s", r.Log)
	}
	return path
}

// TestCancelTrapped: the command cleans up and leaves.
func TestCancelTrapped(t *testing.T) {
	t.Parallel()
	j, r, at := cancelled(t, runner.Options{}, map[string]string{"step": "slow", "command": `
		trap 'echo cleaned up > half.txt; exit 9' INT
		echo ready
		while :; do sleep 0.1; done`})
	if r.ExitCode != 9 {
		t.Errorf("exit code %d, want the command's own", r.ExitCode)
	}
	checkCancelled(t, j, r, at)
	if text, err := os.ReadFile(filepath.Join(j.Workspace, "half.txt")); err != nil || string(text) != "cleaned up\n" {
		t.Errorf("the command could not clean up: %q, %v", text, err)
	}
}

// TestCancelIgnored: the command ignores both signals, as does its child.
func TestCancelIgnored(t *testing.T) {
	t.Parallel()
	j, r, at := cancelled(t, runner.Options{}, map[string]string{"step": "slow", "command": `
		trap '' INT TERM
		echo half > half.txt
		echo ready
		while :; do sleep 0.1; done`})
	checkCancelled(t, j, r, at)
	run := section[attest.CommandRun](t, j.evidence(t, r.Outputs["evidence-path"]), attest.TypeCommandRun)
	if run.Signal != "SIGKILL" || r.ExitCode != 137 {
		t.Errorf("the command ended by %q, the step with %d; want SIGKILL and 137", run.Signal, r.ExitCode)
	}
}

// TestCancelDuringBuild: the runner's signal reaches the script of action.yml,
// not the build that it waits for. A cancelled job must not start the command.
func TestCancelDuringBuild(t *testing.T) {
	t.Parallel()
	tools := t.TempDir()
	fifo := filepath.Join(tools, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	// A compiler that is slow and then works. Nobody writes to the fifo.
	script := `#!/bin/bash
[ "$1" != env ] || exit 0
echo ready
read -r -t 5 _ <> '` + fifo + `'
while [ "$1" != -o ]; do shift; done
cp '` + cilock(t) + `' "$2"
`
	if err := os.WriteFile(filepath.Join(tools, "go"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	j, r, _ := cancelled(t, runner.Options{PATH: tools + ":/usr/local/bin:/usr/bin:/bin"}, map[string]string{
		"command": "touch ran; echo the command ran", "binary-path": "",
	})
	if _, err := os.Lstat(filepath.Join(j.Workspace, "ran")); err == nil || strings.Contains(r.Log, "\nthe command ran\n") {
		t.Errorf("the command was started after the cancellation:\n%s", r.Log)
	}
	if r.ExitCode != 130 {
		t.Errorf("exit code %d, want that of SIGINT", r.ExitCode)
	}
}
