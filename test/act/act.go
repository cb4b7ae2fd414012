// Package act runs GitHub workflows in tests, on this host and without a
// container engine, with the real act program, and returns what the runner
// saw as typed events.
//
// act is more generous than GitHub's runner: it fills GITHUB_ACTION_REF and
// INPUT_* in composite run steps, limits neither annotations nor summaries,
// and gives a step a terminal as its output. What passes here can still fail
// there, so a rule of the runner is tested with the stand-in as well.
package act

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"
)

// Timeout bounds one act process, builds inside the workflow included. A
// workflow takes one to two seconds; the rest is for a cold build.
const Timeout = 8 * time.Minute

// maxLog bounds what is kept of act's output, in bytes.
const maxLog = 64 << 20

// Workflow is what a test asks act to run. Only Files is required, and must
// hold at least one .github/workflows/NAME.yml.
type Workflow struct {
	// Files is the consumer repository: slash-separated path to content. A
	// file that begins with "#!" is made executable.
	Files map[string]string

	// Actions maps owner/repo@ref to the folder that holds that action. The
	// key must be spelled exactly as the workflow's uses is, less any path;
	// act takes the folder as it is, so the ref is a label only.
	Actions map[string]string

	Env     map[string]string // added to every step's environment
	Secrets map[string]string // the secrets context; made-up values only
	Event   string            // event name; empty means push

	EventJSON string // the event's payload; empty means act's own

	// Ready is called with the consumer repository before anything runs; may be nil.
	Ready func(repo string)
}

// Result is what act reported.
type Result struct {
	Log      []Event // in the order of the log
	ExitCode int     // 0 if every job succeeded, else 1
	Stderr   string
	Repo     string // the consumer repository; steps run in a copy of it
}

// Run runs the workflow and returns what happened; a failing job is a result,
// not a failure of the test. The test is ended with a failure if act cannot be
// run or runs no job, and skipped only by -short or where act cannot work (see
// Binary).
func Run(t testing.TB, w Workflow) *Result {
	t.Helper()
	binary := Binary(t)
	work := t.TempDir()
	env := environ(t, work)
	repo := consumer(t, work, env, w.Files)

	if w.Ready != nil {
		w.Ready(repo)
	}
	args := []string{
		cmp.Or(w.Event, "push"), "-W", ".github/workflows", "-P", "ubuntu-latest=-self-hosted", "-P", "ubuntu-24.04=-self-hosted",
		"--no-cache-server", "--rm", "--json", "--action-cache-path", filepath.Join(work, "actions"),
	}
	for _, key := range slices.Sorted(maps.Keys(w.Actions)) {
		dir, err := filepath.Abs(w.Actions[key])
		if err != nil {
			t.Fatal(err)
		}
		args = append(args, "--local-repository", key+"="+dir)
	}
	for _, key := range slices.Sorted(maps.Keys(w.Env)) {
		args = append(args, "--env", key+"="+w.Env[key])
	}
	for _, key := range slices.Sorted(maps.Keys(w.Secrets)) {
		args = append(args, "--secret", key+"="+w.Secrets[key])
	}
	if w.EventJSON != "" {
		path := filepath.Join(work, "event.json")
		if err := os.WriteFile(path, []byte(w.EventJSON), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--eventpath", path)
	}

	ctx, cancel := context.WithTimeout(t.Context(), Timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Dir, cmd.Env = repo, env
	stdout, stderr := &bounded{max: maxLog}, &bounded{max: maxLog}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	cmd.WaitDelay = 10 * time.Second // a stray child may keep the pipe open
	killGroup(cmd)
	err := cmd.Run()
	if stdout.cut || stderr.cut {
		t.Fatalf("act printed more than %d bytes", maxLog)
	}
	if exit := (*exec.ExitError)(nil); err != nil && (ctx.Err() != nil || !errors.As(err, &exit)) {
		t.Fatalf("run act: %v\n%s\n%s", errors.Join(err, ctx.Err()), stdout, stderr)
	}
	log, err := Parse(stdout.Bytes())
	if err != nil {
		t.Fatalf("read the log of act: %v\n%s", err, stderr)
	}
	if !slices.ContainsFunc(log, func(e Event) bool { return e.JobID != "" }) {
		t.Fatalf("act ran no job (exit code %d):\n%s%s", cmd.ProcessState.ExitCode(), stdout, stderr)
	}
	r := &Result{Log: log, ExitCode: cmd.ProcessState.ExitCode(), Stderr: stderr.String(), Repo: repo}
	t.Cleanup(func() {
		if t.Failed() { // whoever reads the failure needs the log
			t.Logf("log of act (exit code %d):\n%s%s", r.ExitCode, r.Text(), r.Stderr)
		}
	})
	return r
}

// unsupported says why act cannot run workflows here, or nothing if it can.
func unsupported() string {
	if runtime.GOOS != "linux" && runtime.GOOS != "darwin" {
		return "act runs the steps in bash on the host, which " + runtime.GOOS + " lacks"
	}
	return ""
}
