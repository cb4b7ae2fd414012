//go:build amd64 || arm64

package ptrace

import (
	"bytes"
	"encoding/binary"
	"syscall"
	"unsafe"

	"github.com/org/cilock-action/pkg/trace"
	"golang.org/x/sys/unix"
)

// pageSize is the smallest that a supported machine has. A read that crosses
// such a border is split there, since one piece is read whole or not at all.
const pageSize = 4096

// firstRead is as much of a string as nearly all need: it is copied at once.
const firstRead = 256

// reader copies from the memory of stopped threads.
type reader struct {
	buf    [trace.MaxPath]byte
	remote [2]unix.RemoteIovec
}

// copy fills dst from addr as far as there is memory, and returns how much that
// was. At the exit of a call what it had read is in memory already, so nobody
// is waited for; see pathAtExit.
func (r *reader) copy(tid int, addr uint64, dst []byte) int {
	if len(dst) == 0 || addr == 0 {
		return 0
	}
	first := min(len(dst), pageSize-int(addr%pageSize))
	r.remote = [2]unix.RemoteIovec{{Base: uintptr(addr), Len: first}, {Base: uintptr(addr) + uintptr(first), Len: len(dst) - first}}
	pieces := uintptr(1)
	if first < len(dst) {
		pieces = 2
	}
	local := unix.Iovec{Base: &dst[0]}
	local.SetLen(len(dst))
	n, _, errno := syscall.Syscall6(unix.SYS_PROCESS_VM_READV, uintptr(tid), uintptr(unsafe.Pointer(&local)), 1,
		uintptr(unsafe.Pointer(&r.remote[0])), pieces, 0)
	switch errno {
	case 0:
		return int(n)
	case unix.EPERM, unix.ENOSYS:
		return peek(tid, addr, dst) // a seccomp profile of a container forbids it
	}
	return 0
}

// peek is the slow way, word by word.
func peek(tid int, addr uint64, dst []byte) int {
	n, err := unix.PtracePeekData(tid, uintptr(addr), dst)
	if err != nil {
		return 0
	}
	return n
}

// text reads a string that ends in NUL. ok is false if there is none at addr.
// The result is overwritten by the next read.
func (r *reader) text(tid int, addr uint64) (s []byte, ok bool) {
	n := r.copy(tid, addr, r.buf[:min(firstRead, pageSize-int(addr%pageSize))])
	if n == 0 {
		return nil, false
	}
	if end := bytes.IndexByte(r.buf[:n], 0); end >= 0 {
		return r.buf[:end], true
	}
	if n += r.copy(tid, addr+uint64(n), r.buf[n:]); n > 0 {
		if end := bytes.IndexByte(r.buf[:n], 0); end >= 0 {
			return r.buf[:end], true
		}
	}
	return r.buf[:n], n == len(r.buf)
}

// words reads n pointers or longs of the caller's ABI.
func (r *reader) words(tid int, addr uint64, word, n int) []uint64 {
	raw := r.buf[:min(n*word, len(r.buf))]
	got := r.copy(tid, addr, raw) / word
	return appendWords(make([]uint64, 0, n), raw[:got*word], word)
}

// appendWords decodes little-endian words of 4 or 8 bytes.
func appendWords(to []uint64, raw []byte, word int) []uint64 {
	for ; len(raw) >= word; raw = raw[word:] {
		if word == 4 {
			to = append(to, uint64(binary.LittleEndian.Uint32(raw)))
		} else {
			to = append(to, binary.LittleEndian.Uint64(raw))
		}
	}
	return to
}
