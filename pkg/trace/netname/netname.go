// Package netname reads the names of hosts out of what programs send and get:
// questions and answers of DNS (RFC 1035, over UDP and TCP), the server name in
// a TLS ClientHello (RFC 6066), and the same in the Initial packets of QUIC
// (RFC 9001 and RFC 9369), whose keys anybody on the path can derive.
//
// A [Reader] takes the payloads of packets as a sensor copied them: the first
// few of each flow, perhaps cut, perhaps out of order. It has a bound for
// everything that a sender could make grow, and counts what it gave up.
//
// A name on the wire is the program's claim. DNS over HTTPS or TLS hides the
// question, an encrypted ClientHello hides the name behind a public one, and
// nothing makes a program connect to what it has asked for.
package netname

import (
	"container/list"
	"net/netip"

	"github.com/org/cilock-action/pkg/trace"
)

// The protocols of a Flow.
const (
	TCP = "tcp"
	UDP = "udp"
)

// Flow is one direction of a conversation through one socket.
type Flow struct {
	Socket   uint64         // tells sockets apart that have the same addresses one after the other
	Protocol string         // TCP or UDP
	Local    netip.AddrPort // of the socket that is watched; the zero value if not known
	Remote   netip.AddrPort // as the program knows it
	Inbound  bool           // from Remote to Local
}

// Piece is what one packet of a flow carried, or the beginning of that.
type Piece struct {
	Flow
	PID    int    // becomes the PID of the messages
	Time   int64  // becomes the Time of the messages
	Offset uint32 // TCP: of Data in the stream, whose first byte has 0
	Data   []byte // not kept
	Cut    bool   // the packet had more than Data
	DNS    bool   // it is DNS, whatever the ports: they may have been translated
}

// Limits bound a Reader. A zero field is the default.
type Limits struct {
	Flows     int // flows that are remembered at a time; 1024
	FlowBytes int // that are kept of one flow, at most; 16 KiB, above any ClientHello in use
}

// Stats counts what a Reader met. All but Pieces and Names are about names
// that may have been missed.
type Stats struct {
	Pieces    uint64 // taken
	Names     uint64 // messages made
	Malformed uint64 // DNS messages, ClientHellos and QUIC packets that break their format
	Sealed    uint64 // QUIC Initial packets that no key opens
	Evicted   uint64 // flows that were forgotten unfinished, for want of room
	Overflow  uint64 // flows given up as too long or too scattered
}

// Reader turns pieces into messages. It is for one goroutine.
type Reader struct {
	limits Limits
	stats  Stats
	flows  map[Flow]*list.Element // of *flow
	recent *list.List             // most recently used first
}

// NewReader returns a Reader with these limits.
func NewReader(l Limits) *Reader {
	if l.Flows <= 0 {
		l.Flows = 1024
	}
	if l.FlowBytes <= 0 {
		l.FlowBytes = 16 << 10
	}
	return &Reader{limits: l, flows: map[Flow]*list.Element{}, recent: list.New()}
}

// Stats returns the counts so far.
func (r *Reader) Stats() Stats { return r.stats }

// Take reads one piece and returns the messages that it completes, usually
// none or one.
func (r *Reader) Take(p Piece) []trace.Message {
	r.stats.Pieces++
	p.Local, p.Remote = unmap(p.Local), unmap(p.Remote)
	var out []trace.Message
	switch {
	case p.Protocol == UDP && p.isDNS():
		out = r.dnsDatagram(p)
	case p.Protocol == UDP && !p.Inbound:
		out = r.quicDatagram(p)
	case p.Protocol == TCP:
		out = r.stream(p)
	}
	r.stats.Names += uint64(len(out))
	return out
}

// Flush gives up all flows and returns what can be told of those that were
// not finished.
func (r *Reader) Flush() []trace.Message {
	var out []trace.Message
	for e := r.recent.Back(); e != nil; e = e.Prev() {
		out = append(out, r.partial(e.Value.(*flow))...)
	}
	r.flows, r.recent = map[Flow]*list.Element{}, list.New()
	r.stats.Names += uint64(len(out))
	return out
}

// The ports of DNS, multicast DNS (RFC 6762) and LLMNR (RFC 4795), which have
// the same format.
const (
	portDNS   = 53
	portMDNS  = 5353
	portLLMNR = 5355
)

func (p Piece) isDNS() bool {
	for _, port := range []uint16{p.Remote.Port(), p.Local.Port()} {
		if port == portDNS || port == portMDNS || port == portLLMNR {
			return true
		}
	}
	return p.DNS
}

// unmap shows an IPv4 address in IPv6 form as what it is.
func unmap(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }

// message returns a message of this piece, without names.
func (p Piece) message(op string) trace.Message {
	m := trace.Message{Kind: trace.Name, Time: p.Time, PID: p.PID, Op: op, Protocol: p.Protocol}
	if a := p.Remote.Addr(); a.IsValid() {
		m.Family, m.Address, m.Port = "inet6", a.String(), int(p.Remote.Port())
		if a.Is4() {
			m.Family = "inet"
		}
	}
	return m
}
