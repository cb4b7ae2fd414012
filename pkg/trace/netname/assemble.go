package netname

import "slices"

// maxSpans bounds the holes in an assembler.
const maxSpans = 32

// span is a range of bytes that have arrived, relative to the base.
type span struct{ from, to int }

// assembler puts the pieces of a stream in order. Where two overlap the first
// one counts. The zero value is an empty stream.
type assembler struct {
	base uint64 // offset in the stream of buf[0]
	buf  []byte
	have []span // sorted, disjoint, not adjacent
}

func (a *assembler) empty() bool { return len(a.have) == 0 }

// add puts data at an offset of the stream. It returns false, having done
// nothing, if that needs more than limit bytes of memory or too many spans.
func (a *assembler) add(offset uint64, data []byte, limit int) bool {
	if offset < a.base { // what was consumed already comes again
		data = data[min(uint64(len(data)), a.base-offset):]
		offset = a.base
	}
	if len(data) == 0 {
		return true
	}
	if offset-a.base > uint64(limit) || int(offset-a.base)+len(data) > limit {
		return false
	}
	n := span{int(offset - a.base), int(offset-a.base) + len(data)}
	first, last := a.touched(n)
	if first == last && len(a.have) >= maxSpans {
		return false
	}
	if n.to > len(a.buf) {
		a.buf = slices.Grow(a.buf, n.to-len(a.buf))[:n.to]
	}
	at := n.from
	for _, s := range a.have[first:last] {
		if at < s.from {
			copy(a.buf[at:s.from], data[at-n.from:])
		}
		at = max(at, s.to)
	}
	if at < n.to {
		copy(a.buf[at:n.to], data[at-n.from:])
	}
	if first < last {
		n.from, n.to = min(n.from, a.have[first].from), max(n.to, a.have[last-1].to)
	}
	a.have = slices.Replace(a.have, first, last, n)
	return true
}

// touched returns the range of spans that overlap n or border on it.
func (a *assembler) touched(n span) (first, last int) {
	for first < len(a.have) && a.have[first].to < n.from {
		first++
	}
	last = first
	for last < len(a.have) && a.have[last].from <= n.to {
		last++
	}
	return first, last
}

// prefix returns the bytes from the base up to the first hole.
func (a *assembler) prefix() []byte {
	if a.empty() || a.have[0].from > 0 {
		return nil
	}
	return a.buf[:a.have[0].to]
}

// consume drops n bytes of the prefix; the base moves on.
func (a *assembler) consume(n int) {
	a.base += uint64(n)
	a.buf = slices.Delete(a.buf, 0, n)
	for i := range a.have {
		a.have[i].from, a.have[i].to = max(a.have[i].from-n, 0), a.have[i].to-n
	}
	if a.have[0].to == 0 {
		a.have = slices.Delete(a.have, 0, 1)
	}
}
