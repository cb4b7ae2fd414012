package ptrace

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// nativeABIs are the ways into this machine's kernel. Some arm64 processors
// run no arm programs; the filter knows them all the same.
func nativeABIs() []numbered {
	return []numbered{
		{abi{arch: unix.AUDIT_ARCH_AARCH64, word: 8}, func(n number) int { return n.arm64 }},
		{abi{arch: unix.AUDIT_ARCH_ARM, word: 4}, func(n number) int { return n.arm }},
	}
}

// refuse makes the call before which th stands fail, without being made. That
// of an arm program is made all the same: its number cannot be set from here.
func (th *thread) refuse(why unix.Errno) unix.Errno {
	if errno := th.setFirst(uint64(-int64(why))); errno != 0 { // the result is in the same register
		return errno
	}
	skip := int32(-1)
	number := unix.Iovec{Base: (*byte)(unsafe.Pointer(&skip)), Len: 4}
	return request(unix.PTRACE_SETREGSET, th.tid, unix.NT_ARM_SYSTEM_CALL, uintptr(unsafe.Pointer(&number)))
}

// setFirst changes the first argument of the call before which th stands.
func (th *thread) setFirst(value uint64) unix.Errno {
	if th.abi.word != 8 {
		return unix.ENOSYS
	}
	var registers unix.PtraceRegsArm64
	if err := unix.PtraceGetRegSetArm64(th.tid, unix.NT_PRSTATUS, &registers); err != nil {
		return unix.ESRCH
	}
	registers.Regs[0] = value
	if err := unix.PtraceSetRegSetArm64(th.tid, unix.NT_PRSTATUS, &registers); err != nil {
		return unix.ESRCH
	}
	return 0
}

// argumentsSurvive: a call leaves the registers of its arguments as they were,
// but for the first, which has the result.
const argumentsSurvive = false
