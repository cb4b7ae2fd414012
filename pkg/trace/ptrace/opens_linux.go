//go:build amd64 || arm64

package ptrace

import (
	"encoding/binary"

	"github.com/org/cilock-action/pkg/trace"
	"golang.org/x/sys/unix"
)

// openCalls are those that make a descriptor of a file, and mmap, which makes
// code of one.
func openCalls() []*call {
	opens := func(name string, leave func(*tracer, *thread, int64)) *call {
		return &call{name: name, class: classFile, leave: leave}
	}
	return []*call{
		opens("open", func(t *tracer, th *thread, result int64) {
			t.opened(th, unix.AT_FDCWD, th.args[0], int(th.args[1]), result)
		}),
		opens("creat", func(t *tracer, th *thread, result int64) {
			t.opened(th, unix.AT_FDCWD, th.args[0], unix.O_CREAT|unix.O_WRONLY|unix.O_TRUNC, result)
		}),
		opens("openat", func(t *tracer, th *thread, result int64) {
			t.opened(th, th.int(0), th.args[1], int(th.args[2]), result)
		}),
		opens("openat2", func(t *tracer, th *thread, result int64) {
			t.opened(th, th.int(0), th.args[1], t.openHow(th, th.args[2]), result)
		}),
		opens("open_by_handle_at", func(t *tracer, th *thread, result int64) {
			t.opened(th, th.int(0), 0, int(th.args[2]), result)
			m := th.message(trace.Syscall)
			m.Op, m.Errno = th.call.name, errnoOf(result)
			t.tell(classSyscall, m)
		}),
		{
			name: "mmap", class: classFile, enter: (*tracer).mapping,
			when: []clause{{2, anyBit, []uint32{unix.PROT_EXEC}}, {4, positive, nil}},
		},
		{
			name: "mmap2", class: classFile, enter: (*tracer).mapping,
			when: []clause{{2, anyBit, []uint32{unix.PROT_EXEC}}, {4, positive, nil}},
		},
		{name: "old_mmap", class: classFile, enter: func(t *tracer, th *thread) verdict {
			copy(th.args[:], t.mem.words(th.tid, th.args[0], 4, 6)) // where no filter can look
			if th.args[2]&unix.PROT_EXEC == 0 || th.int(4) < 0 {
				return ignore
			}
			return t.mapping(th)
		}},
	}
}

// int is an argument that is an int for the kernel.
func (th *thread) int(arg int) int { return int(int32(th.args[arg])) }

func errnoOf(result int64) int { return int(max(-result, 0)) }

// openHow reads the flags of struct open_how.
func (t *tracer) openHow(th *thread, addr uint64) int {
	var raw [8]byte
	t.mem.copy(th.tid, addr, raw[:])
	return int(int32(binary.LittleEndian.Uint64(raw[:])))
}

// opened tells of an open. Its object is found through the descriptor, by the
// kernel; what the program called it is beside that.
func (t *tracer) opened(th *thread, dir int, addr uint64, flags int, result int64) {
	if result == -int64(unix.ENOENT) {
		t.drop(classFile)
		t.notFound++
		return
	}
	m := th.message(trace.Open)
	m.Access = access(flags)
	name, ok := t.given(th, addr)
	if result < 0 {
		m.Errno = errnoOf(result)
		if !ok && addr != 0 {
			t.unreadable(classFile, result)
			return
		}
		m.Path, m.Marks = t.absolute(th, dir, name), m.Marks|trace.StringOnly
		t.send(classFile, m)
		return
	}
	if !t.describe(th, &m, int(result)) && t.killed(th) {
		t.lose(classFile) // it returned to nobody
		return
	}
	if m.Path == "" {
		m.Path, m.Marks = t.absolute(th, dir, name), m.Marks|trace.StringOnly
	} else {
		t.setName(th, &m, dir, name)
	}
	t.send(classFile, m)
}

// unreadable settles a call that failed and whose name is not in memory. The
// kernel could not read it either, or the process is gone.
func (t *tracer) unreadable(c class, result int64) {
	if result == -int64(unix.EFAULT) {
		t.drop(c)
		return
	}
	t.lose(c)
}

// describe puts the object behind a descriptor into a message. If it cannot, that
// counts, unless the thread is gone with its descriptors.
func (t *tracer) describe(th *thread, m *trace.Message, fd int) bool {
	o, ok := t.lookAt(fdName(t.name[:], th.tid, fd))
	if !ok {
		if !t.killed(th) {
			t.degraded++
		}
		return false
	}
	m.Path, m.Dev, m.Ino = o.path, o.dev, o.ino
	m.Marks |= o.marks | t.foreign(th, o)
	if o.dir {
		m.Access |= trace.Directory
	}
	return true
}

// killed reports whether the thread has left its stop, which only its end does.
func (t *tracer) killed(th *thread) bool {
	var info callInfo
	return info.get(th.tid) == unix.ESRCH
}

// access reads the flags of open(2).
func access(flags int) trace.Access {
	if flags&unix.O_PATH != 0 {
		return trace.PathOnly // the kernel ignores nearly all others
	}
	var a trace.Access
	switch flags & unix.O_ACCMODE {
	case unix.O_RDONLY:
		a = trace.Read
	case unix.O_WRONLY:
		a = trace.Write
	case unix.O_RDWR:
		a = trace.Read | trace.Write
	}
	if flags&unix.O_CREAT != 0 {
		a |= trace.Create
	}
	if flags&unix.O_TRUNC != 0 {
		a |= trace.Truncate
	}
	if flags&unix.O_APPEND != 0 {
		a |= trace.Append
	}
	return a
}

// mapping is told before it happens, and so without its result: the descriptor
// says all, a failure is rare, and each shared library costs one stop, not two.
func (t *tracer) mapping(th *thread) verdict {
	m := th.message(trace.Open)
	m.Access = trace.Mapped
	t.describe(th, &m, th.int(4))
	if m.Path == "" {
		return ignore // a descriptor that is not open: the call fails
	}
	t.tell(classFile, m)
	return settled
}
