package netname

import "github.com/org/cilock-action/pkg/trace"

// Numbers of TLS (RFC 8446, sections 4 and 5.1; RFC 6066, section 3; the
// extension of encrypted ClientHello, draft-ietf-tls-esni).
const (
	recordHandshake = 22
	typeClientHello = 1
	extServerName   = 0
	extECH          = 0xfe0d
	hostName        = 0
	maxRecord       = 1<<14 + 256
)

// hello is what is of interest in a ClientHello.
type hello struct {
	names []string // normally one
	ech   bool     // it offers an encrypted ClientHello, or pretends to
	short bool     // it goes on behind what was there
	bad   bool     // it is none, or breaks its format
}

// tlsStream reads a TLS flow until its ClientHello is complete.
func (r *Reader) tlsStream(f *flow, p Piece) []trace.Message {
	handshake, ok := stripRecords(f.stream.prefix())
	h := parseHello(handshake)
	if h.short && ok {
		return nil
	}
	if h.short || h.bad {
		r.stats.Malformed++
	}
	f.release()
	return p.helloMessage("sni", h, 0)
}

// stripRecords joins what the records of a stream carry. It returns false if
// the stream goes on with something else than a handshake.
func stripRecords(stream []byte) ([]byte, bool) {
	c := cursor{rest: stream}
	var out []byte
	for {
		kind, version, fragment := c.uint(1), c.uint(2), c.vector(2)
		switch {
		case len(c.rest) == 0 && len(fragment.rest) == 0:
			return out, true
		case kind != recordHandshake || version>>8 != 3 || len(fragment.rest) > maxRecord:
			return out, false
		}
		out = append(out, fragment.rest...)
	}
}

// parseHello reads a ClientHello, or the beginning of one.
func parseHello(handshake []byte) hello {
	c := cursor{rest: handshake}
	if kind := c.uint(1); c.short || kind != typeClientHello {
		return hello{short: c.short, bad: !c.short}
	}
	length := c.uint(3)
	there := uint64(len(c.rest))
	body := c.part(length)
	body.take(2 + 32) // version and random
	body.vector(1)    // session
	body.vector(2)    // cipher suites
	body.vector(1)    // compression methods
	var h hello
	if !body.short && len(body.rest) > 0 {
		h.readExtensions(body.vector(2))
	}
	h.short = there < length || len(handshake) < 4
	h.bad = !h.short && (h.bad || body.short)
	return h
}

func (h *hello) readExtensions(c cursor) {
	for len(c.rest) > 0 {
		kind, data := c.uint(2), c.vector(2)
		switch {
		case c.short:
			h.bad = true
			return
		case kind == extECH:
			h.ech = true
		case kind == extServerName:
			h.readNames(data.vector(2))
		}
	}
}

func (h *hello) readNames(c cursor) {
	for len(c.rest) > 0 {
		kind, name := c.uint(1), c.vector(2)
		if c.short {
			h.bad = true
			return
		}
		if kind == hostName && len(h.names) < trace.MaxNames {
			h.names = append(h.names, string(appendHost(nil, name.rest, false)))
		}
	}
}

// helloMessage shows the names of a ClientHello; none is no message.
func (p Piece) helloMessage(op string, h hello, marks trace.Marks) []trace.Message {
	if len(h.names) == 0 {
		return nil
	}
	m := p.message(op)
	m.Names, m.Marks = h.names, marks
	if h.ech {
		m.Target = "ech"
	}
	return []trace.Message{m}
}
