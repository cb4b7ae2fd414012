package dockerstub_test

import (
	"bufio"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/org/cilock-action/test/dockerstub"
)

// TestRecords: arguments and environment come back as they were, whatever is in
// them, and a command that nobody answers is an error and not a success.
func TestRecords(t *testing.T) {
	stub := dockerstub.Install(t, dockerstub.Answers{})
	args := []string{"run", "-e", "A", "alpine", "", "a\nb", `"`, "--", "ä"}
	cmd := exec.Command(stub.Path, args...)
	cmd.Env, cmd.Dir = []string{"A=x\ny"}, stub.Dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	calls := stub.Calls(t)
	if len(calls) != 1 || !slices.Equal(calls[0].Args, args) || !slices.Contains(calls[0].Env, "A=x\ny") || calls[0].Dir == "" {
		t.Errorf("recorded %q, want %q", calls, args)
	}
	out, err := exec.Command(stub.Path, "swarm", "init").CombinedOutput()
	if err == nil || !strings.Contains(string(out), `"swarm init" is not a command that it knows`) {
		t.Errorf("swarm init: %v, %s", err, out)
	}
}

// TestHold: a container that holds ends when its client is told to, and says so.
func TestHold(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no process can be interrupted here")
	}
	stub := dockerstub.Install(t, dockerstub.Answers{Runs: []dockerstub.Run{{Hold: true}}})
	cmd := exec.Command(stub.Path, "run", "alpine")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "holding\n" {
		t.Fatalf("printed %q, %v", line, err)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 130 {
		t.Errorf("ended with %v, want 130", err)
	}
	if calls := stub.Calls(t); len(calls) != 2 || calls[1].Signal != "interrupt" {
		t.Errorf("recorded %q", calls)
	}
}
