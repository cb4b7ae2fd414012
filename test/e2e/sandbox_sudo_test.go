//go:build linux

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/org/cilock-action/test/nobody"
	"github.com/org/cilock-action/test/sandbox"
)

// sudoers is a machine with sudo and these rules, beside root's. They hold in
// the sandbox alone.
func sudoers(t *testing.T, rules ...string) func(*sandbox.Box) {
	t.Helper()
	needsSudo(t)
	file, empty := filepath.Join(t.TempDir(), "sudoers"), t.TempDir()
	text := "Defaults env_reset, use_pty\nroot ALL=(ALL:ALL) ALL\n" + strings.Join(rules, "\n") + "\n"
	if err := os.WriteFile(file, []byte(text), 0o440); err != nil {
		t.Fatal(err)
	}
	return func(b *sandbox.Box) {
		over(file, "/etc/sudoers")(b)
		over(empty, "/etc/sudoers.d")(b)
	}
}

// needsSudo skips where there is no sudo to stand in for, and fails in CI, which
// installs it.
func needsSudo(t *testing.T) {
	t.Helper()
	if _, err := os.Stat("/usr/bin/sudo"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("Debian's sudo is required: %v", err)
		}
		t.Skipf("Debian's sudo is not installed: %v", err)
	}
}

// everything lets nobody do all without a password, as hosted runners do.
const everything = "nobody ALL=(ALL:ALL) NOPASSWD: ALL"

// asks is a step that needs sudo.
const asks = `sudo -n id -u; sudo -n -u daemon id -un; `

// TestSudo is the matrix for a user with sudo: the tracer is root, and nothing
// is taken from the step.
func TestSudo(t *testing.T) {
	for _, test := range []struct {
		name  string
		rules []string
	}{
		{"everything", []string{everything}},
		{"logged", []string{"Defaults log_input, log_output, iolog_dir=/dev/shm/cilock-test-io", everything}},
		{"environment kept", []string{"Defaults !env_reset, setenv", everything}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := asNobody(t, sudoers(t, test.rules...), filesystem("tmpfs", "/dev/shm", ""))
			row{backend: "ebpf"}.check(t, p.unharmed(asks+privileges, "--trace=auto"))
		})
	}
}

// TestSudoPtrace: who asks for ptrace gets it, at the price that is stated.
func TestSudoPtrace(t *testing.T) {
	t.Parallel()
	p := asNobody(t, sudoers(t, everything))
	row{backend: "ptrace", limit: noSUID}.check(t, p.unharmed(self, "--trace=ptrace"))
	if r := p.run(p.cilock("sudo -n id -u", "--trace=ptrace")...); r.code == 0 || !strings.Contains(r.err, "no new privileges") {
		t.Errorf("the limit is not true any more: exit code %d\n%s%s", r.code, r.out, r.err)
	}
}

// TestSudoIsKept: where eBPF cannot be had and the step may use sudo, ptrace is
// not taken unasked, even if sudo does not grant what we would need.
func TestSudoIsKept(t *testing.T) {
	for _, test := range []struct {
		name, rule, script, reason string
		change                     func(*sandbox.Box)
	}{
		{"no BTF", everything, asks, "ebpf with sudo: eBPF cannot be used here: the kernel gives no type information", noBTF},
		{"another program", "nobody ALL=(ALL:ALL) NOPASSWD: /usr/bin/id", asks, "ebpf with sudo: the tracer did not start: sudo: a password is required", func(*sandbox.Box) {}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := asNobody(t, sudoers(t, test.rule), test.change)
			notWatched(t, p.unharmed(test.script+privileges, "--trace=auto"), test.reason, "ptrace: it would take sudo from the step (no_new_privs)")
			if r := p.run(p.cilock(test.script, "--trace=auto", "--fail-on=incomplete")...); r.code != 4 || !strings.HasPrefix(r.out, "0\ndaemon\n") {
				t.Errorf("exit code %d\n%s%s", r.code, r.out, r.err)
			}
		})
	}
}

// TestSudoOfNoUse: a sudo that does not work costs a bounded time, and then it
// is as if there were none.
func TestSudoOfNoUse(t *testing.T) {
	for _, test := range []struct{ name, rule, fake, reason string }{
		{"no rule", "", "", "the tracer did not start: sudo: a password is required"},
		{"password", "nobody ALL=(ALL:ALL) ALL", "", "the tracer did not start: sudo: a password is required"},
		{"terminal", "Defaults requiretty\n" + everything, "", "the tracer did not start: sudo: sorry, you must have a tty"},
		{"hangs", "", "sleep 1000 & echo $! > FOLDER/child; wait", "the tracer did not start within 5s"},
		{"chatters", "", "while :; do echo hello; echo goodbye >&2; done", "the tracer did not start"},
		{"garbage", "", "head -c 4096 /dev/urandom; exit 1", "the tracer did not start"},
		{"half a frame", "", `printf 'h\020'; sleep 1000 & echo $! > FOLDER/child; wait`, "the tracer did not start within 5s"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := asNobody(t, sudoers(t, test.rule))
			if test.fake != "" {
				p.put("sudo", "#!/bin/sh\n"+strings.ReplaceAll(test.fake, "FOLDER", p.dir)+"\n", 0o755)
				over(filepath.Join(p.dir, "sudo"), "/usr/bin/sudo")(&p.box)
			}
			row{"ptrace", []string{"ebpf with sudo: " + test.reason}, noSUID}.check(t, p.unharmed(self, "--trace=auto"))
			if child, err := os.ReadFile(filepath.Join(p.dir, "child")); err == nil {
				awaitEnd(t, number(t, strings.TrimSpace(string(child))))
			}
		})
	}
}

// TestSudoStubborn: a sudo that hangs as root cannot be ended by its user.
func TestSudoStubborn(t *testing.T) {
	needsSudo(t)
	t.Parallel()
	p := asNobody(t)
	program := nobody.Command(t, p.dir).Path
	if err := os.Chmod(program, 0o755|os.ModeSetuid); err != nil {
		t.Fatal(err)
	}
	over(program, sandbox.Sudo)(&p.box)
	row{"ptrace", []string{"ebpf with sudo: the tracer did not start within 5s"}, noSUID}.check(t, p.unharmed(self, "--trace=auto"))
}

// TestSudoHangs: a sudo that waits for something else than a password.
func TestSudoHangs(t *testing.T) {
	t.Parallel()
	p := asNobody(t, sudoers(t, everything))
	fifo := filepath.Join(p.dir, "fifo")
	if err := unix.Mkfifo(fifo, 0o666); err != nil {
		t.Fatal(err)
	}
	p.put("hang", "#!/bin/sh\nexec cat "+fifo+"\n", 0o755)
	p.put("pam", fmt.Sprintf("auth sufficient pam_permit.so\naccount required pam_permit.so\nsession required pam_exec.so %s/hang\n", p.dir), 0o644)
	if err := os.Chown(filepath.Join(p.dir, "pam"), 0, 0); err != nil {
		t.Fatal(err)
	}
	over(filepath.Join(p.dir, "pam"), "/etc/pam.d/sudo")(&p.box)
	t.Cleanup(func() { // lets them all go
		if w, err := os.OpenFile(fifo, os.O_RDWR, 0); err == nil {
			w.Close()
		}
	})
	row{"ptrace", []string{"ebpf with sudo: the tracer did not start within 5s"}, noSUID}.check(t, p.unharmed(self, "--trace=auto"))
}
