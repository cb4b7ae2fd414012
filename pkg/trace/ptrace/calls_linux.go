//go:build amd64 || arm64

package ptrace

import (
	"golang.org/x/sys/unix"
)

// class is what a call is counted as, see trace.Class.
type class uint8

const (
	classProcess class = iota
	classFile
	classNetwork
	classSyscall
	classes
)

func (c class) String() string {
	return [classes]string{"process", "file", "network", "syscall"}[c]
}

// verdict is what an entry decides about the call's exit.
type verdict uint8

const (
	ignore  verdict = iota // of no interest after all
	settled                // all is known, and told
	await                  // go on at the exit
)

// call is one watched system call. enter runs before it. leave runs after it
// with its result, or with EINTR if the thread was killed in it, or EINPROGRESS
// if the record ended first; it settles the call: told, dropped or lost. A call
// without enter is looked at after it alone.
type call struct {
	name  string
	class class
	when  []clause // all must hold; this is what the filter asks
	enter func(*tracer, *thread) verdict
	leave func(*tracer, *thread, int64)
}

// clause is a condition on one argument, in terms that a seccomp filter can
// decide.
type clause struct {
	arg    int
	test   test
	values []uint32
}

type test uint8

const (
	anyBit   test = iota // one of the bits of values[0] is set
	oneOf                // the lower half is one of values
	noneOf               // or none of them
	nonNull              // a pointer that is not null
	positive             // an int that is not negative
)

// namespaces are the flags of clone and unshare that make a new namespace.
// CLONE_NEWTIME is one of the bits in which clone carries a signal.
const namespaces = unix.CLONE_NEWNS | unix.CLONE_NEWCGROUP | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC |
	unix.CLONE_NEWUSER | unix.CLONE_NEWPID | unix.CLONE_NEWNET

// harmless are signals that do nothing by default, and 0. Go's runtime sends
// itself SIGURG all the time.
func harmless(arg int) []clause {
	return []clause{{arg, noneOf, []uint32{
		0, uint32(unix.SIGCHLD), uint32(unix.SIGCONT), uint32(unix.SIGURG), uint32(unix.SIGWINCH),
	}}}
}

// calls returns every watched call by name.
func calls() map[string]*call {
	all := map[string]*call{}
	for _, group := range [][]*call{openCalls(), changeCalls(), networkCalls(), processCalls(), mountCalls(), suspiciousCalls(), signalCalls()} {
		for _, c := range group {
			all[c.name] = c
		}
	}
	return all
}

// abi is one way into the kernel: its numbers, and the size of its pointers.
type abi struct {
	arch  uint32 // AUDIT_ARCH
	x32   bool
	word  int // bytes of a pointer in memory
	calls map[int]*call
}

// numbered is an abi with the column of the numbers that is its own.
type numbered struct {
	abi
	column func(number) int
}

// abis are those of this machine, the native one first.
func abis() []abi {
	all, moved := calls(), x32Numbers()
	var out []abi
	for _, kind := range nativeABIs() {
		kind.calls = map[int]*call{}
		for _, n := range numbers() {
			nr := kind.column(n)
			if to, ok := moved[n.name]; ok && kind.x32 {
				nr = to
			}
			if nr >= 0 {
				kind.calls[nr] = all[n.name]
			}
		}
		out = append(out, kind.abi)
	}
	return out
}
