package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestStepCannotReadOurEnvironment: a step of the same, unprivileged user
// cannot take the signing key from /proc, nor from its own environment.
func TestStepCannotReadOurEnvironment(t *testing.T) {
	dir, err := os.MkdirTemp("", "cilock-harden-") // t.TempDir is closed to other users
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	bin := filepath.Join(dir, "cilock")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	if err := genkey([]string{"ed25519", filepath.Join(dir, "k.pem"), filepath.Join(dir, "p.pem")}); err != nil {
		t.Fatal(err)
	}
	key, err := os.ReadFile(filepath.Join(dir, "k.pem"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []string{"k.pem", "p.pem"} { // unreadable files would be gaps
		if err := os.Remove(filepath.Join(dir, f)); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range []string{dir, bin} {
		if err := os.Chmod(f, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(bin, "run", "--key", "env://SIGNING_KEY", "--outfile", "e.json", "--",
		"sh", "-c", "tr '\\0' '\\n' < /proc/$PPID/environ; echo own; env")
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "SIGNING_KEY=" + string(key)}
	if os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "verdict: pass") || !strings.Contains(string(out), "own\n") {
		t.Fatalf("%v\n%s", err, out)
	}
	if strings.Contains(string(out), "PRIVATE KEY") {
		t.Errorf("the step got the key:\n%s", out)
	}
}
