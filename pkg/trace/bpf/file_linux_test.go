//go:build amd64 || arm64

package bpf

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/org/cilock-action/pkg/trace"
)

// real is a name without links.
func real(t testing.TB, name string) string {
	t.Helper()
	p, err := filepath.EvalSymlinks(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestFiles runs shell lines in an empty folder $D with a file f.
func TestFiles(t *testing.T) {
	for _, test := range []struct {
		name string
		run  string
		want []string
	}{
		{"links", "ln f hard; ln -s f soft; cat hard soft; exec 9<f; cat /proc/self/fd/9", []string{
			"file link $D/f -> $D/hard [string]", "file symlink $D/soft -> f [string]",
			"open $D/hard read", "open $D/f as soft read", "open $D/f as /proc/self/fd/N read",
		}},
		{"other names", "cat /proc/self/environ f; mkdir -p a/b; cat a/../f; cd a; cat ../f; ln -s ../a/b l; ls l/", []string{
			"open $D/f read", "open $D/a/b as l/ read directory",
		}},
		{"flags", ": >new; : >>new; : <>new; ls .", []string{
			"open $D/new write create truncate", "open $D/new write create append", "open $D/new read write create", "open $D read directory",
		}},
		{"changes", "mkdir d; mv f d/g; chmod 600 d/g; touch -d @0 d/g; rm d/g; rmdir d; mknod p p; truncate -s 1 t", []string{
			"file mkdir $D/d [string]", "file rename $D/f -> $D/d/g [string]", "file chmod $D/d/g [string]", "file utimes $D/d/g [string]",
			"file unlink $D/d/g [string]", "file rmdir $D/d [string]", "file mknod $D/p [string]", "file truncate $D/t",
		}},
		{"failures", "cat f/x /etc/none; mkdir f; rmdir /; true", []string{
			"open $D/f/x read [string] errno 20", "file rmdir / [string] errno 16",
		}},
		{"namespace", "unshare -m cat f", []string{"open $D/f read [foreign]", "call unshare -> mnt [foreign]"}},
		{"network namespace", "unshare -n true", []string{"call unshare -> net"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := folder(t)
			all, account := record(t, "sh", "-c", "cd "+dir+"; "+test.run)
			for i, line := range test.want {
				test.want[i] = strings.ReplaceAll(line, "$D", dir)
			}
			lacks(t, all, test.want...)
			if test.name == "failures" && account.NotFound == 0 {
				t.Error("the open of a name that is not there was not counted")
			}
			if test.name == "other names" {
				literal(t, all)
			}
		})
	}
}

// literal wants the name that a policy looks for beside the object.
func literal(t *testing.T, all []trace.Message) {
	t.Helper()
	for _, m := range all {
		if m.Kind == trace.Open && m.Path == fmt.Sprintf("/proc/%d/environ", m.PID) && m.Name == "/proc/self/environ" {
			return
		}
	}
	t.Error("/proc/self/environ was not seen")
}

// folder is an empty one with a file f, in a place where all components are
// shorter than what they stand for in the tests.
func folder(t testing.TB) string {
	t.Helper()
	dir := real(t, t.TempDir())
	if err := os.WriteFile(filepath.Join(dir, "f"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestTricks(t *testing.T) {
	tracer := fmt.Sprint(os.Getpid())
	for _, test := range []struct {
		args []string
		want []string
	}{
		{[]string{"handle", "$D/f"}, []string{"open $D/f read", "call open_by_handle_at -> $D/f"}},
		{[]string{"chroot", "$D"}, []string{"open $D/f as /f read", "file mkdir $D/made [string]", "call chroot -> $D"}},
		{[]string{"opath", "$D/f"}, []string{"open $D/f path", "open $D/f as /proc/self/fd/N write append"}},
		{[]string{"openat2", "$D"}, []string{"open $D/new read write create truncate"}},
		{[]string{"deleted", "$D/f"}, []string{"open $D/f as /proc/self/fd/N read [deleted]", "file unlink $D/f [string]"}},
		{[]string{"uring", "$D/f"}, []string{"open $D/f read" + unlessInside(t, " [string]"), "call io_uring -> openat", "call io_uring_setup"}},
		{[]string{"int80", "$D/f"}, []string{"open $D/f read"}},
		{[]string{"suspicion", tracer, "$D"}, []string{
			"call kill -> " + tracer, "call pidfd_send_signal -> the tracer", "call prctl -> PR_SET_DUMPABLE 0", "call keyctl -> operation 0",
			"call mount -> $D tmpfs none", "call umount2 -> $D",
		}},
	} {
		t.Run(test.args[0], func(t *testing.T) {
			if test.args[0] == "int80" && runtime.GOARCH != "amd64" {
				t.Skip("a gate of x86")
			}
			dir := folder(t)
			args := trick(t, test.args[0])
			for _, a := range test.args[1:] {
				args = append(args, strings.ReplaceAll(a, "$D", dir))
			}
			all, _ := record(t, args...)
			if test.args[0] == "int80" && slices.ContainsFunc(all, func(m trace.Message) bool { return m.Signal == int(syscall.SIGSEGV) }) {
				t.Skip("this machine has no 32-bit calls")
			}
			for i, line := range test.want {
				test.want[i] = strings.ReplaceAll(line, "$D", dir)
			}
			lacks(t, all, test.want...)
			for _, m := range pick(all, trace.Syscall) {
				if m.Op == "kill" && m.Target != tracer {
					t.Errorf("a signal to a process of its own is on record: %s", describe(m))
				}
			}
		})
	}
}
