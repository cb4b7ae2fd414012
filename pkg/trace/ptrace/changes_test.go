//go:build linux && (amd64 || arm64)

package ptrace

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/trace"
	"golang.org/x/sys/unix"
)

func TestChanges(t *testing.T) {
	r, dir := in(t, program(t, "calls"), "changes")
	r.sound(t)
	if !r.state.Success() {
		t.Fatal(r.state, r.out)
	}
	// The kernel's object behind a descriptor, or the program's word.
	type change struct{ op, path, target string }
	file, sub := dir+"/file", dir+"/dir/sub"
	word := []change{
		{"mkdir", dir + "/dir", ""},
		{"mkdir", sub, ""},
		{"mknod", dir + "/fifo", ""},
		{"mknod", dir + "/dir/fifo", ""},
		{"link", file, dir + "/hard"},
		{"link", file, dir + "/dir/hard"},
		{"symlink", dir + "/soft", "to/nowhere"},
		{"symlink", dir + "/dir/soft", "to/nowhere"},
		{"rename", dir + "/hard", dir + "/renamed"},
		{"rename", dir + "/dir/hard", dir + "/dir/renamed"},
		{"rename", dir + "/renamed", dir + "/again"},
		{"chmod", file, ""},
		{"chmod", sub, ""},
		{"chown", file, ""},
		{"chown", dir + "/soft", ""},
		{"chown", sub, ""},
		{"truncate", file, ""},
		{"setxattr", file, ""},
		{"utimes", file, ""},
		{"utimes", file, ""},
		{"utimes", sub, ""},
		{"unlink", dir + "/dir/fifo", ""},
		{"rmdir", sub, ""},
		{"unlink", dir + "/fifo", ""},
		{"mkdir", dir + "/empty", ""},
		{"rmdir", dir + "/empty", ""},
		{"rmdir", dir + "/dir", ""},
	}
	object := []change{
		{"chmod", file, ""},
		{"chown", file, ""},
		{"chown", file, ""},
		{"truncate", file, ""},
		{"setxattr", file, ""},
		{"utimes", file, ""},
	}
	var gotWord, gotObject []change
	for _, m := range r.find(trace.File) {
		c := change{m.Op, m.Path, m.Target}
		if m.Marks == trace.StringOnly && m.Ino == 0 {
			gotWord = append(gotWord, c)
		} else if m.Marks == 0 && m.Ino != 0 {
			gotObject = append(gotObject, c)
		}
		if wrong := m.Errno != 0; wrong != (c == change{"rmdir", dir + "/dir", ""}) && m.Op != "setxattr" {
			t.Errorf("errno of %+v", m)
		}
	}
	if !slices.Equal(gotWord, word) {
		t.Errorf("by name:\n%v, want\n%v", gotWord, word)
	}
	if !slices.Equal(gotObject, object) {
		t.Errorf("by descriptor:\n%v, want\n%v", gotObject, object)
	}
	if m := r.find(trace.File, onPath(dir+"/dir"), func(m trace.Message) bool { return m.Op == "rmdir" }); m[0].Errno != int(unix.ENOTEMPTY) {
		t.Errorf("a folder that is not empty: %+v", m)
	}
}

// TestForeign: a path is marked if it is not to be found where it says.
func TestForeign(t *testing.T) {
	r, dir := in(t, program(t, "calls"), "mounts")
	if r.state.ExitCode() == 77 {
		t.Skip("no mount namespaces for this user")
	}
	r.sound(t)
	for access, marks := range map[trace.Access]trace.Marks{
		trace.Write | trace.Create: 0,
		trace.Read:                 trace.Foreign,
		trace.Read | trace.Write:   0,
		trace.Write | trace.Append: trace.Foreign,
	} {
		m := r.one(t, trace.Open, by(r.pid), func(m trace.Message) bool {
			return filepath.Base(m.Path) == "file" && m.Access == access
		})
		if m.Marks != marks || marks == 0 && m.Path != dir+"/file" {
			t.Errorf("access %d: %+v, want marks %d", access, m, marks)
		}
	}
}

// TestUntraced: who asks for a child that nobody traces gets one that we do.
func TestUntraced(t *testing.T) {
	r, dir := in(t, program(t, "calls"), "untraced")
	r.sound(t)
	if !r.state.Success() || len(r.find(trace.Fork)) != 3 {
		t.Errorf("%v %s", r.state, r.dump())
	}
	r.one(t, trace.Open, onPath(dir+"/first"))
	r.one(t, trace.Open, onPath(dir+"/second"))
	for i, m := range r.find(trace.Syscall) {
		if m.Op != []string{"clone", "clone3"}[i] || m.Target != "CLONE_UNTRACED" || m.Errno != 0 {
			t.Errorf("%+v", m)
		}
	}
}

// TestTracerIsNotTraced: the two would wait for each other for ever.
func TestTracerIsNotTraced(t *testing.T) {
	r, dir := in(t, program(t, "calls"), "trace-tracer")
	r.sound(t)
	if !r.state.Success() {
		t.Error(r.state, r.out)
	}
	calls := r.find(trace.Syscall)
	if len(calls) < 4 || calls[0].Op != "ptrace" || calls[0].Errno != int(unix.EPERM) {
		t.Errorf("%+v", calls)
	}
	r.one(t, trace.Open, onPath(dir+"/made"))
}

func TestSuspicious(t *testing.T) {
	r, dir := in(t, program(t, "calls"), "suspicious")
	r.sound(t)
	var got []string
	for _, m := range r.find(trace.Syscall) {
		got = append(got, strings.TrimSpace(m.Op+" "+m.Target))
		if m.Op == "ptrace" && m.Errno != int(unix.EPERM) {
			t.Errorf("a traced process was traced: %+v", m)
		}
	}
	self, namespace := itoa(r.pid), ""
	if link, err := os.Readlink("/proc/self/ns/uts"); err == nil {
		namespace = link
	}
	want := []string{
		"ptrace PTRACE_TRACEME",
		"ptrace PTRACE_ATTACH process " + self,
		"process_vm_readv process " + self,
		"process_vm_writev process " + self,
		"memfd_create buffer",
		"bpf command 999",
		"perf_event_open process 77",
		"init_module options",
		"delete_module no_such_module",
		"userfaultfd flags 1073741824",
		"keyctl operation 9999",
		"add_key no-such-type its-name",
		"prctl PR_SET_DUMPABLE 1",
		"io_uring_setup entries 0",
		"pidfd_getfd process " + self + " descriptor 0",
		"mount from on onto no-such-fs",
		"move_mount " + dir + "/here on " + dir + "/there",
		"open_by_handle_at",
		"setns " + namespace + " CLONE_NEWUTS",
		"chroot no-such-folder",
		"pivot_root no-such-folder",
		"kexec_load segments 7",
		"clone CLONE_NEWUTS|CLONE_NEWUSER",
		"clone3 CLONE_NEWUSER|CLONE_NEWNET",
		"unshare CLONE_NEWNS|CLONE_NEWUSER",
	}
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Errorf("call %d: got %q, want %q", i, append(got, "none")[min(i, len(got))], append(want, "none")[min(i, len(want))])
		}
	}
}
