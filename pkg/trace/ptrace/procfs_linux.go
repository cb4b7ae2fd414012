//go:build amd64 || arm64

package ptrace

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/org/cilock-action/pkg/trace"
	"golang.org/x/sys/unix"
)

// procName writes /proc/ID/what with a NUL at its end into buf.
func procName(buf []byte, id int, what string) []byte {
	buf = append(buf[:0], "/proc/"...)
	buf = strconv.AppendInt(buf, int64(id), 10)
	buf = append(buf, '/')
	buf = append(buf, what...)
	return append(buf, 0)
}

// fdName writes /proc/ID/fd/N with a NUL at its end into buf.
func fdName(buf []byte, id, fd int) []byte {
	buf = procName(buf, id, "fd/")
	buf = strconv.AppendInt(buf[:len(buf)-1], int64(fd), 10)
	return append(buf, 0)
}

// object is what a link of procfs leads to, in the kernel's words.
type object struct {
	path     string
	dev, ino uint64
	marks    trace.Marks
	mount    uint64 // the ID of its mount, 0 if the kernel does not tell
	dir      bool
}

// deletedSuffix is what the kernel appends to a name that is gone. A file may
// be called so as well.
const deletedSuffix = " (deleted)"

// lookAt reads the link name, which leads to an object that is open. ok is
// false if it could not be read: the process is gone, or is not for us to see.
// A path that is longer than the kernel tells is empty, and Cut.
func (t *tracer) lookAt(name []byte) (o object, ok bool) {
	n, errno := readlink(name, t.link[:])
	if errno == unix.ENAMETOOLONG {
		n, o.marks = 0, trace.Cut
	} else if errno != 0 {
		return object{}, false
	}
	known := cachedStat(name, &t.stat) == 0
	if known {
		o.dev, o.ino, o.dir = device(&t.stat), t.stat.Ino, t.stat.Mode&unix.S_IFMT == unix.S_IFDIR
		o.mount = mountOf(&t.stat)
	}
	text := t.link[:n]
	if cut, ok := bytes.CutSuffix(text, []byte(deletedSuffix)); ok && !(known && t.isCalled(string(text), o)) {
		text = cut
		o.marks |= trace.Deleted
	}
	if bytes.HasPrefix(text, []byte("/memfd:")) && o.marks&trace.Deleted != 0 {
		o.marks = o.marks&^trace.Deleted | trace.Memfd
	}
	o.path = string(text)
	return o, true
}

// isCalled tells a file with a name like "x (deleted)" from one that has lost
// its name.
func (t *tracer) isCalled(name string, o object) bool {
	there, ok := t.resolve(name)
	return ok && there.dev == o.dev && there.ino == o.ino
}

// resolve looks a name up in the tracer's own root, in the kernel's caches only
// (RESOLVE_CACHED, Linux 5.12): see cachedStat for why it must not wait.
func (t *tracer) resolve(name string) (object, bool) {
	fd, err := unix.Openat2(unix.AT_FDCWD, name, &unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: resolveCached})
	if err != nil {
		return object{}, false
	}
	defer unix.Close(fd)
	self := fdName(t.name[:], t.self, fd)
	n, errno := readlink(self, t.link[:])
	if errno != 0 || cachedStat(self, &t.stat) != 0 {
		return object{}, false
	}
	return object{path: string(t.link[:n]), dev: device(&t.stat), ino: t.stat.Ino}, true
}

const resolveCached = 0x20 // RESOLVE_CACHED of include/uapi/linux/openat2.h

// linkText is readlink for what is needed rarely.
func (t *tracer) linkText(id int, what string) string {
	n, errno := readlink(procName(t.name[:], id, what), t.link[:])
	if errno != 0 {
		return ""
	}
	return string(t.link[:n])
}

// readProc reads at most len(buf) bytes of a file of procfs; nothing if the
// process is gone.
func readProc(id int, what string, buf []byte) []byte {
	return readFile("/proc/"+strconv.Itoa(id)+"/"+what, buf)
}

func readFile(name string, buf []byte) []byte {
	fd, err := unix.Open(name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	defer unix.Close(fd)
	n, err := unix.Read(fd, buf) // procfs gives what there is at once
	if err != nil {
		return nil
	}
	return buf[:n]
}

// status is what is needed of /proc/ID/status (proc_pid_status(5)).
type status struct {
	comm               string
	group, parent, uid int
	tracer             int
}

// readStatus is false if there is no such thread any more.
func (t *tracer) readStatus(id int) (status, bool) {
	return parseStatus(readProc(id, "status", t.text[:]))
}

func parseStatus(text []byte) (s status, ok bool) {
	for len(text) > 0 {
		line, rest, _ := bytes.Cut(text, []byte{'\n'})
		text = rest
		key, value, _ := strings.Cut(string(line), ":\t")
		switch key {
		case "Name":
			s.comm = strings.NewReplacer(`\\`, `\`, `\n`, "\n").Replace(value)
		case "Tgid":
			s.group, ok = atoi(value), true
		case "PPid":
			s.parent = atoi(value)
		case "TracerPid":
			s.tracer = atoi(value)
		case "Uid": // real, effective, saved, file system
			if fields := strings.Fields(value); len(fields) > 1 {
				s.uid = atoi(fields[1])
			}
			return s, ok // what follows is not needed
		}
	}
	return s, ok
}

// atoi is 0 for what is no number.
func atoi(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}
