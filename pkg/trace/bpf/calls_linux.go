//go:build amd64 || arm64

package bpf

import (
	"fmt"
	"maps"
	"slices"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

// how, filter and callSpec are enum how, enum filter and struct call of
// src/calls.h, where they are explained.
type (
	how    uint8
	filter uint8
)

const (
	howNothing how = iota
	howOpen
	howMap
	howChange
	howExec
	howCall
	howSocket
)

const (
	filterNone filter = iota
	filterNamespaces
	filterNamespaces3
	filterPrctl
	filterKill
	filterPIDFD
	filterFailed
)

type callSpec struct {
	How                    how
	Filter                 filter
	Dir, Name, Dir2, Name2 int8
	Flags, FD              int8
	Same, Spare            uint8
	Implied                uint16
}

const (
	maxCalls   = 128
	maxNumbers = 1024
)

// call is one system call that is looked at. Its place in the table is its
// number in records.
type call struct {
	name string // as in the kernel's table of system calls
	op   string // Message.Op of a change
	callSpec
}

// none is an argument that a call does not have.
const none = -1

func opens(name string, dir, path, flags int8, implied uint16) call {
	return call{name: name, callSpec: callSpec{How: howOpen, Dir: dir, Name: path, Flags: flags, Implied: implied, Dir2: none, Name2: none, FD: none}}
}

func changes(name, op string, dir, path int8) call {
	return call{name: name, op: op, callSpec: callSpec{How: howChange, Dir: dir, Name: path, Flags: none, Dir2: none, Name2: none, FD: none}}
}

// changesTwo is a change with a new name as well.
func changesTwo(name, op string, dir, path, dir2, path2 int8) call {
	c := changes(name, op, dir, path)
	c.Dir2, c.Name2 = dir2, path2
	return c
}

// changesObject is a change of what a descriptor means.
func changesObject(name, op string) call {
	c := changes(name, op, none, none)
	c.FD = 0
	return c
}

// suspicious is a call whose first arguments, as many as same has bits, tell it
// from others of its kind; strings are the arguments that point at text.
func suspicious(name string, same uint8, filter filter, strings ...int8) call {
	at := func(i int) int8 {
		if i < len(strings) {
			return strings[i]
		}
		return none
	}
	return call{name: name, callSpec: callSpec{
		How: howCall, Filter: filter, Same: same, Name: at(0), Name2: at(1), Dir2: at(2), Dir: none, Flags: none, FD: none,
	}}
}

// aimed is a suspicious call at what its first argument, a descriptor, means.
func aimed(name string, same uint8, strings ...int8) call {
	c := suspicious(name, same, filterNone, strings...)
	c.FD = 0
	return c
}

// calls are all calls that are looked at. The first is none.
func calls() []call {
	mmap := opens("mmap", none, none, none, 0)
	mmap.How, mmap.FD = howMap, 4
	mmap2 := mmap
	mmap2.name = "mmap2"
	openat2 := opens("openat2", 0, 1, none, 0)
	openat2.FD = 2 // struct open_how, which begins with the flags
	execve := opens("execve", none, 0, none, 0)
	execve.How = howExec
	all := []call{
		{name: "none"},
		opens("open", none, 0, 1, 0),
		opens("openat", 0, 1, 2, 0),
		openat2,
		opens("creat", none, 0, none, unix.O_CREAT|unix.O_WRONLY|unix.O_TRUNC),
		opens("open_by_handle_at", 0, none, 2, 0),
		mmap, mmap2, execve,
		{name: sockets, callSpec: callSpec{How: howSocket}},
	}
	return append(append(all, changingCalls()...), suspiciousCalls()...)
}

func changingCalls() []call {
	unlinkat := changes("unlinkat", "unlink", 0, 1)
	unlinkat.Flags = 2 // AT_REMOVEDIR
	return []call{
		changesTwo("rename", "rename", none, 0, none, 1),
		changesTwo("renameat", "rename", 0, 1, 2, 3),
		changesTwo("renameat2", "rename", 0, 1, 2, 3),
		changesTwo("link", "link", none, 0, none, 1),
		changesTwo("linkat", "link", 0, 1, 2, 3),
		changesTwo("symlink", "symlink", none, 1, none, 0), // the second is the content
		changesTwo("symlinkat", "symlink", 1, 2, none, 0),
		changes("unlink", "unlink", none, 0), unlinkat, changes("rmdir", "rmdir", none, 0),
		changes("mkdir", "mkdir", none, 0), changes("mkdirat", "mkdir", 0, 1),
		changes("mknod", "mknod", none, 0), changes("mknodat", "mknod", 0, 1),
		changes("chmod", "chmod", none, 0), changes("fchmodat", "chmod", 0, 1), changes("fchmodat2", "chmod", 0, 1),
		changesObject("fchmod", "chmod"),
		changes("chown", "chown", none, 0), changes("lchown", "chown", none, 0), changes("fchownat", "chown", 0, 1),
		changesObject("fchown", "chown"),
		changes("truncate", "truncate", none, 0), changesObject("ftruncate", "truncate"),
		changes("setxattr", "setxattr", none, 0), changes("lsetxattr", "setxattr", none, 0), changesObject("fsetxattr", "setxattr"),
		changes("removexattr", "setxattr", none, 0), changes("lremovexattr", "setxattr", none, 0), changesObject("fremovexattr", "setxattr"),
		changes("utime", "utimes", none, 0), changes("utimes", "utimes", none, 0),
		changes("futimesat", "utimes", 0, 1), changes("utimensat", "utimes", 0, 1),
	}
}

func suspiciousCalls() []call {
	return []call{
		suspicious("ptrace", 0b11, filterNone),
		suspicious("process_vm_readv", 0b1, filterNone), suspicious("process_vm_writev", 0b1, filterNone),
		suspicious("memfd_create", 0, filterNone, 0),
		suspicious("execveat", 0, filterFailed, 1),
		suspicious("mount", 0, filterNone, 0, 1, 2), suspicious("move_mount", 0, filterNone, 1, 3),
		suspicious("open_tree", 0, filterNone, 1), suspicious("fsopen", 0, filterNone, 0), suspicious("fsmount", 0, filterNone),
		suspicious("umount2", 0, filterNone, 0), suspicious("pivot_root", 0, filterNone, 0, 1), suspicious("chroot", 0, filterNone, 0),
		suspicious("unshare", 0, filterNone), aimed("setns", 0),
		suspicious("clone", 0, filterNamespaces), suspicious("clone3", 0, filterNamespaces3),
		suspicious("bpf", 0b1, filterNone), suspicious("perf_event_open", 0b10, filterNone), suspicious("userfaultfd", 0b1, filterNone),
		suspicious("init_module", 0, filterNone, 2), aimed("finit_module", 0, 1), suspicious("delete_module", 0, filterNone, 0),
		suspicious("keyctl", 0b1, filterNone), suspicious("add_key", 0, filterNone, 0, 1), suspicious("request_key", 0, filterNone, 0, 1),
		suspicious("prctl", 0b11, filterPrctl),
		suspicious("io_uring_setup", 0b1, filterNone),
		suspicious("io_uring", 0b1, filterNone), // not a call: its first request of a kind
		aimed("pidfd_getfd", 0b11),
		suspicious("kill", 0b11, filterKill), suspicious("tkill", 0b11, filterKill),
		suspicious("tgkill", 0b111, filterKill), suspicious("pidfd_send_signal", 0b11, filterPIDFD),
	}
}

// uringRequest is a request of io_uring that is looked at: its number of
// linux/io_uring.h, and the call that does the same.
type uringRequest struct {
	opcode uint8
	name   string
	call   string
}

func uringRequests() []uringRequest {
	return []uringRequest{
		{0, "", "io_uring"}, // does nothing, see src/calls.h
		{uringConnect, "connect", "io_uring"},
		{uringOpenat, "openat", "openat"},
		{28, "openat2", "openat2"},
		{35, "renameat", "renameat2"},
		{36, "unlinkat", "unlinkat"},
		{37, "mkdirat", "mkdirat"},
		{38, "symlinkat", "symlinkat"},
		{39, "linkat", "linkat"},
	}
}

const (
	uringConnect = 16
	uringOpenat  = 18
)

// setCalls writes the tables into the object, before it is loaded.
func setCalls(spec *ebpf.CollectionSpec, all []call) error {
	var specs [maxCalls]callSpec
	var native, compat [maxNumbers]uint8
	own, other := callNumbers(), compatNumbers()
	own[sockets], other[sockets] = slices.Collect(maps.Keys(socketNumbers())), slices.Collect(maps.Keys(compatSocketNumbers()))
	for i, c := range all {
		specs[i] = c.callSpec
		for _, nr := range own[c.name] {
			native[nr] = uint8(i)
		}
		for _, nr := range other[c.name] {
			compat[nr] = uint8(i)
		}
	}
	var requests [64]uint8
	for _, r := range uringRequests() {
		requests[r.opcode] = uint8(slices.IndexFunc(all, func(c call) bool { return c.name == r.call }))
	}
	for name, value := range map[string]any{
		procVarCalls: specs, procVarNumbers: native, procVarNumbers32: compat, procVarUringCalls: requests,
	} {
		if err := spec.Variables[name].Set(value); err != nil {
			return fmt.Errorf("set the table %s: %w", name, err)
		}
	}
	return nil
}
