package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestNoSpaceForEvidence: the step's result stands, the run says what was
// lost, exits with 1, and leaves no half of a file. It needs a full file
// system, so it mounts a small one; where that is not allowed it is skipped,
// but not in CI.
func TestNoSpaceForEvidence(t *testing.T) {
	full := t.TempDir()
	if err := syscall.Mount("tmpfs", full, "tmpfs", 0, "size=16k"); err != nil {
		if os.Getenv("CI") == "true" && os.Getuid() == 0 {
			t.Fatalf("mount a small file system: %v", err)
		}
		t.Skipf("mount a small file system: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(full, 0) })
	if err := os.WriteFile(filepath.Join(full, "ballast"), make([]byte, 12<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(t.TempDir(), "cilock")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	for _, test := range []struct {
		script string
		code   int
	}{{"echo hi > out.txt", 1}, {"echo hi > out.txt; exit 41", 41}} {
		cmd := exec.Command(bin, "run", "--step", "full", "--outfile", filepath.Join(full, "e.json"), "--", "sh", "-c", test.script)
		cmd.Dir = t.TempDir()
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		var exit *exec.ExitError
		if err := cmd.Run(); !errors.As(err, &exit) || exit.ExitCode() != test.code {
			t.Errorf("%s: %v, want exit code %d\n%s", test.script, err, test.code, stderr.String())
		}
		for _, want := range []string{"cilock: verdict: fail", "lost: write evidence", "no space left on device"} {
			if !strings.Contains(stderr.String(), want) {
				t.Errorf("%s: %q is not said:\n%s", test.script, want, stderr.String())
			}
		}
		if _, err := os.Stat(filepath.Join(cmd.Dir, "out.txt")); err != nil {
			t.Errorf("%s: the step's own product is gone: %v", test.script, err)
		}
		left, err := os.ReadDir(full)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range left {
			// The smaller documents may fit, and are then whole.
			if n := e.Name(); n == "e.json" || strings.HasPrefix(n, ".") {
				t.Errorf("%s: %s was left behind", test.script, n)
			}
		}
	}
}
