//go:build amd64 || arm64

package ptrace

import (
	"bytes"
	"os"
	"strconv"
	"strings"

	"github.com/org/cilock-action/pkg/trace"
	"golang.org/x/sys/unix"
)

// mountCalls change what a path leads to.
func mountCalls() []*call {
	var all []*call
	add := func(name string, target func(*tracer, *thread) string) {
		all = append(all, &call{name: name, class: classSyscall, leave: func(t *tracer, th *thread, result int64) {
			m := th.message(trace.Syscall)
			m.Op, m.Errno, m.Target = name, errnoOf(result), target(t, th)
			t.send(classSyscall, m)
			if result >= 0 {
				t.mounted, t.mountIDs = true, nil
			}
		}})
	}
	name := func(t *tracer, th *thread) string { return t.textAt(th, 0) }
	from := func(t *tracer, th *thread) string { return t.textFrom(th, 0, 1) }
	add("mount", func(t *tracer, th *thread) string {
		return join(" ", join(" on ", t.textAt(th, 0), t.textAt(th, 1)), t.textAt(th, 2))
	})
	add("umount2", name)
	add("move_mount", func(t *tracer, th *thread) string {
		return join(" on ", t.textFrom(th, 0, 1), t.textFrom(th, 2, 3))
	})
	add("open_tree", from)
	add("open_tree_attr", from)
	add("fsopen", name)
	add("fspick", from)
	add("fsmount", func(_ *tracer, th *thread) string { return "flags " + strconv.Itoa(th.int(1)) })
	add("mount_setattr", from)
	return all
}

// foreign marks an object whose mount is none of the tracer's mount namespace:
// one of another namespace, or one that is attached nowhere. The kernel tells
// its path as seen from that mount's root. As long as nobody has made a
// namespace or a mount this cannot be.
func (t *tracer) foreign(th *thread, o object) trace.Marks {
	if !th.proc.moved && !t.mounted || !strings.HasPrefix(o.path, "/") || o.marks&trace.Memfd != 0 {
		return 0
	}
	if o.mount == 0 { // before Linux 5.8
		if t.linkText(th.tid, "ns/mnt") != t.mounts {
			return trace.Foreign
		}
		return 0
	}
	ours, known := t.mountIDs[o.mount]
	if !known {
		t.readMounts()
		ours = t.mountIDs[o.mount]
		t.mountIDs[o.mount] = ours
	}
	if !ours {
		return trace.Foreign
	}
	return 0
}

// readMounts lists the mounts of our namespace (proc_pid_mountinfo(5)). IDs are
// used again, so what is known is forgotten with each mount of the step.
func (t *tracer) readMounts() {
	text, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.gap("the mounts could not be read: " + err.Error())
	}
	if t.mountIDs == nil {
		t.mountIDs = map[uint64]bool{}
	}
	for line := range bytes.Lines(text) {
		id, _, _ := bytes.Cut(line, []byte{' '})
		if n, err := strconv.ParseUint(string(id), 10, 64); err == nil {
			t.mountIDs[n] = true
		}
	}
}

// mountOf is 0 if the kernel did not tell.
func mountOf(st *unix.Statx_t) uint64 {
	if st.Mask&unix.STATX_MNT_ID == 0 {
		return 0
	}
	return st.Mnt_id
}
