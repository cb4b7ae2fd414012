package netname

import (
	"encoding/binary"
	"net/netip"
	"slices"

	"github.com/org/cilock-action/pkg/trace"
)

// Bounds on what is read of one message of DNS; the rest is Cut. A real one
// has one question, and answers that fit a few packets.
const (
	maxQuestions = 64
	maxRecords   = 512
)

// Types of resource records (RFC 1035, 3596, 2782 and 9460).
const (
	typeA     = 1
	typeCNAME = 5
	typeAAAA  = 28
	typeSRV   = 33
	typeSVCB  = 64
	typeHTTPS = 65
)

// Parameters of SVCB and HTTPS records (RFC 9460, section 14.3.2).
const (
	hintIPv4 = 4
	hintIPv6 = 6
)

// dnsMessage is what is of interest in a message. Names has the questions
// first, then the names that answers belong to or lead to.
type dnsMessage struct {
	response  bool
	names     []string
	addresses []string
	partly    bool // it broke off, or has more than is read
}

// dnsDatagram reads a packet that is one message.
func (r *Reader) dnsDatagram(p Piece) []trace.Message {
	m, ok := parseDNS(p.Data)
	if !ok || m.partly && !p.Cut {
		r.stats.Malformed++
	}
	if !ok {
		return nil
	}
	return p.dnsMessages(m)
}

// dnsStream reads the messages that a TCP flow has so far, each behind its
// length (RFC 1035, section 4.2.2).
func (r *Reader) dnsStream(f *flow, p Piece) []trace.Message {
	var out []trace.Message
	for {
		prefix := f.stream.prefix()
		if len(prefix) < 2 {
			return out
		}
		n := 2 + int(binary.BigEndian.Uint16(prefix))
		if n > r.limits.FlowBytes {
			return append(out, r.overflow(f)...)
		}
		if len(prefix) < n {
			return out
		}
		p.Data = prefix[2:n]
		out = append(out, r.dnsDatagram(p)...)
		f.stream.consume(n)
		f.pieces = 0
	}
}

// dnsMessages shows a message of DNS, in as many of ours as its names and
// addresses need.
func (p Piece) dnsMessages(d dnsMessage) []trace.Message {
	op := "query"
	if d.response {
		op = "answer"
	}
	var out []trace.Message
	names, addresses := chunks(d.names), chunks(d.addresses)
	for i := range max(len(names), len(addresses)) {
		m := p.message(op)
		m.Names = names[min(i, len(names)-1)]
		if i < len(addresses) {
			m.Answers = addresses[i]
		}
		if d.partly {
			m.Marks |= trace.Cut
		}
		out = append(out, m)
	}
	return out
}

func chunks(all []string) [][]string { return slices.Collect(slices.Chunk(all, trace.MaxNames)) }

// parseDNS reads a message as far as it can. It returns false if not even one
// question can be read; data that is no DNS at all ends there.
func parseDNS(msg []byte) (dnsMessage, bool) {
	h := cursor{rest: msg}
	h.take(2) // its id
	flags, questions, answers := h.uint(2), int(h.uint(2)), int(h.uint(2))
	h.take(4) // how many of the other sections, which are not read
	d := dnsMessage{response: flags&0x8000 != 0}
	if h.short || questions == 0 && answers == 0 {
		return d, false
	}
	off := len(msg) - len(h.rest)
	for i := range questions {
		name, next, ok := readName(msg, off)
		if !ok || next+4 > len(msg) || i >= maxQuestions {
			d.partly = true
			return d, i > 0
		}
		d.add(name)
		off = next + 4 // type and class
	}
	if d.response {
		d.readAnswers(msg, off, answers)
	}
	return d, len(d.names) > 0
}

func (d *dnsMessage) readAnswers(msg []byte, off, count int) {
	for i := range count {
		owner, next, ok := readName(msg, off)
		if !ok || i >= maxRecords {
			d.partly = true
			return
		}
		c := cursor{rest: msg[next:]}
		kind, _, _, length := int(c.uint(2)), c.uint(2), c.uint(4), int(c.uint(2))
		start := len(msg) - len(c.rest)
		if c.take(length); c.short {
			d.partly = true
			return
		}
		off = start + length
		d.add(owner)
		if !d.readData(msg[:off], start, kind) {
			d.partly = true // and goes on: the next record is where it is
		}
	}
}

// readData reads the data of a record, from start to the end of msg. A type
// that is not of interest is fine.
func (d *dnsMessage) readData(msg []byte, start, kind int) bool {
	data := msg[start:]
	switch kind {
	case typeA, typeAAAA:
		return d.addAddresses(data, len(data)) && (len(data) == 4) == (kind == typeA)
	case typeCNAME:
		return d.addNameAt(msg, start)
	case typeSRV:
		return d.addNameAt(msg, start+6) // behind priority, weight and port
	case typeSVCB, typeHTTPS:
		return d.readService(msg, start)
	}
	return true
}

// readService reads an SVCB or HTTPS record: another name for the service, or
// hints of its addresses.
func (d *dnsMessage) readService(msg []byte, start int) bool {
	name, next, ok := readName(msg, start+2) // behind the priority
	if !ok {
		return false
	}
	if name != "." { // which stands for the owner
		d.add(name)
	}
	c := cursor{rest: msg[next:]}
	for len(c.rest) > 0 {
		key, value := c.uint(2), c.vector(2)
		switch {
		case c.short:
			return false
		case key == hintIPv4 && !d.addAddresses(value.rest, 4), key == hintIPv6 && !d.addAddresses(value.rest, 16):
			return false
		}
	}
	return true
}

func (d *dnsMessage) addNameAt(msg []byte, at int) bool {
	name, _, ok := readName(msg, at)
	if ok {
		d.add(name)
	}
	return ok
}

func (d *dnsMessage) add(name string) {
	if !slices.Contains(d.names, name) {
		d.names = append(d.names, name)
	}
}

// addAddresses adds the addresses of size bytes that data is made of.
func (d *dnsMessage) addAddresses(data []byte, size int) bool {
	if size != 4 && size != 16 || len(data)%size != 0 {
		return false
	}
	for one := range slices.Chunk(data, size) {
		a, _ := netip.AddrFromSlice(one)
		if s := a.String(); !slices.Contains(d.addresses, s) {
			d.addresses = append(d.addresses, s)
		}
	}
	return true
}
