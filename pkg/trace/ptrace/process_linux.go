//go:build amd64 || arm64

package ptrace

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/org/cilock-action/pkg/trace"
	"golang.org/x/sys/unix"
)

// forked is told by whoever made a thread or a process. Its own first stop
// comes next, or has come before, and then it may even have ended.
func (t *tracer) forked(th *thread) {
	tid, errno := eventMessage(th.tid)
	if errno != 0 || t.threads[tid] != nil || t.early[tid] {
		delete(t.early, tid)
		return
	}
	if isThreadOf(th.proc.pid, tid) {
		t.add(tid, th.proc)
		return
	}
	s, ok := t.readStatus(tid)
	if !ok || s.tracer == 0 {
		return // its end has come before, too: its maker, stopped, has not buried it yet
	}
	s.parent = th.proc.pid
	t.newProcess(tid, th.proc, s)
}

// adopt makes a thread known that stops for the first time and that nobody has
// told of, perhaps because its maker was killed on the way to us. nil: it is
// gone again.
func (t *tracer) adopt(tid int) *thread {
	s, ok := t.readStatus(tid)
	if !ok {
		return nil
	}
	t.early[tid] = true
	if p := t.groups[s.group]; p != nil && s.group != tid {
		return t.add(tid, p)
	}
	return t.newProcess(tid, t.groups[s.parent], s)
}

// newProcess adds a process; maker may be nil.
func (t *tracer) newProcess(tid int, maker *process, s status) *thread {
	p := &process{pid: s.group, moved: true} // the careful way
	if maker != nil {
		p.moved = maker.moved
	}
	th := t.add(tid, p)
	t.tellFork(p, s)
	return th
}

func (t *tracer) tellFork(p *process, s status) {
	t.tell(classProcess, trace.Message{
		Kind: trace.Fork, PID: p.pid, Parent: s.parent, Comm: s.comm, UID: uint32(s.uid),
	})
}

// isThreadOf asks procfs, where clone's flags could only be read from registers.
func isThreadOf(pid, tid int) bool {
	return unix.Access("/proc/"+strconv.Itoa(pid)+"/task/"+strconv.Itoa(tid), unix.F_OK) == nil
}

// isDead is true for a zombie too.
func isDead(tid int) bool {
	var buf [512]byte
	text := readProc(tid, "stat", buf[:])
	end := bytes.LastIndexByte(text, ')') // the name before may have anything in it
	if end < 0 || end+2 >= len(text) {
		return true
	}
	return text[end+2] == 'Z' || text[end+2] == 'X'
}

// gone is the end of a thread, and with the first thread's that of its process:
// the kernel tells that one last.
func (t *tracer) gone(tid int, state unix.WaitStatus) {
	th := t.threads[tid]
	if th == nil {
		th = t.adopt(tid) // killed before its first stop, and a zombie now
	}
	if th == nil {
		return
	}
	t.abandon(th, unix.EINTR)
	delete(t.threads, tid)
	p := th.proc
	p.threads--
	if tid != p.pid {
		return
	}
	delete(t.groups, p.pid)
	m := trace.Message{Kind: trace.Exit, PID: p.pid}
	if state.Signaled() {
		m.Signal = int(state.Signal())
	} else {
		m.Code = state.ExitStatus()
	}
	t.tell(classProcess, m)
}

// executed is told under the ID of the process, whichever of its threads called
// exec; all others are gone or about to be. It returns the thread that is left.
func (t *tracer) executed(th *thread) *thread {
	p := th.proc
	former, errno := eventMessage(th.tid)
	if errno != 0 {
		return th
	}
	if caller := t.threads[former]; former != th.tid && caller != nil && caller.proc == p {
		t.abandon(th, unix.EINTR)
		delete(t.threads, former)
		p.threads--
		caller.tid = th.tid
		t.threads[th.tid] = caller
		th = caller
	}
	if t.handler != nil {
		t.tellExec(th, former)
	}
	return th
}

func (t *tracer) tellExec(th *thread, former int) {
	pid := th.proc.pid
	m := th.message(trace.Exec)
	if former != pid {
		m.Marks |= trace.InAThread
	}
	if exe, ok := t.lookAt(procName(t.name[:], pid, "exe")); ok {
		m.Path, m.Dev, m.Ino = exe.path, exe.dev, exe.ino
		m.Marks |= exe.marks | t.foreign(th, exe)
	} else {
		t.degraded++
	}
	m.Access = trace.Executed
	var cut bool
	if m.Args, cut = splitArgs(readProc(pid, "cmdline", t.text[:trace.MaxArg+1])); cut {
		m.Marks |= trace.ArgsCut
	}
	m.Cwd = t.linkText(pid, "cwd")
	if s, ok := t.readStatus(pid); ok {
		m.Comm, m.UID = s.comm, uint32(s.uid)
	}
	t.tellName(th, &m)
	t.tell(classProcess, m)
}

// splitArgs cuts what /proc/PID/cmdline has into arguments, within the bounds
// of a message. The kernel ends each with NUL.
func splitArgs(text []byte) (args []string, cut bool) {
	if len(text) > trace.MaxArg {
		text, cut = text[:trace.MaxArg], true
	}
	if text = bytes.TrimSuffix(text, []byte{0}); len(text) == 0 {
		return nil, cut
	}
	args = strings.Split(string(text), "\x00")
	if len(args) > trace.MaxArgs {
		args, cut = args[:trace.MaxArgs], true
	}
	return args, cut
}

// tellName says what was asked for where that is not the file that was loaded:
// a link to it, or a script. The kernel keeps that name for the program, as
// AT_EXECFN of its auxiliary vector (getauxval(3)).
func (t *tracer) tellName(th *thread, m *trace.Message) {
	asked := t.execName(th)
	if asked == "" || asked == m.Path {
		return
	}
	m.Name = asked
	if !isScript(asked, m.Args) {
		return
	}
	name := t.own(th, t.absolute(th, unix.AT_FDCWD, asked))
	there, ok := t.resolve(name)
	switch {
	case ok && there.dev == m.Dev && there.ino == m.Ino:
	case ok:
		m.Script = there.path
	default:
		m.Script = t.absolute(th, unix.AT_FDCWD, asked)
	}
	if m.Script == m.Name {
		m.Name = ""
	}
}

// isScript is whether this can be one: the kernel then puts its name behind the
// interpreter and at most one argument of that.
func isScript(asked string, args []string) bool {
	return len(args) > 1 && args[1] == asked || len(args) > 2 && args[2] == asked
}

const atExecFn = 31 // AT_EXECFN of include/uapi/linux/auxvec.h

// execName is the name that was given to exec.
func (t *tracer) execName(th *thread) string {
	word := 8
	if t.info.get(th.tid) == 0 && t.info.arch&auditArch64 == 0 {
		word = 4
	}
	var raw [1024]byte
	var at uint64
	vector := appendWords(nil, readProc(th.proc.pid, "auxv", raw[:]), word)
	for ; len(vector) >= 2; vector = vector[2:] {
		if vector[0] == atExecFn {
			at = vector[1]
		}
	}
	name, _ := t.mem.text(th.tid, at)
	return string(name)
}

const auditArch64 = 0x80000000 // __AUDIT_ARCH_64BIT
