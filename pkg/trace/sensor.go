package trace

import "context"

// Options say what to watch.
type Options struct {
	// PID is the root of the tree. It is stopped, or otherwise certain not to
	// run anything that matters until the sensor is armed, and its main thread
	// is the one that will exec.
	PID int
	// Handler gets every message, from one goroutine. After Stop has returned
	// it is not called any more.
	Handler Handler
	// RingBytes is the size of the buffer between kernel and sensor for file
	// events, a power of two; 0 is the sensor's own choice.
	RingBytes int
}

// Sensor is armed: everything that the root and its descendants do from now on
// is seen. Its arming function is Arm of package bpf or ptrace; an error of
// that wraps errors.ErrUnsupported if this machine cannot do it, and any other
// error if it should have.
type Sensor interface {
	// Describe says what is watching.
	Describe() Description
	// Stop ends the watch, delivers what is still underway, and returns the
	// account. The root has ended by then, or is given up. Survivors go on
	// unharmed and unwatched. ctx bounds the wait; what it cuts off is a gap.
	Stop(ctx context.Context) Account
}

// Description is what a sensor is made of, on this machine.
type Description struct {
	Backend string   `json:"backend"` // ebpf or ptrace
	Hooks   []Hook   `json:"hooks,omitempty"`
	Limits  []string `json:"limits,omitempty"` // standing: what it never sees, or cannot prove
}

// Hook is one place in the kernel where the sensor listens.
type Hook struct {
	Name   string `json:"name"`             // what is seen there: process, open, connect...
	How    string `json:"how"`              // kind and place: "tp_btf/sched_process_fork"
	Reason string `json:"reason,omitempty"` // why no better place was used
}

// Account is the proof of completeness. For every class, what the kernel side
// attempted must equal what was received, deduplicated and lost.
type Account struct {
	Classes []Class  `json:"classes"`
	Gaps    []string `json:"gaps,omitempty"`   // what should have been seen and was not
	Limits  []string `json:"limits,omitempty"` // those that only showed while it ran
	// NotFound counts opens that failed because there was no such file: they
	// are no messages.
	NotFound uint64 `json:"notfound,omitempty"`
	// Survivors are processes of the tree that were alive at Stop.
	Survivors []int `json:"survivors,omitempty"`
}

// Class is the count of one class of events.
type Class struct {
	Name         string `json:"name"` // process, file, network, syscall
	Attempted    uint64 `json:"attempted"`
	Received     uint64 `json:"received"`
	Deduplicated uint64 `json:"deduplicated"`
	Lost         uint64 `json:"lost"`
}

// Unaccounted is what is neither received, nor deduplicated, nor known to be
// lost: 0 in a sound trace.
func (c Class) Unaccounted() int64 {
	return int64(c.Attempted) - int64(c.Received) - int64(c.Deduplicated) - int64(c.Lost)
}
