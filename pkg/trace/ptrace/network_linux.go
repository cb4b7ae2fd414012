//go:build amd64 || arm64

package ptrace

import (
	"encoding/binary"

	"github.com/org/cilock-action/pkg/trace"
	"golang.org/x/sys/unix"
)

// networkCalls are the calls of Kind Net. Where data is sent on a connected
// socket there is no destination, and the filter or the entry lets it pass.
func networkCalls() []*call {
	return []*call{
		{name: "connect", class: classNetwork, enter: func(t *tracer, th *thread) verdict {
			return t.addressed(th, "connect", th.args[1], th.args[2])
		}, leave: (*tracer).sent},
		{name: "bind", class: classNetwork, enter: func(t *tracer, th *thread) verdict {
			return t.addressed(th, "bind", th.args[1], th.args[2])
		}, leave: (*tracer).sent},
		{name: "listen", class: classNetwork, leave: (*tracer).listening},
		{name: "accept", class: classNetwork, leave: (*tracer).accepted},
		{name: "accept4", class: classNetwork, leave: (*tracer).accepted},
		{name: "sendto", class: classNetwork, when: []clause{{4, nonNull, nil}}, enter: func(t *tracer, th *thread) verdict {
			return t.addressed(th, sendOp(th.args[3]), th.args[4], th.args[5])
		}, leave: (*tracer).sent},
		{name: "sendmsg", class: classNetwork, enter: func(t *tracer, th *thread) verdict {
			name, size := t.destination(th, th.args[1])
			return t.addressed(th, sendOp(th.args[2]), name, size)
		}, leave: (*tracer).sent},
		{name: "sendmmsg", class: classNetwork, enter: (*tracer).addressedMany, leave: (*tracer).sentMany},
		{name: "socketcall", class: classNetwork, enter: (*tracer).socketcall, leave: (*tracer).socketcalled, when: []clause{
			{0, oneOf, []uint32{callBind, callConnect, callListen, callAccept, callSendto, callSendmsg, callAccept4, callSendmmsg}},
		}},
	}
}

// sendOp says connect for TCP fast open, which connects and sends at once.
func sendOp(flags uint64) string {
	if flags&unix.MSG_FASTOPEN != 0 {
		return "connect"
	}
	return "send"
}

// addressed reads the address before the call, since the thread can be killed
// while it waits in there.
func (t *tracer) addressed(th *thread, op string, addr, size uint64) verdict {
	m, ok := t.endpointAt(th, op, addr, size)
	if !ok {
		return ignore
	}
	th.told = append(th.told[:0], m)
	return await
}

func (t *tracer) endpointAt(th *thread, op string, addr, size uint64) (trace.Message, bool) {
	var raw [maxSockaddr]byte
	size = min(size&0xffffffff, maxSockaddr)
	n := t.mem.copy(th.tid, addr, raw[:size])
	e, ok := decodeSockaddr(raw[:n])
	if !ok || n < int(size) {
		return trace.Message{}, false
	}
	m := th.message(trace.Net)
	m.Op, m.Family, m.Address, m.Port = op, e.family, e.address, e.port
	if e.family == "unix" && e.address != "" && e.address[0] != '@' {
		m.Address = t.absolute(th, unix.AT_FDCWD, e.address)
	}
	return m, true
}

// destination reads msg_name and msg_namelen of struct msghdr.
func (t *tracer) destination(th *thread, addr uint64) (name, size uint64) {
	var raw [16]byte
	word := th.abi.word
	if t.mem.copy(th.tid, addr, raw[:2*word]) < 2*word {
		return 0, 0
	}
	if word == 4 {
		return uint64(binary.LittleEndian.Uint32(raw[:])), uint64(binary.LittleEndian.Uint32(raw[4:]))
	}
	return binary.LittleEndian.Uint64(raw[:]), uint64(binary.LittleEndian.Uint32(raw[8:]))
}

// sent tells of one destination with what became of it.
func (t *tracer) sent(th *thread, result int64) {
	m := th.told[0]
	m.Errno = errnoOf(result)
	s := t.socketOf(th, th.int(0))
	m.Protocol = s.protocol
	// The kernel knows whom it is connected to, whatever a racing thread had
	// put in place of the address that was read before.
	if m.Op == "connect" && result == 0 && s.peer.family == m.Family && s.peer != (endpoint{m.Family, m.Address, m.Port}) &&
		m.Family != "unix" && !isUnspecified(m.Address) {
		m.Address, m.Port, m.Marks = s.peer.address, s.peer.port, m.Marks|trace.Contested
	}
	t.send(classNetwork, m)
}

func isUnspecified(address string) bool { return address == "0.0.0.0" || address == "::" }

// maxMany is how many messages one sendmmsg can have (UIO_MAXIOV).
const maxMany = 1024

// addressedMany reads the destinations of a sendmmsg. Equal ones that follow
// each other are one message with a count.
func (t *tracer) addressedMany(th *thread) verdict {
	size := uint64(64) // struct mmsghdr
	if th.abi.word == 4 {
		size = 32
	}
	th.told = th.told[:0]
	for i := range min(th.args[2]&0xffffffff, maxMany) {
		name, length := t.destination(th, th.args[1]+i*size)
		if name == 0 {
			continue
		}
		m, ok := t.endpointAt(th, "send", name, length)
		if !ok {
			break
		}
		if last := len(th.told) - 1; last >= 0 && th.told[last].Address == m.Address && th.told[last].Port == m.Port {
			th.told[last].Count++
			continue
		}
		th.told = append(th.told, m)
	}
	if len(th.told) == 0 {
		return ignore
	}
	return await
}

// sentMany tells of the destinations that were reached, or of the first with
// why it was not.
func (t *tracer) sentMany(th *thread, result int64) {
	if result <= 0 {
		th.told[0].Count = 0
		t.sent(th, result)
		return
	}
	protocol := t.socketOf(th, th.int(0)).protocol
	for i, m := range th.told {
		if result <= 0 {
			break
		}
		m.Count = min(m.Count, int(result)-1)
		m.Protocol = protocol
		result -= int64(m.Count) + 1
		if i > 0 {
			t.counts[classNetwork].Attempted++
		}
		t.send(classNetwork, m)
	}
}

// listening tells where somebody may come in.
func (t *tracer) listening(th *thread, result int64) {
	m := th.message(trace.Net)
	s := t.socketOf(th, th.int(0))
	m.Op, m.Errno = "listen", errnoOf(result)
	m.Family, m.Protocol, m.Address, m.Port = s.local.family, s.protocol, s.local.address, s.local.port
	t.send(classNetwork, m)
}

// accepted tells who came. Nobody is no event.
func (t *tracer) accepted(th *thread, result int64) {
	if result < 0 {
		t.drop(classNetwork)
		return
	}
	m := th.message(trace.Net)
	s := t.socketOf(th, int(result))
	m.Op = "accept"
	m.Family, m.Protocol, m.Address, m.Port = s.peer.family, s.protocol, s.peer.address, s.peer.port
	t.send(classNetwork, m)
}

// The calls behind i386's socketcall(2) that are watched (linux/net.h).
const (
	callBind     = 2
	callConnect  = 3
	callListen   = 4
	callAccept   = 5
	callSendto   = 11
	callSendmsg  = 16
	callAccept4  = 18
	callSendmmsg = 20
)

// socketcall puts the real arguments, which are in memory, in place.
func (t *tracer) socketcall(th *thread) verdict {
	which := th.args[0]
	words := t.mem.words(th.tid, th.args[1], 4, 6)
	if len(words) < 3 && which != callListen {
		return ignore
	}
	copy(th.args[:], words)
	th.told = th.told[:0]
	switch which {
	case callConnect:
		return t.addressed(th, "connect", th.args[1], th.args[2])
	case callBind:
		return t.addressed(th, "bind", th.args[1], th.args[2])
	case callSendto:
		return t.addressed(th, sendOp(th.args[3]), th.args[4], th.args[5])
	case callSendmsg:
		name, size := t.destination(th, th.args[1])
		return t.addressed(th, sendOp(th.args[2]), name, size)
	case callSendmmsg:
		return t.addressedMany(th)
	case callListen:
		th.told = append(th.told, trace.Message{Op: "listen"})
	}
	return await
}

func (t *tracer) socketcalled(th *thread, result int64) {
	switch {
	case len(th.told) == 0:
		t.accepted(th, result)
	case th.told[0].Op == "listen":
		t.listening(th, result)
	case len(th.told) > 1 || th.told[0].Count > 0:
		t.sentMany(th, result)
	default:
		t.sent(th, result)
	}
}
