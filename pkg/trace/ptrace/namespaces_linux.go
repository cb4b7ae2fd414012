//go:build amd64 || arm64

package ptrace

import (
	"encoding/binary"
	"strconv"
	"strings"

	"github.com/org/cilock-action/pkg/trace"
	"golang.org/x/sys/unix"
)

// processCalls change where a process lives, or make one that lives elsewhere.
func processCalls() []*call {
	return []*call{
		{name: "clone", class: classSyscall, enter: (*tracer).clone, leave: (*tracer).cloned, when: []clause{
			{0, anyBit, []uint32{namespaces | unix.CLONE_UNTRACED}},
		}},
		{name: "clone3", class: classSyscall, enter: (*tracer).clone3, leave: (*tracer).cloned3},
		{name: "unshare", class: classSyscall, leave: (*tracer).noted, when: []clause{
			{0, anyBit, []uint32{namespaces | unix.CLONE_NEWTIME}},
		}, enter: func(t *tracer, th *thread) verdict {
			return t.moving(th, "unshare", namespaceNames(th.args[0]))
		}},
		{name: "setns", class: classSyscall, leave: (*tracer).noted, enter: func(t *tracer, th *thread) verdict {
			return t.moving(th, "setns", join(" ", t.descriptor(th, th.int(0)), namespaceNames(th.args[1])))
		}},
		{name: "chroot", class: classSyscall, leave: func(t *tracer, th *thread, result int64) {
			t.rerooted(th, "chroot", t.textAt(th, 0), result)
		}},
		{name: "pivot_root", class: classSyscall, leave: func(t *tracer, th *thread, result int64) {
			t.rerooted(th, "pivot_root", t.textAt(th, 0), result)
		}},
	}
}

// clone takes CLONE_UNTRACED from the flags: a child made with it would not be
// ours, and without a tracer the filter makes its calls fail.
func (t *tracer) clone(th *thread) verdict {
	flags := th.args[0]
	if flags&unix.CLONE_UNTRACED != 0 {
		if errno := th.setFirst(flags &^ unix.CLONE_UNTRACED); errno != 0 {
			t.gapUntraced(th)
		}
	}
	return t.moving(th, "clone", namespaceNames(flags&^unix.CLONE_NEWTIME))
}

// cloned gives the register back as it was.
func (t *tracer) cloned(th *thread, result int64) {
	if argumentsSurvive && th.args[0]&unix.CLONE_UNTRACED != 0 {
		th.setFirst(th.args[0])
	}
	t.noted(th, result)
}

// clone3 has its flags in memory: every one stops, and most are of no interest.
func (t *tracer) clone3(th *thread) verdict {
	var raw [8]byte // flags are first in struct clone_args
	t.mem.copy(th.tid, th.args[0], raw[:])
	flags := binary.LittleEndian.Uint64(raw[:])
	if flags&(namespaces|unix.CLONE_NEWTIME|unix.CLONE_UNTRACED) == 0 {
		return ignore
	}
	th.args[1] = flags // in place of the size, which is not needed
	if flags&unix.CLONE_UNTRACED != 0 {
		if errno := request(unix.PTRACE_POKEDATA, th.tid, uintptr(th.args[0]), uintptr(flags&^unix.CLONE_UNTRACED)); errno != 0 {
			t.gapUntraced(th)
		}
	}
	return t.moving(th, "clone3", namespaceNames(flags))
}

// cloned3 gives the memory back as it was.
func (t *tracer) cloned3(th *thread, result int64) {
	if th.args[1]&unix.CLONE_UNTRACED != 0 {
		request(unix.PTRACE_POKEDATA, th.tid, uintptr(th.args[0]), uintptr(th.args[1]))
	}
	t.noted(th, result)
}

func (t *tracer) gapUntraced(th *thread) {
	t.gap("process " + strconv.Itoa(th.proc.pid) + " made a child that cannot be traced (CLONE_UNTRACED)")
}

// moving prepares the message of a change of namespaces. The mark is set before
// it happens: a child made so may stop before its maker does.
func (t *tracer) moving(th *thread, op, target string) verdict {
	m := th.message(trace.Syscall)
	m.Op, m.Target = op, target
	th.told = append(th.told[:0], m)
	th.proc.moved = true
	return await
}

// rerooted is true for all from then on: pivot_root changes the roots of other
// processes too, and clone can share one.
func (t *tracer) rerooted(th *thread, op, target string, result int64) {
	m := th.message(trace.Syscall)
	m.Op, m.Target, m.Errno = op, target, errnoOf(result)
	t.send(classSyscall, m)
	t.rooted = t.rooted || result == 0
}

// namespaceNames spells out the flags that make or choose namespaces, and the
// one that asks for a child which nobody sees.
func namespaceNames(flags uint64) string {
	var out []string
	for _, f := range []struct {
		bit  uint64
		name string
	}{
		{unix.CLONE_NEWTIME, "CLONE_NEWTIME"},
		{unix.CLONE_NEWNS, "CLONE_NEWNS"},
		{unix.CLONE_NEWCGROUP, "CLONE_NEWCGROUP"},
		{unix.CLONE_NEWUTS, "CLONE_NEWUTS"},
		{unix.CLONE_NEWIPC, "CLONE_NEWIPC"},
		{unix.CLONE_NEWUSER, "CLONE_NEWUSER"},
		{unix.CLONE_NEWPID, "CLONE_NEWPID"},
		{unix.CLONE_NEWNET, "CLONE_NEWNET"},
		{unix.CLONE_UNTRACED, "CLONE_UNTRACED"},
	} {
		if flags&f.bit != 0 {
			out = append(out, f.name)
		}
	}
	return strings.Join(out, "|")
}
