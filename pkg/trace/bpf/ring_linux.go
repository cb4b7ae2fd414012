//go:build amd64 || arm64

package bpf

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"unsafe"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

// ring reads a BPF ring buffer in place. The library's reader copies each record
// and asks the kernel whenever a ring looks empty; two rings that are read in
// the order of time need a look at the next record instead.
//
// The layout is the kernel's (kernel/bpf/ringbuf.c): a page with the consumer's
// position, a page with the producer's, and the data twice in a row, so that a
// record never wraps. Each record has a length with two flags, and 4 bytes that
// are the kernel's own.
type ring struct {
	fd       int
	consumer []byte
	producer []byte // its page, then the data
	mask     uint64
	pos      uint64
}

const (
	recordBusy    = 1 << 31 // reserved, not yet submitted
	recordDiscard = 1 << 30
	recordHead    = 8
)

func openRing(m *ebpf.Map) (*ring, error) {
	size, page := int(m.MaxEntries()), os.Getpagesize()
	consumer, err := unix.Mmap(m.FD(), 0, page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map the position of ring %s: %w", m, err)
	}
	producer, err := unix.Mmap(m.FD(), int64(page), page+2*size, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("map ring %s: %w", m, err), unix.Munmap(consumer))
	}
	return &ring{fd: m.FD(), consumer: consumer, producer: producer, mask: uint64(size) - 1}, nil
}

func (r *ring) close() error {
	return errors.Join(unix.Munmap(r.consumer), unix.Munmap(r.producer))
}

// peek returns the next record, or nil if there is none yet. It is valid until
// drop.
func (r *ring) peek() []byte {
	for {
		end := atomic.LoadUint64((*uint64)(unsafe.Pointer(&r.producer[0])))
		if r.pos >= end {
			return nil
		}
		at := r.producer[os.Getpagesize()+int(r.pos&r.mask):]
		length := atomic.LoadUint32((*uint32)(unsafe.Pointer(&at[0])))
		if length&recordBusy != 0 {
			return nil
		}
		size := uint64(length &^ recordDiscard)
		if length&recordDiscard == 0 {
			return at[recordHead : recordHead+size : recordHead+size]
		}
		r.advance(size)
	}
}

// drop gives the room of the record that peek returned back to the kernel.
func (r *ring) drop(record []byte) { r.advance(uint64(len(record))) }

func (r *ring) advance(size uint64) {
	r.pos += (recordHead + size + 7) &^ 7
	atomic.StoreUint64((*uint64)(unsafe.Pointer(&r.consumer[0])), r.pos)
}
