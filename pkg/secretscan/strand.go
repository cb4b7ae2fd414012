package secretscan

import (
	"bytes"
	"cmp"
	"fmt"
	"hash/maphash"
	"io"
	"slices"

	"github.com/org/cilock-action/pkg/secretscan/internal/decode"
)

// An origin says where a text comes from: the source itself, or what a stream or an archive in it holds.
type origin struct {
	path   []string // of decoders
	plain  int      // how many of them are archives that hold the text as it is: these are no layers of encoding
	member string
	at     int64 // in the source, where what encodes the text starts
	line   int
}

// layers is how many layers of encoding were undone.
func (p origin) layers() int { return len(p.path) - p.plain }

// into is the origin of what a decoder makes of the text at p, from t's position on. same: it is a part of that text.
func (p origin) into(decoder, member string, same bool, t *tap) origin {
	if len(p.path) == 0 {
		p.at, p.line = t.offset(), t.line()
	}
	p.path = append(slices.Clone(p.path), decoder)
	if same && p.plain < MaxDepth {
		p.plain++
	}
	if member != "" {
		p.member = member
	}
	return p
}

// A strand is one text that is scanned window by window. It is read, or written to.
type strand struct {
	src *source
	origin
	packed bool // it is what a container consists of, as far as its members are not: as a rule noise

	buf    []byte
	fresh  int // bytes at the end of buf that no window had yet
	from   owned
	base   int64  // offset of buf in the text
	parts  []part // of the source's own text, from base on
	begun  bool
	last   map[string]mark // for tally
	silent [16]uint64      // digests of windows in which there was nothing,
	turn   int
	knew   int // when so many masks were known
}

// A part of a strand follows in the source, without a gap, from a place on.
type part struct {
	at     int64 // in the text
	offset int64 // in the source
	line   int
}

// exact reports whether it is known where in the source each byte of the text is.
func (st *strand) exact() bool { return len(st.path) == 0 }

// strand begins a text at p. If that is the source, it begins at t's position.
func (src *source) strand(p origin, t *tap) *strand {
	st := &strand{src: src, origin: p, last: map[string]mark{}}
	if st.exact() {
		st.at, st.line = t.offset(), t.line()
		st.parts = []part{{0, st.at, st.line}}
	}
	if n := len(src.spare); n > 0 {
		st.buf, src.spare = src.spare[n-1], src.spare[:n-1]
	}
	return st
}

// read scans what r has to its end, in windows of usual size after the first. Its error is one of the context.
func (st *strand) read(r io.Reader, first int, more func()) error {
	want := first
	for n := 0; ; n++ {
		before := len(st.buf)
		var err error
		st.buf, err = fill(r, st.buf, want)
		if st.fresh += len(st.buf) - before; n == 1 && more != nil && len(st.buf) > before {
			more()
		}
		if err != nil {
			st.end()
			return nil // what is wrong the tap knows
		}
		st.step(false)
		if stop := st.src.ctx.Err(); stop != nil {
			return stop
		}
		want = st.src.s.sizes.fresh
	}
}

// write adds to a text that is not read. offset and line say where in the source p is, if the text is the source's own.
func (st *strand) write(p []byte, offset int64, line int) {
	if st.exact() {
		at := st.base + int64(len(st.buf))
		if before := st.parts[len(st.parts)-1]; offset-before.offset != at-before.at {
			st.parts = append(st.parts, part{at, offset, line})
		}
	}
	for len(p) > 0 {
		n := min(len(p), st.src.s.sizes.fresh-st.fresh)
		st.buf, p, st.fresh = append(st.buf, p[:n]...), p[n:], st.fresh+n
		if st.fresh >= st.src.s.sizes.fresh {
			st.step(false)
		}
	}
}

// end scans the rest.
func (st *strand) end() {
	if len(st.buf) > 0 {
		st.step(true)
	}
	if cap(st.buf) > 0 {
		st.src.spare = append(st.src.spare, st.buf[:0])
	}
	st.buf, st.fresh = nil, 0
}

// step scans a window, and drops what the next one does not need.
func (st *strand) step(final bool) {
	next := st.src.s.sizes.plan(st.buf, final)
	st.window(st.buf[:next.end], next)
	st.begun, st.fresh = true, 0
	if final {
		return
	}
	if st.exact() {
		st.forget(next.start)
	}
	st.base += int64(next.start)
	st.from = next.owned.less(next.start)
	st.buf = append(st.buf[:0], st.buf[next.start:]...)
}

// window scans text, counts what is found in it from one border on to the next, and notes the gaps.
func (st *strand) window(text []byte, next cut) {
	src := st.src
	w := &walk{src: src, strand: st, masks: st.announce(text), size: len(text), last: next.final, next: next.start}
	w.dull = st.packed && !decode.Textual(text)
	// Bombs consist of windows that are all the same.
	digest := maphash.Bytes(src.seed(), text)
	if st.knew != len(src.known) {
		st.knew, st.silent = len(src.known), [16]uint64{}
	}
	if !next.final && slices.Contains(st.silent[:], digest) {
		return
	}
	gaps := len(src.gaps)
	w.budget = src.s.limits.budget(!st.begun && src.decoded < decode.DefaultLimits().Bytes)
	w.budget.OnCut(w.cut)
	if st.packed {
		w.budget.Unpacked()
	}
	w.visit(node{text: text, span: span{0, len(text)}, path: st.path, member: st.member, approx: !st.exact()})
	src.decoded += w.budget.Decoded()
	for _, g := range w.budget.Gaps() {
		src.gaps[g.Decoder+": "+g.Limit] += g.Count
	}
	if len(w.found) == 0 && len(w.masks) == 0 && w.budget.Gaps() == nil && len(src.gaps) == gaps {
		st.silent[st.turn] = digest
		st.turn = (st.turn + 1) % len(st.silent)
	}
	kept := w.found[:0]
	for _, o := range w.found {
		if o.node == 0 && (o.span.start < st.from.plain || o.span.start >= next.plain) ||
			o.node != 0 && (o.span.end <= st.from.child || o.span.start >= next.child) {
			continue
		}
		kept = append(kept, o)
	}
	src.tally.add(st, kept)
}

// announce adds the masks in a text of the stream itself.
func (st *strand) announce(text []byte) []span {
	if len(st.path) > 0 {
		return nil
	}
	return st.src.announce(text)
}

// where is the line and the offset of a position in buf.
func (st *strand) where(at int) (line int, offset int64) {
	if !st.exact() {
		return st.line, st.at
	}
	_, p := st.partOf(at)
	return p.line + bytes.Count(st.buf[max(0, p.at-st.base):at], []byte("\n")), p.offset + st.base + int64(at) - p.at
}

func (st *strand) partOf(at int) (int, part) {
	i, found := slices.BinarySearchFunc(st.parts, st.base+int64(at), func(p part, at int64) int { return cmp.Compare(p.at, at) })
	if !found {
		i--
	}
	return i, st.parts[i]
}

// forget is for the first n bytes of buf: where they were is not asked again.
func (st *strand) forget(n int) {
	i, _ := st.partOf(n)
	line, offset := st.where(n)
	st.parts = append(st.parts[:0], st.parts[i:]...)
	st.parts[0] = part{st.base + int64(n), offset, line}
}

// rest scans what is left of t as text. behind is what came before it: what is packed in the rest is then looked for at
// once in as much as can be held.
func (src *source) rest(t *tap, p origin, behind string) error {
	st := src.strand(p, t)
	return st.readRest(t, behind)
}

func (st *strand) readRest(t *tap, behind string) error {
	t.to(nil)
	t.keep = false
	sizes := st.src.s.sizes
	if behind == "" {
		return st.read(t.br, sizes.fresh, nil)
	}
	return st.read(t.br, sizes.archive, func() {
		st.src.gap(fmt.Sprintf("%s: what is behind it, or damaged, is only taken apart in its first %d MiB", behind, sizes.archive>>20))
	})
}
