//go:build amd64 || arm64

package ptrace

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// socket is what the kernel says about a socket of a tracee.
type socket struct {
	protocol    string
	local, peer endpoint
}

// socketOf takes a second descriptor of the socket for a moment
// (pidfd_getfd(2), Linux 5.6). What cannot be asked stays empty.
func (t *tracer) socketOf(th *thread, fd int) socket {
	pidfd, err := unix.PidfdOpen(th.tid, unix.O_EXCL) // PIDFD_THREAD, Linux 6.9
	if err != nil {
		pidfd, err = unix.PidfdOpen(th.proc.pid, 0)
	}
	if err != nil {
		return socket{}
	}
	defer unix.Close(pidfd)
	copied, err := unix.PidfdGetfd(pidfd, fd, 0)
	if err != nil {
		return socket{}
	}
	defer unix.Close(copied)
	option := func(name int) int {
		value, err := unix.GetsockoptInt(copied, unix.SOL_SOCKET, name)
		if err != nil {
			return 0
		}
		return value
	}
	s := socket{local: nameOf(unix.SYS_GETSOCKNAME, copied), peer: nameOf(unix.SYS_GETPEERNAME, copied)}
	family := option(unix.SO_DOMAIN)
	s.protocol = protocolName(family, option(unix.SO_TYPE), option(unix.SO_PROTOCOL))
	if s.peer.family == "" {
		s.peer.family = familyName(family)
	}
	if s.local.family == "" {
		s.local.family = familyName(family)
	}
	return s
}

// nameOf calls getsockname or getpeername.
func nameOf(call uintptr, fd int) endpoint {
	var raw [maxSockaddr]byte
	size := uint32(len(raw))
	_, _, errno := syscall.Syscall(call, uintptr(fd), uintptr(unsafe.Pointer(&raw[0])), uintptr(unsafe.Pointer(&size)))
	if errno != 0 {
		return endpoint{}
	}
	e, _ := decodeSockaddr(raw[:min(size, maxSockaddr)])
	return e
}
