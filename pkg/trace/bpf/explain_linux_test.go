//go:build amd64 || arm64

package bpf

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestReasons: where eBPF may not be used, Arm says why in one line.
func TestReasons(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("cannot become somebody else")
	}
	arm := trick(t, "arm")
	arm[0] = copyOf(t, arm[0])
	for _, test := range []struct {
		name string
		args []string
		as   *syscall.SysProcAttr
		want string
	}{
		{"another user", arm, &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}, "the process lacks CAP_BPF and CAP_PERFMON"},
		{"user namespace", arm, &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER,
			UidMappings: []syscall.SysProcIDMap{{Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{Size: 1}},
		}, "the capabilities are those of a user namespace"},
		{"seccomp", []string{arm[0], arm[1], "filtered"}, nil, "bpf(2) is refused although the capabilities are there, by a seccomp filter it seems"},
	} {
		t.Run(test.name, func(t *testing.T) {
			cmd := exec.Command(test.args[0], test.args[1:]...)
			cmd.Dir, cmd.SysProcAttr = "/", test.as
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			if got, want := strings.TrimSpace(string(out)), "true eBPF cannot be used here: "+test.want; got != want {
				t.Errorf("Arm says %q, not %q", got, want)
			}
		})
	}
}

// copyOf is the program where every user can run it: the folders of tests are
// closed to others.
func copyOf(t *testing.T, program string) string {
	t.Helper()
	b, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for d := dir; d != "/"; d = filepath.Dir(d) {
		if info, err := os.Stat(d); err == nil && info.Mode().Perm()&0o005 != 0o005 {
			if err := os.Chmod(d, info.Mode().Perm()|0o005); err != nil {
				t.Fatal(err)
			}
		}
	}
	to := filepath.Join(dir, "test")
	if err := os.WriteFile(to, b, 0o755); err != nil {
		t.Fatal(err)
	}
	return to
}
