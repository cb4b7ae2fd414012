package policy

import (
	"context"
	"os"
	"os/exec"
	"testing"
)

// TestMain lets this test be the evaluating process, too.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == Verb {
		if err := Serve(os.Stdin, os.Stdout); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// sandbox starts this test as the evaluating process.
func sandbox(t testing.TB) Sandbox {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Sandbox{Command: func(ctx context.Context) *exec.Cmd {
		cmd := exec.CommandContext(ctx, self, Verb)
		cmd.Env = []string{}
		return cmd
	}}
}
