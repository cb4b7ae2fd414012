//go:build amd64 || arm64

package bpf

import (
	"bytes"
	"encoding/binary"
	"sync/atomic"
	"syscall"

	"github.com/org/cilock-action/pkg/trace"
)

// decoder makes messages of records. It keeps who ended lately, since the kernel
// may say that twice.
type decoder struct {
	offset int64 // from the records' clock to the Unix epoch, nanoseconds
	net    netDecoder
	ended  map[int]bool

	calls []call // what records have the numbers of
	links links
	rings atomic.Bool // io_uring is used
}

// decode delivers what a record means: nothing, or one message, or from the
// network object several. It reports whether the record repeats another.
func (d *decoder) decode(h head, body []byte, deliver func(trace.Message)) (repeated bool, err error) {
	m := trace.Message{PID: h.pid, Time: int64(h.time) + d.offset, Marks: h.marks, Errno: h.errno}
	if h.kind >= kindNet {
		return false, d.net.decode(h, m, body, deliver)
	}
	switch h.kind {
	case kindFork:
		err = fork(&m, body)
		delete(d.ended, m.PID) // the number is used again
	case kindExit:
		m.Kind = trace.Exit
		setStatus(&m, syscall.WaitStatus(h.aux))
		if d.ended[m.PID] {
			return true, nil
		}
		if len(d.ended) >= maxEnded {
			clear(d.ended)
		}
		d.ended[m.PID] = true
	default:
		return false, d.decodeObject(m, h, body, deliver)
	}
	if err == nil {
		deliver(m)
	}
	return false, err
}

// decodeObject does it for the kinds that are a struct record. Two of them are
// also calls that a build has no reason to make.
func (d *decoder) decodeObject(m trace.Message, h head, body []byte, deliver func(trace.Message)) error {
	o, err := readObject(body)
	if err != nil {
		return err
	}
	if int(o.call) >= len(d.calls) {
		return errRecord
	}
	switch h.kind {
	case kindExec:
		d.exec(&m, h, &o)
	case kindOpen:
		d.open(&m, h, &o)
	case kindChange:
		d.change(&m, h, &o)
	case kindCall:
		err = d.called(&m, h, &o)
	default:
		err = errRecord
	}
	if err != nil {
		return err
	}
	switch also := (trace.Message{Kind: trace.Syscall, PID: m.PID, Time: m.Time, Errno: m.Errno}); {
	case h.kind == kindOpen && d.calls[o.call].name == "open_by_handle_at":
		also.Op, also.Target = "open_by_handle_at", m.Path
		deliver(also)
		if m.Errno != 0 { // then nothing has a name
			return nil
		}
	case h.kind == kindExec && h.aux&auxExecveat != 0:
		also.Op, also.Target = "execveat", m.Path
		deliver(also)
	}
	deliver(m)
	return nil
}

// maxEnded bounds what is kept. A second report follows within microseconds.
const maxEnded = 1024

// fork reads struct fork_record after its head.
func fork(m *trace.Message, body []byte) error {
	if len(body) < 24 {
		return errRecord
	}
	m.Kind = trace.Fork
	m.Parent = int(int32(binary.NativeEndian.Uint32(body)))
	m.UID = binary.NativeEndian.Uint32(body[4:])
	m.Comm = untilNUL(body[8:24])
	return nil
}

func setStatus(m *trace.Message, status syscall.WaitStatus) {
	if status.Signaled() {
		m.Signal = int(status.Signal())
		return
	}
	m.Code = status.ExitStatus()
}

func untilNUL(b []byte) string {
	b, _, _ = bytes.Cut(b, []byte{0})
	return string(b)
}
