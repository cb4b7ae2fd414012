//go:build amd64 || arm64

package bpf

import (
	"encoding/binary"
	"errors"

	"github.com/org/cilock-action/pkg/trace"
)

// class is an enum class of src/shared.h.
type class uint8

const (
	classProcess class = iota
	classFile
	classNetwork
	classSyscall
	classes
)

func (c class) String() string {
	return [...]string{"process", "file", "network", "syscall", "unknown"}[min(c, classes)]
}

// kind is an enum kind of src/shared.h.
type kind uint8

const (
	kindFork kind = iota + 1
	kindExec
	kindExit
	kindOpen
	kindChange
	kindCall

	kindNet kind = 32 // and above: the network object's
)

// head is struct head of src/shared.h.
type head struct {
	size  int
	kind  kind
	class class
	marks trace.Marks
	errno int
	pid   int
	aux   uint32
	time  uint64 // CLOCK_MONOTONIC, nanoseconds
}

const headSize = 24

// errRecord is a record that does not have the shape it should: our own mistake,
// since the kernel alone can write to a ring.
var errRecord = errors.New("malformed record")

// readHead splits a record of a ring into its head and its body. A ring pads
// records to 8 bytes, so the head has the true size.
func readHead(raw []byte) (head, []byte, error) {
	if len(raw) < headSize {
		return head{}, nil, errRecord
	}
	n := binary.NativeEndian
	h := head{
		size:  int(n.Uint16(raw)),
		kind:  kind(raw[2]),
		class: class(raw[3]),
		marks: trace.Marks(n.Uint16(raw[4:])),
		errno: int(int16(n.Uint16(raw[6:]))),
		pid:   int(int32(n.Uint32(raw[8:]))),
		aux:   n.Uint32(raw[12:]),
		time:  n.Uint64(raw[16:]),
	}
	if h.size < headSize || h.size > len(raw) || h.class >= classes {
		return head{}, nil, errRecord
	}
	return h, raw[headSize:h.size], nil
}
