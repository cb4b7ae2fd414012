//go:build amd64 || arm64

package ptrace

import (
	"path"
	"strconv"
	"strings"

	"github.com/org/cilock-action/pkg/trace"
	"golang.org/x/sys/unix"
)

// given reads a name at the exit of the call that it was given to. By then the
// kernel has read it too, so that it is in memory: read earlier, it might have
// to come from a FUSE server that is one of our tracees, stopped. Either way
// another thread of the process can put a different name there in between.
func (t *tracer) given(th *thread, addr uint64) (string, bool) {
	s, ok := t.mem.text(th.tid, addr)
	return string(s), ok
}

// absolute is a name as seen from the caller, made absolute in text: symbolic
// links and ".." stay. dir is the descriptor that it is relative to.
func (t *tracer) absolute(th *thread, dir int, name string) string {
	base := ""
	switch {
	case strings.HasPrefix(name, "/"):
		if t.rooted {
			base = strings.TrimSuffix(t.linkText(th.tid, "root"), "/")
		}
	case dir == unix.AT_FDCWD:
		base = t.linkText(th.tid, "cwd")
	default:
		base = t.linkText(th.tid, "fd/"+strconv.Itoa(dir))
	}
	if name == "" {
		return base
	}
	return tidy(base + "/" + name)
}

// tidy takes out what means nothing in a path, and only that: which folder a/../
// is depends on what a is.
func tidy(name string) string {
	if strings.Contains(name, "/..") {
		return name
	}
	return path.Clean(name)
}

// own replaces the names that mean something else to each reader by those of
// th, so that the tracer can look there.
func (t *tracer) own(th *thread, name string) string {
	process := "/proc/" + strconv.Itoa(th.proc.pid)
	for _, names := range [][2]string{
		{"/proc/self/", process + "/"},
		{"/proc/thread-self/", process + "/task/" + strconv.Itoa(th.tid) + "/"},
		{"/dev/fd/", process + "/fd/"},
	} {
		if rest, ok := strings.CutPrefix(name, names[0]); ok {
			return names[1] + rest
		}
	}
	return name
}

// setName puts the program's name beside the kernel's path if it says anything
// else, and marks the two if they contradict each other.
func (t *tracer) setName(th *thread, m *trace.Message, dir int, name string) {
	if name == "" || sameName(m.Path, name) {
		return
	}
	m.Name = name
	if path.Base(name) == path.Base(m.Path) || m.Marks&(trace.Foreign|trace.Deleted|trace.Memfd) != 0 {
		return
	}
	// The last component was a symbolic link, or another thread put another
	// object behind the descriptor. Where nothing is cached nothing is said.
	there, ok := t.resolve(t.own(th, t.absolute(th, dir, name)))
	if ok && (there.dev != m.Dev || there.ino != m.Ino) {
		m.Marks |= trace.Contested
	}
}

// sameName is whether name, absolute or relative to some folder, says no more
// than the path does.
func sameName(full, name string) bool {
	if strings.HasPrefix(name, "/") {
		return full == name || full == tidy(name)
	}
	if strings.HasPrefix(name, "../") || strings.Contains(name, "/..") {
		return false
	}
	rest, ok := strings.CutSuffix(full, path.Clean(name))
	return ok && strings.HasSuffix(rest, "/")
}
