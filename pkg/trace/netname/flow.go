package netname

import "github.com/org/cilock-action/pkg/trace"

// What a flow turned out to be.
type content int

const (
	unknown content = iota
	dnsStream
	tlsStream
	quicFlow
	done // nothing more is wanted of it
)

// maxPieces bounds the pieces of a flow between two of its messages, and so
// the work of looking at its beginning again with each of them.
const maxPieces = 256

// flow is the state of one Flow.
type flow struct {
	last    Piece // without Data: the source of a partial message
	content content
	pieces  int
	stream  assembler
	quic    []*quicConn
}

// stream takes a piece of a TCP flow.
func (r *Reader) stream(p Piece) []trace.Message {
	f := r.find(p)
	if f.content == done {
		return nil
	}
	f.pieces++
	if f.pieces > maxPieces || !f.stream.add(uint64(p.Offset), p.Data, r.limits.FlowBytes) {
		return r.overflow(f)
	}
	if f.content == unknown {
		f.content = p.sniff(f.stream.prefix())
	}
	switch f.content {
	case dnsStream:
		return r.dnsStream(f, p)
	case tlsStream:
		return r.tlsStream(f, p)
	case done:
		f.release()
	}
	return nil
}

// sniff says what a stream is that begins so.
func (p Piece) sniff(prefix []byte) content {
	switch {
	case p.isDNS():
		return dnsStream
	case p.Inbound:
		return done
	case len(prefix) == 0:
		return unknown
	case prefix[0] == recordHandshake:
		return tlsStream
	}
	return done
}

// find returns the state of the piece's flow, and makes room for it if it is
// new.
func (r *Reader) find(p Piece) *flow {
	p.Data = nil
	if e, ok := r.flows[p.Flow]; ok {
		r.recent.MoveToFront(e)
		f := e.Value.(*flow)
		f.last = p
		return f
	}
	for len(r.flows) >= r.limits.Flows {
		oldest := r.recent.Remove(r.recent.Back()).(*flow)
		delete(r.flows, oldest.last.Flow)
		if oldest.unfinished() {
			r.stats.Evicted++
		}
	}
	f := &flow{last: p}
	r.flows[p.Flow] = r.recent.PushFront(f)
	return f
}

// unfinished reports whether a name may be in what has arrived.
func (f *flow) unfinished() bool {
	for _, c := range f.quic {
		if !c.done && !c.crypto.empty() {
			return true
		}
	}
	return f.content != done && !f.stream.empty()
}

// overflow gives a flow up.
func (r *Reader) overflow(f *flow) []trace.Message {
	r.stats.Overflow++
	out := r.partial(f)
	f.release()
	return out
}

// partial tells what an unfinished flow shows: a ClientHello whose end never
// came may have its name in the beginning.
func (r *Reader) partial(f *flow) []trace.Message {
	if f.content == tlsStream {
		handshake, _ := stripRecords(f.stream.prefix())
		return f.last.helloMessage("sni", parseHello(handshake), trace.Cut)
	}
	var out []trace.Message
	for _, c := range f.quic {
		if !c.done {
			out = append(out, f.last.helloMessage("quic", parseHello(c.crypto.prefix()), trace.Cut)...)
		}
	}
	return out
}

// release ends a flow and lets its memory go. Its entry stays for a while, so
// that late packets do not start it anew.
func (f *flow) release() { f.content, f.stream, f.quic = done, assembler{}, nil }
