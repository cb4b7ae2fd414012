package frozen

import (
	"syscall"
	"unsafe"
)

// From linux/prctl.h and linux/seccomp.h; package unix would be heavy here.
const (
	prSetPtracer      = 0x59616d61
	prSetNoNewPrivs   = 38
	prSetSeccomp      = 22
	seccompModeFilter = 2
)

// prepare acts on the calling thread, the only one that lives on in the
// command.
func prepare(p Preparation) error {
	if p.Tracer != 0 {
		// EINVAL: there is no Yama here, and nothing to be allowed.
		if _, _, errno := syscall.RawSyscall6(syscall.SYS_PRCTL, prSetPtracer, uintptr(p.Tracer), 0, 0, 0, 0); errno != 0 && errno != syscall.EINVAL {
			return &exError{"let the tracer attach", errno}
		}
	}
	if p.NoNewPrivs {
		if _, _, errno := syscall.RawSyscall6(syscall.SYS_PRCTL, prSetNoNewPrivs, 1, 0, 0, 0, 0); errno != 0 {
			return &exError{"set no_new_privs", errno}
		}
	}
	if len(p.Filter) == 0 {
		return nil
	}
	program := struct { // struct sock_fprog
		n      uint16
		filter *byte
	}{uint16(len(p.Filter) / 8), &p.Filter[0]}
	if _, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, prSetSeccomp, seccompModeFilter, uintptr(unsafe.Pointer(&program))); errno != 0 {
		return &exError{"install the filter of system calls", errno}
	}
	return nil
}
