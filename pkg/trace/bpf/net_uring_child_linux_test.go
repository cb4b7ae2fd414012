//go:build amd64 || arm64

package bpf

import (
	"errors"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What is needed of io_uring(7) for one call: linux/io_uring.h.
const (
	opConnect = 16
	sqeAsync  = 1 << 4 // IOSQE_ASYNC: by a worker
	offSQ     = 0
	offCQ     = 0x8000000
	offSQEs   = 0x10000000
	getEvents = 1
)

type childUringParams struct {
	sqEntries, cqEntries, flags, cpu, idle, features, wq uint32
	_                                                    [3]uint32
	sq                                                   struct {
		head, tail, mask, entries, flags, dropped, array, _ uint32
		_                                                   uint64
	}
	cq struct {
		head, tail, mask, entries, overflow, cqes, flags, _ uint32
		_                                                   uint64
	}
}

type childUringSQE struct {
	opcode, flags uint8
	ioprio        uint16
	fd            int32
	off, addr     uint64
	_             [40]byte
}

// childUring connects through io_uring: inline or async, unix or inet, and the
// address.
func childUring(a []string) error {
	flags := uint8(0)
	if a[0] == "async" {
		flags = sqeAsync
	}
	if a[1] == "unix" {
		raw := unix.RawSockaddrUnix{Family: unix.AF_UNIX}
		for i := range a[2] {
			raw.Path[i] = int8(a[2][i])
		}
		return uringTo(unix.AF_UNIX, flags, unsafe.Pointer(&raw), 2+len(a[2])+1)
	}
	sa, family := sockaddr(a[2], false)
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		port := uint16(sa.Port)
		return uringTo(family, flags, unsafe.Pointer(&unix.RawSockaddrInet4{Family: unix.AF_INET, Port: port<<8 | port>>8, Addr: sa.Addr}), 16)
	case *unix.SockaddrInet6:
		port := uint16(sa.Port)
		return uringTo(family, flags, unsafe.Pointer(&unix.RawSockaddrInet6{Family: unix.AF_INET6, Port: port<<8 | port>>8, Addr: sa.Addr}), 28)
	}
	return errors.ErrUnsupported
}

func uringTo(family int, flags uint8, address unsafe.Pointer, size int) error {
	fd, err := unix.Socket(family, unix.SOCK_STREAM, 0)
	if err != nil {
		return err
	}
	var p childUringParams
	ring, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, 1, uintptr(unsafe.Pointer(&p)), 0)
	if errno != 0 {
		return errno
	}
	sq, err := unix.Mmap(int(ring), offSQ, int(p.sq.array+4*p.sqEntries), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return err
	}
	cq, err := unix.Mmap(int(ring), offCQ, int(p.cq.cqes+16*p.cqEntries), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return err
	}
	sqes, err := unix.Mmap(int(ring), offSQEs, 64, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return err
	}
	*(*childUringSQE)(unsafe.Pointer(&sqes[0])) = childUringSQE{
		opcode: opConnect, flags: flags, fd: int32(fd), off: uint64(size), addr: uint64(uintptr(address)),
	}
	atomic.AddUint32((*uint32)(unsafe.Pointer(&sq[p.sq.tail])), 1)
	if _, _, errno := unix.Syscall6(unix.SYS_IO_URING_ENTER, ring, 1, 1, getEvents, 0, 0); errno != 0 {
		return errno
	}
	if res := *(*int32)(unsafe.Pointer(&cq[p.cq.cqes+8])); res < 0 {
		return unix.Errno(-res)
	}
	return nil
}
