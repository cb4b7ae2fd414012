//go:build amd64 || arm64

package bpf

import (
	"bytes"
	"path"

	"golang.org/x/sys/unix"

	"github.com/org/cilock-action/pkg/trace"
)

// Sections of a record of kindOpen, kindChange and kindExec, as src/files.h and
// src/process.h have them.
const (
	openName, openPath, openBase                                    = 0, 1, 2
	changeName, changeBase, changeName2, changeBase2                = 0, 1, 2, 3
	execFilename, execPath, execCwd, execArgs, execInterp, execComm = 0, 1, 2, 3, 4, 5
)

// Bits of struct file's f_mode, of linux/fs.h.
const (
	fmodeRead  = 1
	fmodeWrite = 2
	fmodePath  = 1 << 14
)

func access(h head, o *object) trace.Access {
	var a trace.Access
	set := func(bit trace.Access, on bool) {
		if on {
			a |= bit
		}
	}
	set(trace.Executed, h.aux&auxExecuted != 0)
	set(trace.Mapped, h.aux&auxMapped != 0)
	set(trace.Directory, o.mode&unix.S_IFMT == unix.S_IFDIR)
	if h.aux&(auxExecuted|auxMapped) != 0 {
		return a
	}
	set(trace.Create, o.flags&unix.O_CREAT != 0)
	set(trace.Truncate, o.flags&unix.O_TRUNC != 0)
	set(trace.Append, o.flags&unix.O_APPEND != 0)
	if h.marks&trace.StringOnly != 0 { // no object: what was asked for
		mode := o.flags & unix.O_ACCMODE
		set(trace.PathOnly, o.flags&unix.O_PATH != 0)
		set(trace.Read, o.flags&unix.O_PATH == 0 && mode != unix.O_WRONLY)
		set(trace.Write, o.flags&unix.O_PATH == 0 && (mode == unix.O_WRONLY || mode == unix.O_RDWR))
		return a
	}
	set(trace.PathOnly, o.fmode&fmodePath != 0)
	set(trace.Read, o.fmode&fmodeRead != 0)
	set(trace.Write, o.fmode&fmodeWrite != 0)
	return a
}

// open fills in a record of kindOpen.
func (d *decoder) open(m *trace.Message, h head, o *object) {
	m.Kind = trace.Open
	m.Access = access(h, o)
	name := o.section[openName]
	if h.marks&trace.StringOnly != 0 {
		base := o.section[openBase]
		if h.aux&auxUring != 0 { // a request is laid out as a change is
			base = o.section[changeBase]
		}
		m.Path = absolute(base, name)
		return
	}
	d.setObject(m, h, o, o.section[openPath])
	if s := string(name); s != "" && !says(s, m.Path) {
		m.Name = s
	}
	named := m.Path
	if o.flags&unix.O_TMPFILE == unix.O_TMPFILE { // the name is the folder's
		named = path.Dir(m.Path)
	}
	if h.aux&auxShared != 0 && len(name) != 0 && h.marks&trace.Foreign == 0 && !d.links.lead(absolute(o.section[openBase], name), named) {
		m.Marks |= trace.Contested
	}
}

func (d *decoder) setObject(m *trace.Message, h head, o *object, b []byte) {
	var marks trace.Marks
	m.Path, marks = o.place(h, b)
	m.Marks |= marks
	m.Dev, m.Ino = o.dev, o.ino
}

// change fills in a record of kindChange.
func (d *decoder) change(m *trace.Message, h head, o *object) {
	m.Kind, m.Op = trace.File, d.calls[o.call].op
	if h.marks&trace.StringOnly == 0 {
		d.setObject(m, h, o, o.section[changeBase])
	} else {
		m.Path = absolute(o.section[changeBase], o.section[changeName])
	}
	switch {
	case m.Op == "unlink" && o.flags&unix.AT_REMOVEDIR != 0:
		m.Op = "rmdir"
	case m.Op == "symlink":
		m.Target = string(o.section[changeName2])
	case len(o.section[changeName2]) != 0:
		m.Target = absolute(o.section[changeBase2], o.section[changeName2])
	}
}

// exec fills in a record of kindExec. The kernel's interp is another string
// than the filename if a script, or a file of binfmt_misc, named it.
func (d *decoder) exec(m *trace.Message, h head, o *object) {
	m.Kind, m.Access, m.UID = trace.Exec, trace.Executed, o.flags
	d.setObject(m, h, o, o.section[execPath])
	m.Comm = untilNUL(o.section[execComm])
	m.Cwd = components(o.section[execCwd])
	filename := string(o.section[execFilename])
	if len(o.section[execInterp]) != 0 {
		m.Script = filename
		if !path.IsAbs(filename) {
			m.Script = path.Join(m.Cwd, filename)
		}
	} else if !says(filename, m.Path) {
		m.Name = filename
	}
	args := bytes.Split(bytes.TrimSuffix(o.section[execArgs], []byte{0}), []byte{0})
	if len(o.section[execArgs]) == 0 {
		args = nil
	}
	if len(args) > trace.MaxArgs {
		args = args[:trace.MaxArgs]
		m.Marks |= trace.ArgsCut
	}
	for _, a := range args {
		m.Args = append(m.Args, string(a))
	}
}
