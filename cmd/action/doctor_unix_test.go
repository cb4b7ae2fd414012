//go:build unix

package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/org/cilock-action/test/nobody"
)

// TestDoctorUnprivileged: a user without rights is told what that costs, and
// which folders are not theirs.
func TestDoctorUnprivileged(t *testing.T) {
	if os.Geteuid() != 0 || runtime.GOOS != "linux" {
		t.Skip("needs root, to become somebody without rights")
	}
	dir := nobody.Folder(t, os.TempDir())
	cmd := nobody.Command(t, dir, "doctor")
	program := filepath.Join(dir, "cilock") // the name that TestMain knows it by
	if err := os.Rename(cmd.Path, program); err != nil {
		t.Fatal(err)
	}
	cmd.Path, cmd.Args[0] = program, program
	private := t.TempDir()
	if err := os.Chmod(private, 0o700); err != nil {
		t.Fatal(err)
	}
	cmd.Env = []string{"PATH=/nowhere", "HOME=" + dir, "TMPDIR=" + dir, "RUNNER_TOOL_CACHE=" + private}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{
		"; missing: ebpf, ", "\nmissing: ebpf: ", "\n  fix: run as root, or let the runner's user use sudo without a password",
		"\nmissing: sudo: ", "\n  cost: without rights of our own, eBPF cannot be used\n", "\nmissing: tool-cache: " + private + " cannot be written: permission denied\n",
		"\nok: temp: " + dir + " can be written\n", "\nok: fips: ",
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("no %q in:\n%s", want, out)
		}
	}
}
