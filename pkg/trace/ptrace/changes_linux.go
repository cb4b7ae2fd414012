//go:build amd64 || arm64

package ptrace

import (
	"github.com/org/cilock-action/pkg/trace"
	"golang.org/x/sys/unix"
)

// change says where a call that changes a name or an object has its arguments;
// none is -1.
type change struct {
	op           string
	dir, name    int // of what is changed; without a name it is the descriptor itself
	toDir, to    int // the new name
	content      int // of a symbolic link
	flags        int // AT_ flags
	nullIsObject bool
}

const none = -1

// named changes what its first argument names.
func named(op string) change {
	return change{op: op, dir: none, name: 0, to: none, content: none, flags: none}
}

// behind changes what its first argument, a descriptor, is of.
func behind(op string) change {
	return change{op: op, dir: 0, name: none, to: none, content: none, flags: none}
}

// at changes what its second argument names, relative to its first.
func at(op string, flags int) change {
	return change{op: op, dir: 0, name: 1, to: none, content: none, flags: flags, nullIsObject: op == "utimes"}
}

// changeCalls are the calls of Kind File.
func changeCalls() []*call {
	var all []*call
	for name, c := range map[string]change{
		"unlink": named("unlink"), "unlinkat": at("unlink", 2), "rmdir": named("rmdir"),
		"mkdir": named("mkdir"), "mkdirat": at("mkdir", none), "mknod": named("mknod"), "mknodat": at("mknod", none),
		"chmod": named("chmod"), "fchmod": behind("chmod"), "fchmodat": at("chmod", none), "fchmodat2": at("chmod", 3),
		"chown": named("chown"), "lchown": named("chown"), "fchown": behind("chown"), "fchownat": at("chown", 4),
		"chown32": named("chown"), "lchown32": named("chown"), "fchown32": behind("chown"),
		"truncate": named("truncate"), "ftruncate": behind("truncate"),
		"truncate64": named("truncate"), "ftruncate64": behind("truncate"),
		"setxattr": named("setxattr"), "lsetxattr": named("setxattr"), "fsetxattr": behind("setxattr"), "setxattrat": at("setxattr", 2),
		"utime": named("utimes"), "utimes": named("utimes"), "futimesat": at("utimes", none),
		"utimensat": at("utimes", 3), "utimensat_time64": at("utimes", 3),

		"rename":    {op: "rename", dir: none, name: 0, toDir: none, to: 1, content: none, flags: none},
		"renameat":  {op: "rename", dir: 0, name: 1, toDir: 2, to: 3, content: none, flags: none},
		"renameat2": {op: "rename", dir: 0, name: 1, toDir: 2, to: 3, content: none, flags: none},
		"link":      {op: "link", dir: none, name: 0, toDir: none, to: 1, content: none, flags: none},
		"linkat":    {op: "link", dir: 0, name: 1, toDir: 2, to: 3, content: none, flags: 4},
		"symlink":   {op: "symlink", dir: none, name: 1, to: none, content: 0, flags: none},
		"symlinkat": {op: "symlink", dir: 1, name: 2, to: none, content: 0, flags: none},
	} {
		all = append(all, &call{name: name, class: classFile, leave: func(t *tracer, th *thread, result int64) {
			t.changed(th, c, result)
		}})
	}
	return all
}

// changed tells of a change, or of one that was refused. What was not there is
// counted with the opens that found nothing.
func (t *tracer) changed(th *thread, c change, result int64) {
	if result == -int64(unix.ENOENT) {
		t.drop(classFile)
		t.notFound++
		return
	}
	m := th.message(trace.File)
	m.Op, m.Errno = c.op, errnoOf(result)
	flags := 0
	if c.flags != none {
		flags = th.int(c.flags)
	}
	if c.op == "unlink" && flags&unix.AT_REMOVEDIR != 0 {
		m.Op = "rmdir"
	}
	ok := t.subject(th, c, flags, &m)
	if ok && c.to != none {
		m.Target, ok = t.fullName(th, c.toDir, c.to)
	}
	if ok && c.content != none {
		m.Target, ok = t.given(th, th.args[c.content])
	}
	if !ok {
		t.unreadable(classFile, result)
		return
	}
	t.send(classFile, m)
}

// subject is what is changed: the object behind a descriptor, which the kernel
// names, or a name.
func (t *tracer) subject(th *thread, c change, flags int, m *trace.Message) bool {
	if c.name == none || th.args[c.name] == 0 && c.nullIsObject {
		return t.changedObject(th, c, m)
	}
	name, ok := t.given(th, th.args[c.name])
	if !ok {
		return false
	}
	if name == "" && flags&unix.AT_EMPTY_PATH != 0 {
		return t.changedObject(th, c, m)
	}
	m.Path, m.Marks = t.absolute(th, th.dir(c.dir), name), m.Marks|trace.StringOnly
	return true
}

func (t *tracer) changedObject(th *thread, c change, m *trace.Message) bool {
	if fd := th.dir(c.dir); fd == unix.AT_FDCWD {
		m.Path = t.linkText(th.tid, "cwd")
	} else {
		t.describe(th, m, fd)
	}
	return m.Path != "" || m.Errno == int(unix.EBADF)
}

// dir is the descriptor that a name is relative to.
func (th *thread) dir(arg int) int {
	if arg == none {
		return unix.AT_FDCWD
	}
	return th.int(arg)
}

// fullName reads a name and makes it absolute.
func (t *tracer) fullName(th *thread, dir, arg int) (string, bool) {
	name, ok := t.given(th, th.args[arg])
	if !ok {
		return "", false
	}
	return t.absolute(th, th.dir(dir), name), true
}
