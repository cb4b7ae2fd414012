package decode

import (
	"cmp"
	"hash/maphash"
	"slices"
)

// Limits bounds the work for one source, which for the scanner is a window. Nodes, Bytes and Work grow with what the source
// itself has, so that a long log is not incomplete for being long; the field says the floor.
type Limits struct {
	Nodes   int // children; and 1 for each 32 bytes of the source
	Bytes   int // bytes of all children together; and 24 for each byte of the source
	Child   int // bytes of one child
	Ratio   int // bytes that one byte of a compressed stream or archive may become, beyond the first MiB
	Members int // members of one archive
	Work    int // bytes that decoders read or wrote, children included; and 200 for each byte of the source
}

// DefaultLimits returns the limits that are used unless a caller knows better.
//
//   - Nodes 20000: a log of 5 MB has some hundreds; a file of nothing but short encoded words has one for 40 bytes.
//   - Bytes 256 MiB: three layers of base64 have 0.75 + 0.56 + 0.42 of the source; the floor is for archives.
//   - Child 64 MiB: what one text may take of memory, and also the largest window of a compressed stream.
//   - Ratio 1100: deflate reaches 1032 on zeros, which images and logs may well be. Bombs meet the other limits.
//   - Members 4096: a wheel or a jar has hundreds.
//   - Work 1 GiB: some seconds.
func DefaultLimits() Limits {
	return Limits{Nodes: 20_000, Bytes: 256 << 20, Child: 64 << 20, Ratio: 1100, Members: 4096, Work: 1 << 30}
}

const (
	sourceNode = 32
	sourceByte = 24
	sourceWork = 200
)

// Gap is something that was not looked at.
type Gap struct {
	Decoder string // the decoder or the family of decoders
	Limit   string // what stopped it: "nodes", "bytes", "child", "ratio", "members", "work", "window", "method", "encrypted", "panic", ...
	Count   int    // how often
}

// Budget bounds one source's tree. It is shared by all nodes of a source, and used by one goroutine at a time.
type Budget struct {
	limits             Limits
	nodes, bytes, work int
	source             int // bytes of the texts that are nobody's children
	seed               maphash.Seed
	seen               map[uint64]origin
	gaps               map[Gap]int
	tools              tools
	unpacked           bool // see Unpacked
	cut                func(decoder string, start int)
	strict             bool // a panic in a decoder goes on, in tests
}

// NewBudget returns a full budget. A limit of 0 or less is the default.
func NewBudget(l Limits) *Budget {
	d := DefaultLimits()
	for _, f := range []struct{ have, std *int }{
		{&l.Nodes, &d.Nodes}, {&l.Bytes, &d.Bytes}, {&l.Child, &d.Child}, {&l.Ratio, &d.Ratio}, {&l.Members, &d.Members}, {&l.Work, &d.Work},
	} {
		if *f.have <= 0 {
			*f.have = *f.std
		}
	}
	return &Budget{limits: l, seed: maphash.MakeSeed(), seen: map[uint64]origin{}, gaps: map[Gap]int{}}
}

// Unpacked says that the texts that are nobody's children are parts of streams and archives that the caller reads itself:
// these are not read once more, nor is what they are in other clothes.
func (b *Budget) Unpacked() { b.unpacked = true }

// OnCut has f called for a stream that goes on where a text ends: start is where in that text it begins.
func (b *Budget) OnCut(f func(decoder string, start int)) { b.cut = f }

// Decoded is how many bytes all children have so far.
func (b *Budget) Decoded() int { return b.bytes }

// Gaps returns what was not looked at so far, sorted.
func (b *Budget) Gaps() []Gap {
	var all []Gap
	for g, n := range b.gaps {
		g.Count = n
		all = append(all, g)
	}
	slices.SortFunc(all, func(x, y Gap) int { return cmp.Or(cmp.Compare(x.Decoder, y.Decoder), cmp.Compare(x.Limit, y.Limit)) })
	return all
}

// gap notes that something was left out. The kinds are few, as both names come from this package.
func (b *Budget) gap(decoder, limit string) { b.gaps[Gap{Decoder: decoder, Limit: limit}]++ }

// origin is where a text comes from.
type origin uint8

const (
	source    origin = iota // it is nobody's child
	fresh                   // it was decoded or unpacked
	redressed               // it is a part of its parent in other clothes: what looks random in it did so there
)

// origin: some decoders leave most characters as they are.
func (c Child) origin() origin {
	switch c.Decoder {
	case "terminal", "quoted-printable", "escape", "percent", "entity", "joined", "unwrapped", "pem", "reversed", "rot13":
		return redressed
	}
	return fresh
}

// enter accounts for a text that is about to be looked at, and says where it comes from.
func (b *Budget) enter(text []byte) (origin, bool) {
	if len(text) > 1<<31-1 {
		b.gap("scan", "size")
		return source, false
	}
	h := maphash.Bytes(b.seed, text)
	from := b.seen[h]
	if from == source {
		b.source += len(text)
		b.seen[h] = source
	}
	b.work += len(text)
	return from, !b.spent()
}

// spent reports, and notes, that no work is left.
func (b *Budget) spent() bool {
	if b.work > b.limits.Work+sourceWork*b.source {
		b.gap("all", "work")
		return true
	}
	return false
}

// admit accounts for a child and reports whether it may be given.
func (b *Budget) admit(c Child) bool {
	h := maphash.Bytes(b.seed, c.Data)
	_, known := b.seen[h]
	b.work += len(c.Data)
	switch {
	case known:
	case len(c.Data) > b.limits.Child:
		b.gap(c.Decoder, "child")
	case b.nodes >= b.limits.Nodes+b.source/sourceNode:
		b.gap(c.Decoder, "nodes")
	case b.bytes+len(c.Data) > b.limits.Bytes+sourceByte*b.source:
		b.gap(c.Decoder, "bytes")
	default:
		b.seen[h] = c.origin()
		b.nodes++
		b.bytes += len(c.Data)
		return true
	}
	return false
}

// room is how many bytes a stream of n bytes may become.
func (b *Budget) room(n int) (room int, limit string) {
	room, limit = b.limits.Child, "child"
	if r := 1<<20 + n*b.limits.Ratio; r < room && n < room {
		room, limit = r, "ratio"
	}
	if left := b.limits.Bytes + sourceByte*b.source - b.bytes; left < room {
		room, limit = left, "bytes"
	}
	return max(room, 0), limit
}
