//go:build unix

package main

import (
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/org/cilock-action/internal/action"
)

// TestRefsCancelled: a server that hangs does not keep a cancelled run, which
// does not end as if all had been looked at.
func TestRefsCancelled(t *testing.T) {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	signals := make(chan os.Signal, 2)
	signals <- syscall.SIGCONT // asks for nothing
	go func() {
		for {
			c, err := server.Accept()
			if err != nil {
				return
			}
			defer c.Close()
			select {
			case signals <- syscall.SIGTERM: // when somebody waits for an answer
			default:
			}
		}
	}()
	file := filepath.Join(t.TempDir(), "ci.yml")
	if err := os.WriteFile(file, []byte("jobs: {a: {steps: [{uses: a/b@v1}]}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	address := "http://" + server.Addr().String()
	in := action.RefsInputs{Paths: []string{file}, Resolve: action.ResolveOnline, Format: "json"}
	d := action.Deps{
		Signals: signals, Sink: action.QuietSink(io.Discard),
		Environ: []string{"GITHUB_SERVER_URL=" + address, "GITHUB_API_URL=" + address + "/api/v3", "PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()},
	}
	code, err := refsInputs(t.Context(), in, d)
	if code != 128+int(syscall.SIGTERM) || err == nil || !strings.Contains(err.Error(), "ended by SIGTERM") {
		t.Errorf("exit code %d, %v", code, err)
	}
}

// TestCancelledTwice: the second signal does not wait for what ignores the first.
func TestCancelledTwice(t *testing.T) {
	signals := make(chan os.Signal, 2)
	signals <- syscall.SIGINT
	signals <- syscall.SIGINT
	stop := make(chan struct{})
	defer close(stop)
	if name := untilCancelled(t.Context(), signals, func(context.Context) { <-stop }); name != "SIGINT" {
		t.Errorf("ended by %q", name)
	}
}
