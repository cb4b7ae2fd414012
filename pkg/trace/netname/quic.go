package netname

import (
	"bytes"

	"github.com/org/cilock-action/pkg/trace"
)

// Versions of QUIC whose Initial packets can be read.
const (
	quicV1 = 0x00000001 // RFC 9000
	quicV2 = 0x6b3343cf // RFC 9369
)

// Bounds on one flow and one packet.
const (
	maxConns    = 4  // connections of one flow; a socket may have several to one address
	maxInitials = 16 // Initial packets in one datagram
	maxConnID   = 20 // bytes of a connection ID (RFC 9000, section 17.2)
	maxSealed   = 32 // packets of one flow that did not open
)

// Types of frames that an Initial packet may have (RFC 9000, table 3).
const (
	framePadding = 0x00
	framePing    = 0x01
	frameACK     = 0x02
	frameACKECN  = 0x03
	frameCrypto  = 0x06
)

// quicConn is one connection attempt of a client: the keys that its first
// destination connection ID gives, and the handshake under them.
type quicConn struct {
	version uint32
	id      []byte
	keys    *initialKeys
	crypto  assembler
	pieces  int
	done    bool
}

// initial is an Initial packet, still protected.
type initial struct {
	version uint32
	id      []byte // of the destination
	packet  []byte // from its first byte to its end
	number  int    // where its packet number is
}

// quicDatagram reads the Initial packets of a datagram, if it has some.
func (r *Reader) quicDatagram(p Piece) []trace.Message {
	var out []trace.Message
	data := p.Data
	for range maxInitials {
		in, rest, ok := nextInitial(data)
		if !ok {
			break
		}
		data = rest
		if in.packet == nil {
			continue // a packet of another type before it
		}
		out = append(out, r.initial(p, in)...)
	}
	return out
}

// nextInitial returns the packet at the front of a datagram and what follows
// it (RFC 9000, sections 12.2 and 17.2.2). Of another type than Initial its
// packet is nil. It returns false where no such packet is.
func nextInitial(data []byte) (in initial, rest []byte, ok bool) {
	c := cursor{rest: data}
	first, version := c.uint(1), uint32(c.uint(4))
	if first&0x80 == 0 || version != quicV1 && version != quicV2 {
		return in, nil, false
	}
	kind := first >> 4 & 3
	if version == quicV2 {
		kind = (kind + 3) & 3 // RFC 9369, section 3.2: as in version 1, plus one
	}
	if kind == 3 {
		return in, nil, false // Retry has no length; a client sends none
	}
	id, source := c.vector(1), c.vector(1)
	if kind == 0 {
		token := c.varint()
		c.part(token)
	}
	length := c.varint()
	number := len(data) - len(c.rest)
	c.part(length)
	if c.short || id.short || source.short || len(id.rest) > maxConnID || len(source.rest) > maxConnID {
		return in, nil, false
	}
	if kind != 0 {
		return in, c.rest, true
	}
	return initial{version, id.rest, data[:len(data)-len(c.rest)], number}, c.rest, true
}

// initial opens one packet with the keys of its flow.
func (r *Reader) initial(p Piece, in initial) []trace.Message {
	f := r.find(p)
	if f.content == unknown {
		f.content = quicFlow
	}
	if f.content != quicFlow || f.pieces >= maxSealed {
		return nil
	}
	conn, payload := f.open(in)
	if conn == nil {
		f.pieces++
		r.stats.Sealed++
		return nil
	}
	if conn.done {
		return nil
	}
	conn.pieces++
	fits, sound := conn.read(payload, r.limits.FlowBytes)
	h := parseHello(conn.crypto.prefix())
	switch {
	case !fits || conn.pieces > maxPieces:
		r.stats.Overflow++
	case !sound || h.bad:
		r.stats.Malformed++
	case h.short:
		return nil
	}
	marks := trace.Marks(0)
	if h.short {
		marks = trace.Cut
	}
	conn.done, conn.crypto = true, assembler{}
	return p.helloMessage("quic", h, marks)
}

// open finds the connection whose keys open a packet. After the server's first
// answer a client sends to another connection ID under the same keys; after a
// Retry, and for a new connection, the new ID gives new ones.
func (f *flow) open(in initial) (*quicConn, []byte) {
	for _, c := range f.quic {
		if c.version == in.version {
			if payload, ok := c.keys.open(in); ok {
				return c, payload
			}
		}
	}
	for _, c := range f.quic {
		if c.version == in.version && bytes.Equal(c.id, in.id) {
			return nil, nil
		}
	}
	keys, err := newInitialKeys(in.version, in.id)
	if err != nil {
		return nil, nil
	}
	payload, ok := keys.open(in)
	if !ok {
		return nil, nil
	}
	c := &quicConn{version: in.version, id: bytes.Clone(in.id), keys: keys}
	if len(f.quic) == maxConns {
		f.quic = append(f.quic[:0], f.quic[1:]...)
	}
	f.quic = append(f.quic, c)
	return c, payload
}

// read adds the CRYPTO frames of a packet to the handshake (RFC 9000, section
// 19). Frames that an Initial must not have end it.
func (c *quicConn) read(payload []byte, limit int) (fits, sound bool) {
	p := cursor{rest: payload}
	for len(p.rest) > 0 && !p.short {
		switch kind := p.varint(); kind {
		case framePadding, framePing:
		case frameACK, frameACKECN:
			p.skipACK(kind == frameACKECN)
		case frameCrypto:
			offset, length := p.varint(), p.varint()
			data := p.part(length)
			if p.short {
				return true, false
			}
			if !c.crypto.add(offset, data.rest, limit) {
				return false, true
			}
		default: // CONNECTION_CLOSE, or none that belongs here
			return true, true
		}
	}
	return true, !p.short
}

// skipACK reads over an ACK frame (RFC 9000, section 19.3).
func (c *cursor) skipACK(ecn bool) {
	c.varint() // largest acknowledged
	c.varint() // delay
	fields := 1 + 2*c.varint()
	if ecn {
		fields += 3
	}
	for range fields {
		if c.varint(); c.short {
			return
		}
	}
}
