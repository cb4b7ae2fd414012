package ptrace

import "golang.org/x/sys/unix"

// nativeABIs are the ways into this machine's kernel. x32 is off in most
// kernels, and then its calls fail; the filter knows it all the same.
func nativeABIs() []numbered {
	return []numbered{
		{abi{arch: unix.AUDIT_ARCH_X86_64, word: 8}, func(n number) int { return n.amd64 }},
		{abi{arch: unix.AUDIT_ARCH_X86_64, word: 4, x32: true}, func(n number) int { return n.amd64 }},
		{abi{arch: unix.AUDIT_ARCH_I386, word: 4}, func(n number) int { return n.i386 }},
	}
}

// Where PTRACE_POKEUSER has the registers (struct user_regs_struct of
// arch/x86/include/asm/user_64.h).
const (
	userRBX    = 5 * 8
	userRAX    = 10 * 8
	userRDI    = 14 * 8
	userNumber = 15 * 8 // orig_rax
)

// refuse makes the call before which th stands fail, without being made.
func (th *thread) refuse(why unix.Errno) unix.Errno {
	skip, result := -1, -int(why)
	if errno := request(unix.PTRACE_POKEUSR, th.tid, userRAX, uintptr(result)); errno != 0 {
		return errno
	}
	return request(unix.PTRACE_POKEUSR, th.tid, userNumber, uintptr(skip))
}

// setFirst changes the first argument of the call before which th stands.
func (th *thread) setFirst(value uint64) unix.Errno {
	register := uintptr(userRDI)
	if th.abi.arch == unix.AUDIT_ARCH_I386 {
		register = userRBX
	}
	return request(unix.PTRACE_POKEUSR, th.tid, register, uintptr(value))
}

// argumentsSurvive: a call leaves the registers of its arguments as they were.
const argumentsSurvive = true
