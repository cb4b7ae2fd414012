package stack

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// startDeadline is how long a program may take to answer, on a machine that is
// busy with everything else; it takes 0.2 s.
const startDeadline = 2 * time.Minute

// maxLog bounds what is kept of a program's log, in bytes: its end.
const maxLog = 256 << 10

// start runs a program that prints one line of JSON when it serves and ends at
// the end of its standard input, which is the end of the test. Its log is shown
// if the test fails.
func start(t testing.TB, answer any, binary string, args ...string) {
	t.Helper()
	cmd := exec.Command(binary, args...)
	log := new(tail)
	cmd.Stderr = log
	// The services read the environment too: nothing of a job's may reach them.
	cmd.Env = without(os.Environ(), "ACTIONS_", "SIGSTORE_", "REKOR_", "FULCIO_", "TIMESTAMP_", "OTEL_", "GODEBUG=")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", binary, err)
	}
	t.Cleanup(func() {
		stdin.Close()
		end(t, cmd)
		if t.Failed() {
			t.Logf("the log of %s:\n%s", cmd.Path, log)
		}
	})
	late := time.AfterFunc(startDeadline, func() { _ = cmd.Process.Kill() })
	defer late.Stop()
	line, err := bufio.NewReader(io.LimitReader(stdout, 1<<20)).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, answer)
	}
	if err != nil {
		t.Fatalf("start %s: its answer %q: %v", binary, line, err)
	}
}

// end waits for a program whose input has ended, and kills it if it stays.
func end(t testing.TB, cmd *exec.Cmd) {
	kill := time.AfterFunc(startDeadline, func() { _ = cmd.Process.Kill() })
	defer kill.Stop()
	if err := cmd.Wait(); err != nil {
		t.Errorf("%s did not end well: %v", cmd.Path, err)
	}
}

// without returns the environment less variables that begin so.
func without(environ []string, prefixes ...string) []string {
	var kept []string
next:
	for _, v := range environ {
		for _, p := range prefixes {
			if strings.HasPrefix(v, p) {
				continue next
			}
		}
		kept = append(kept, v)
	}
	return kept
}

// tail keeps the last maxLog bytes, at most twice as much for a moment.
type tail struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (w *tail) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.buf.Len() > maxLog {
		w.buf.Next(w.buf.Len() - maxLog)
	}
	return w.buf.Write(p)
}

func (w *tail) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.buf.String()
}
