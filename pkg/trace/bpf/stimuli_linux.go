//go:build amd64 || arm64

package bpf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// openNull opens a file.
func openNull() error { return openAs(unix.O_RDONLY) }

// pointAtNull makes a descriptor of a file that is not opened for it.
func pointAtNull() error { return openAs(unix.O_PATH) }

func openAs(flags int) error {
	fd, err := unix.Open("/dev/null", flags|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open /dev/null: %w", err)
	}
	return unix.Close(fd)
}

// runNothing runs the smallest program there is, from memory, and where that is
// forbidden (sysctl vm.memfd_noexec) /bin/true.
func runNothing() error {
	fd, err := unix.MemfdCreate("self-test", unix.MFD_CLOEXEC)
	if err == nil {
		defer unix.Close(fd)
		if _, err = unix.Write(fd, smallestProgram()); err == nil {
			err = run(fmt.Sprintf("/proc/self/fd/%d", fd))
		}
	}
	if err != nil {
		err = run("/bin/true")
	}
	return err
}

func run(path string) error {
	pid, err := syscall.ForkExec(path, []string{"self-test"}, &syscall.ProcAttr{Env: []string{}})
	if err != nil {
		return fmt.Errorf("run %s: %w", path, err)
	}
	for {
		if _, err = syscall.Wait4(pid, nil, 0, nil); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

// smallestProgram is an ELF file whose only segment holds its headers and the
// system call exit(0).
func smallestProgram() []byte {
	const base, headers = 0x10000, 64 + 56
	machine, code := uint16(62), []byte{ // x86-64
		0x31, 0xff, // xor edi, edi
		0xb8, 60, 0, 0, 0, // mov eax, exit
		0x0f, 0x05, // syscall
	}
	if runtime.GOARCH == "arm64" {
		machine, code = 183, []byte{
			0x00, 0x00, 0x80, 0xd2, // mov x0, 0
			0xa8, 0x0b, 0x80, 0xd2, // mov x8, exit
			0x01, 0x00, 0x00, 0xd4, // svc 0
		}
	}
	size := uint64(headers + len(code))
	n := binary.LittleEndian
	b := append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 9)...)
	b = n.AppendUint16(n.AppendUint16(b, 2), machine) // ET_EXEC
	b = n.AppendUint32(b, 1)
	b = n.AppendUint64(b, base+headers)               // entry
	b = n.AppendUint64(n.AppendUint64(b, 64), 0)      // program and section headers
	b = n.AppendUint32(b, 0)                          // flags
	for _, v := range []uint16{64, 56, 1, 64, 0, 0} { // sizes and counts of headers
		b = n.AppendUint16(b, v)
	}
	b = n.AppendUint32(n.AppendUint32(b, 1), 5) // PT_LOAD, readable and executable
	for _, v := range []uint64{0, base, base, size, size, 0x1000} {
		b = n.AppendUint64(b, v)
	}
	return append(b, code...)
}

// uringParams is struct io_uring_params of linux/io_uring.h, of which the
// offsets into the submission ring are used.
type uringParams struct {
	sqEntries, cqEntries, flags, cpu, idle, features, wq uint32
	resv                                                 [3]uint32
	sqHead, sqTail, sqMask, sqSize, sqFlags, sqDropped   uint32
	sqArray, sqResv                                      uint32
	sqUser                                               uint64
	cq                                                   [10]uint32
}

// Offsets of linux/io_uring.h at which the rings are mapped.
const (
	uringOffSQ   = 0
	uringOffSQEs = 0x10000000
	uringEntry   = 64 // bytes of a request
)

// nowhere is a name that cannot exist, so that there is nothing to close.
const nowhere = "/dev/null/none"

// uringOpen asks for an open through io_uring, whose result it does not look at.
func uringOpen(file string) error {
	var p uringParams
	fd, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, 1, uintptr(unsafe.Pointer(&p)), 0)
	if errno != 0 {
		return fmt.Errorf("io_uring_setup: %w", errno)
	}
	defer unix.Close(int(fd))
	ring, err := unix.Mmap(int(fd), uringOffSQ, int(p.sqArray+4*p.sqEntries), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return fmt.Errorf("map the ring: %w", err)
	}
	entries, err := unix.Mmap(int(fd), uringOffSQEs, int(uringEntry*p.sqEntries), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return errors.Join(fmt.Errorf("map the requests: %w", err), unix.Munmap(ring))
	}
	name := append([]byte(file), 0)
	n, dir := binary.LittleEndian, int32(unix.AT_FDCWD)
	entries[0] = uringOpenat
	n.PutUint32(entries[4:], uint32(dir))
	n.PutUint64(entries[16:], uint64(uintptr(unsafe.Pointer(&name[0]))))
	n.PutUint32(entries[28:], unix.O_RDONLY|unix.O_CLOEXEC)
	n.PutUint32(ring[p.sqArray:], 0)
	n.PutUint32(ring[p.sqTail:], 1)
	_, _, errno = unix.Syscall6(unix.SYS_IO_URING_ENTER, fd, 1, 1, 1 /* wait for its end */, 0, 0)
	runtime.KeepAlive(name)
	if errno != 0 {
		err = fmt.Errorf("io_uring_enter: %w", errno)
	}
	return errors.Join(err, unix.Munmap(ring), unix.Munmap(entries))
}

// uringCheck proves a hook for requests of io_uring. Where nobody may use
// io_uring there is nothing to prove, and the hook stays.
func uringCheck(how string) check {
	off := false
	return check{
		hook: how, optional: true,
		act: func() error {
			err := uringOpen(nowhere)
			off = errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOSYS)
			return err
		},
		shows: func(h head, _ []byte) bool { return off || h.kind == kindOpen && h.aux&auxUring != 0 },
	}
}
