// Package tracerd watches a step from a process of its own: the tracer, which
// is this program again, started as `__tracer`.
//
// A process of its own, because a sensor may need rights that the step's parent
// must not have, and must not disturb the parent's waiting for its children.
// The tracer is started with `sudo -n` where we have no rights ourselves. It is
// handed the PID of the frozen step and nothing else: no key, no token, no
// environment. It signs nothing, gives up what it does not need once it is
// armed, and ends when we do.
//
// [Start] is our side, [Serve] is the tracer's. They speak over the tracer's
// standard input and output:
//
//	us      one line of JSON, an order; later "stop\n", or end of file
//	tracer  frames: a kind, the length of the rest (4 bytes, little-endian), the rest
//
// The frames of a tracer are one hello, one armed or refused, then messages and
// beats, and one end.
package tracerd

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/org/cilock-action/pkg/trace"
)

// Verb is the first argument of a tracer.
const Verb = "__tracer"

// The backends. Auto is the first of the others that can be armed.
const (
	Auto   = "auto"
	EBPF   = "ebpf"
	Ptrace = "ptrace"
)

// order is what the tracer is to do.
type order struct {
	Backend string `json:"backend"`
	PID     int    `json:"pid"`   // of the frozen process
	Start   uint64 `json:"start"` // its start time in clock ticks: a PID alone may have become another's
	Ring    int    `json:"ring,omitempty"`
}

// The kinds of frame.
const (
	frameHello    = 'h' // nothing: the tracer runs, whatever comes then
	frameArmed    = 'a' // armed as JSON
	frameRefused  = 'r' // refusal as JSON
	frameMessages = 'm' // messages in their wire form
	frameBeat     = 'b' // nothing: the tracer is alive
	frameEnd      = 'e' // ending as JSON
)

// armed says what watches, and from which process.
type armed struct {
	trace.Description
	PID int `json:"pid"`
}

// refusal says why nothing is watched.
type refusal struct {
	Reason      string `json:"reason"`
	Unsupported bool   `json:"unsupported"` // the machine cannot, as opposed to a failure
}

// ending is the tracer's account, and how many messages it has sent.
type ending struct {
	trace.Account
	Sent uint64 `json:"sent"`
}

// maxFrame bounds a frame, in bytes.
const maxFrame = 1 << 20

const frameHead = 5

// appendFrame appends a frame to b.
func appendFrame(b []byte, kind byte, rest []byte) []byte {
	b = binary.LittleEndian.AppendUint32(append(b, kind), uint32(len(rest)))
	return append(b, rest...)
}

// readFrame reads the next frame into buf, which grows as needed.
func readFrame(r io.Reader, buf []byte) (kind byte, rest []byte, err error) {
	var head [frameHead]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, buf, err
	}
	n := binary.LittleEndian.Uint32(head[1:])
	if n > maxFrame {
		return 0, buf, fmt.Errorf("read from the tracer: a frame of %d bytes", n)
	}
	if cap(buf) < int(n) {
		buf = make([]byte, n)
	}
	rest = buf[:n]
	_, err = io.ReadFull(r, rest)
	return head[0], rest, err
}
