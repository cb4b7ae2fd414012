//go:build unix

// Package nobody runs tests once more as a user without rights. Root reads
// everything, so what a permission forbids can only be seen as somebody else;
// whoever is not root runs the tests so anyway.
package nobody

import (
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// Rerun runs the calling test, which must be no subtest, as the user nobody if
// it runs as root, and then reports true: the test is done.
func Rerun(t *testing.T) bool {
	t.Helper()
	if os.Geteuid() != 0 {
		return false
	}
	temp := Folder(t, os.TempDir())
	out, err := Command(t, temp, "-test.v", "-test.run=^"+t.Name()+"$").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("as nobody: %v\n%s", err, out)
	}
	return true
}

// Folder makes a folder below parent that is nobody's own.
func Folder(t *testing.T, parent string) string {
	t.Helper()
	temp, err := os.MkdirTemp(parent, "nobody-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(temp) })
	id := credential(t)
	if err := os.Chown(temp, int(id.Uid), int(id.Gid)); err != nil {
		t.Fatal(err)
	}
	return temp
}

// Command is this test's own program as nobody, in a folder that Folder made.
func Command(t *testing.T, temp string, args ...string) *exec.Cmd {
	t.Helper()
	program := filepath.Join(temp, "nobody.test")
	copyProgram(t, program)
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = temp
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + temp, "TMPDIR=" + temp}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: credential(t)}
	return cmd
}

func credential(t *testing.T) *syscall.Credential {
	t.Helper()
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	uid, err := strconv.ParseUint(nobody.Uid, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	gid, err := strconv.ParseUint(nobody.Gid, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

// copyProgram copies this test's own program, which lies in a folder that only
// its user can enter. The lock keeps other tests from starting a process
// meanwhile: it would inherit the descriptor, and a program that is open for
// writing can not be run (ETXTBSY).
func copyProgram(t *testing.T, to string) {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}
