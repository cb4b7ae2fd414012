package rules

import (
	"regexp/syntax"
)

// Bounds on a gate: how many bytes it sees, and how many parts it has.
const (
	gateBytes = 512
	gateParts = 150
)

// gate is a necessary condition on the first bytes of a match, far cheaper than the expression: byte classes with
// counts, in sequence and in branches. Where the expression is more than that, the gate allows more.
type gate struct {
	lead  []*byteSet // one byte each, from the start
	sign  *sign      // nil: there is none
	parts []gatePart
}

// gatePart is one of: low to high bytes of a class; one of some sequences; the end of the text; anything at all.
type gatePart struct {
	kind      partKind
	class     *byteSet
	low, high int
	branches  [][]gatePart
}

type partKind uint8

const (
	bytesOf partKind = iota
	oneOf
	endOfText
	anything // as much as there is: the last part of a gate that got too long
)

// gateBuilder makes one gate, in which equal classes are shared.
type gateBuilder struct {
	classes map[byteSet]*byteSet
	room    int // for parts
}

// newGate derives the gate of a concatenation.
func newGate(parts []*syntax.Regexp) *gate {
	b := &gateBuilder{classes: map[byteSet]*byteSet{}, room: gateParts}
	g := &gate{}
	for _, part := range parts {
		g.parts = append(g.parts, b.parts(part)...)
	}
	for len(g.parts) > 0 && g.parts[0].kind == bytesOf && g.parts[0].low == 1 && g.parts[0].high == 1 {
		g.lead = append(g.lead, g.parts[0].class)
		g.parts = g.parts[1:]
	}
	g.sign = newSign(g.parts)
	return g
}

// parts returns what re asks for.
func (b *gateBuilder) parts(re *syntax.Regexp) (parts []gatePart) {
	if b.room <= 0 {
		return []gatePart{{kind: anything}}
	}
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			parts = append(parts, b.some(&syntax.Regexp{Op: syntax.OpLiteral, Flags: re.Flags, Rune: []rune{r}}, 1, 1))
		}
		return parts
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return []gatePart{b.some(re, 1, 1)}
	case syntax.OpCapture, syntax.OpConcat:
		for _, sub := range flatten(re) {
			parts = append(parts, b.parts(sub)...)
		}
		return parts
	case syntax.OpEndText:
		return []gatePart{{kind: endOfText}}
	case syntax.OpAlternate:
		b.room--
		part := gatePart{kind: oneOf}
		for _, sub := range re.Sub {
			part.branches = append(part.branches, b.parts(sub))
		}
		return []gatePart{part}
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
		low, high := counts(re)
		op := re.Sub[0].Op
		if op == syntax.OpCharClass || op == syntax.OpAnyChar || op == syntax.OpAnyCharNotNL {
			return []gatePart{b.some(re.Sub[0], low, high)}
		}
		// A repetition of something longer: any of the bytes that it may hold, as many as it may have.
		shortest, longest := lengths(re)
		var class byteSet
		class.add(re)
		return []gatePart{b.part(class, shortest, longest)}
	}
	return nil // the other assertions, which take no bytes
}

// some returns low to high runes of one class.
func (b *gateBuilder) some(one *syntax.Regexp, low, high int) gatePart {
	shortest, longest := lengths(one)
	var class byteSet
	class.add(one)
	return b.part(class, times(shortest, low), times(longest, high))
}

func (b *gateBuilder) part(class byteSet, low, high int) gatePart {
	b.room--
	shared, ok := b.classes[class]
	if !ok {
		shared = &class
		b.classes[class] = shared
	}
	return gatePart{class: shared, low: low, high: high}
}

// admits reports whether a match may begin where text does, and how many bytes it has at most; -1: that is not known.
func (g *gate) admits(text []byte, sets *scratch) (reach int, ok bool) {
	if len(text) < len(g.lead) {
		return 0, false
	}
	for i, class := range g.lead {
		if !class[text[i]] {
			return 0, false
		}
	}
	if g.sign != nil && !g.sign.in(text[len(g.lead):]) {
		return 0, false
	}
	start, end := sets.take(), sets.take()
	start.add(0)
	beyond := admits(g.parts, start, end, text[len(g.lead):], sets)
	sets.used = 0
	if beyond {
		return -1, true
	}
	return len(g.lead) + end.last, end.some
}

// scratch is the sets that one question to a gate needs, kept for the next one.
type scratch struct {
	sets []*offsets
	used int
}

// take returns an empty set.
func (s *scratch) take() *offsets {
	if s.used == len(s.sets) {
		s.sets = append(s.sets, new(offsets))
	}
	set := s.sets[s.used]
	s.used++
	set.some = false
	return set
}

// offsets is a set of offsets in a text. Only at[first:last+1] is meant, and nothing if some is not set.
type offsets struct {
	at          [gateBytes + 1]bool
	first, last int
	some        bool
}

// add puts an offset into the set. Offsets come in ascending order, but for those of another branch.
func (o *offsets) add(offset int) {
	if !o.some {
		o.at[offset], o.first, o.last, o.some = true, offset, offset, true
		return
	}
	for o.last < offset {
		o.last++
		o.at[o.last] = false
	}
	for o.first > offset {
		o.first--
		o.at[o.first] = false
	}
	o.at[offset] = true
}

// admits adds to to where parts may end that begin at one of the offsets in from. Beyond says that they may end, or not
// be over, further away than a gate sees.
func admits(parts []gatePart, from, to *offsets, text []byte, sets *scratch) (beyond bool) {
	used := sets.used
	a, b := sets.take(), sets.take()
	for i := range parts {
		next := a
		if from == a {
			next = b
		}
		next.some = false
		switch p := &parts[i]; p.kind {
		case bytesOf:
			if p.advance(from, next, text) {
				return true
			}
		case oneOf:
			for _, branch := range p.branches {
				if admits(branch, from, next, text, sets) {
					return true
				}
			}
		case endOfText:
			if from.last == len(text) {
				next.add(len(text))
			}
		case anything:
			return true
		}
		if !next.some {
			sets.used = used
			return false
		}
		from = next
	}
	for offset := from.first; offset <= from.last; offset++ {
		if from.at[offset] {
			to.add(offset)
		}
	}
	sets.used = used
	return false
}

// advance adds to to where the part may end when it begins at one of the offsets in from. Beyond says that it may end
// further away than a gate sees.
func (p *gatePart) advance(from, to *offsets, text []byte) (beyond bool) {
	oldest, live := from.first, 0 // the starts from oldest on, of which live have had low bytes by now
	for end := from.first; ; end++ {
		if end > from.first && !p.class[text[end-1]] {
			if oldest, live = end, 0; oldest > from.last {
				return false
			}
		}
		if s := end - p.low; s >= oldest && s <= from.last && from.at[s] {
			live++
		}
		if s := end - p.high - 1; s >= oldest {
			if s <= from.last && from.at[s] {
				live--
			}
			oldest = s + 1
		}
		if live > 0 {
			to.add(end)
		}
		switch {
		case end-p.low >= from.last && live == 0, end == len(text):
			return false
		case end == gateBytes:
			return true
		}
	}
}
