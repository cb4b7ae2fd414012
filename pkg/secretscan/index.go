package secretscan

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"
	"sort"
)

const (
	// minNeedle is the shortest value that is looked for. The scan below relies on it.
	minNeedle = 8
	// maxNeedle is the longest byte string that is compared at once, and so what a stream may have to hold back.
	// Longer forms are looked for in overlapping pieces, whose matches merge into one.
	maxNeedle = 512
	// pieceOverlap makes neighbouring pieces overlap, so that a region never depends on matches that only touch.
	pieceOverlap = 16

	block  = 4                     // bytes of a sample
	stride = minNeedle - block + 1 // distance of samples: each needle's first 8 bytes hold exactly one whole sample
)

// A needle is a byte string to be replaced.
type needle struct {
	text   []byte
	mark   int // of what replaces it
	parent int // the longest other needle that is a prefix of this one, or -1
}

// An index finds needles in text. Every fifth 4-byte block of the text is looked up in a bitmap of the blocks at
// offsets 0 to 4 of all needles; only around a hit is anything compared. It is immutable once built.
type index struct {
	needles []needle // in byte order, each text once
	blocks  bitmap
	heads   bitmap    // of the first 8 bytes
	first   [256]bool // of the first byte: for the last few bytes of a buffer
}

// newIndex indexes forms, each with the number of its mark. Of equal forms the first one counts.
func newIndex(forms []form) *index {
	x := &index{}
	for _, f := range forms {
		for _, piece := range pieces(f.text) {
			x.needles = append(x.needles, needle{text: piece, mark: f.mark})
		}
	}
	unique := make([]needle, 0, len(x.needles))
	for _, i := range inOrder(x.needles) {
		n := x.needles[i]
		if len(unique) == 0 || !bytes.Equal(unique[len(unique)-1].text, n.text) {
			unique = append(unique, n)
		}
	}
	x.needles = unique
	x.blocks = newBitmap(len(unique) * stride)
	x.heads = newBitmap(len(unique))
	for i, n := range unique {
		x.first[n.text[0]] = true
		x.heads.add(head(n.text))
		for k := range stride {
			x.blocks.add(sample(n.text[k:]))
		}
		// In byte order a prefix comes before what it begins, with only its own extensions in between.
		p := i - 1
		for p >= 0 && !bytes.HasPrefix(n.text, unique[p].text) {
			p = unique[p].parent
		}
		unique[i].parent = p
	}
	return x
}

// inOrder returns the places of needles in byte order, of equal ones in the order in which they are. What is sorted has no
// pointers, and mostly tells by the first 8 bytes.
func inOrder(needles []needle) []int32 {
	type key struct {
		head uint64
		at   int32
	}
	keys := make([]key, len(needles))
	for i, n := range needles {
		keys[i] = key{binary.BigEndian.Uint64(n.text), int32(i)}
	}
	slices.SortFunc(keys, func(a, b key) int {
		if a.head != b.head {
			return cmp.Compare(a.head, b.head)
		}
		return cmp.Or(bytes.Compare(needles[a.at].text, needles[b.at].text), cmp.Compare(a.at, b.at))
	})
	order := make([]int32, len(keys))
	for i, k := range keys {
		order[i] = k.at
	}
	return order
}

// pieces cuts a long form so that the pieces overlap and together cover it.
func pieces(text []byte) [][]byte {
	var out [][]byte
	for len(text) > maxNeedle {
		out = append(out, text[:maxNeedle])
		next := min(maxNeedle-pieceOverlap, len(text)-maxNeedle)
		text = text[next:]
	}
	return append(out, text)
}

// next returns the first event at or after from: a match, or the place from which more text is needed to decide. With
// final set there is no more text, and the last event is at the end of b.
func (x *index) next(b []byte, from int, final bool) event {
	if x == nil || len(x.needles) == 0 {
		return event{at: len(b)}
	}
	p := from + stride - 1 // a sample at p answers for needles that start at p-4 to p
	for ; p+block <= len(b); p += stride {
		if !x.blocks.has(sample(b[p:])) {
			continue
		}
		for q := p - stride + 1; q <= p; q++ {
			if ev, ok := x.at(b, q, final); ok {
				return ev
			}
		}
	}
	for q := p - stride + 1; q < len(b); q++ {
		if ev, ok := x.at(b, q, final); ok {
			return ev
		}
	}
	return event{at: len(b)}
}

// at looks for the longest needle that starts at b[q].
func (x *index) at(b []byte, q int, final bool) (event, bool) {
	if q+minNeedle <= len(b) {
		if !x.heads.has(head(b[q:])) {
			return event{}, false
		}
	} else if final || !x.first[b[q]] {
		return event{}, false
	}
	text := b[q:min(q+maxNeedle, len(b))]
	// Needles that begin with all of text come right after it in order; needles that begin text are before it, and all
	// but the nearest are among the nearest one's prefixes.
	i := sort.Search(len(x.needles), func(i int) bool { return bytes.Compare(x.needles[i].text, text) > 0 })
	if !final && q+len(text) == len(b) && i < len(x.needles) && bytes.HasPrefix(x.needles[i].text, text) {
		return event{at: q}, true
	}
	if i == 0 {
		return event{}, false
	}
	common := commonPrefix(x.needles[i-1].text, text)
	for n := i - 1; n >= 0; n = x.needles[n].parent {
		if size := len(x.needles[n].text); size <= common {
			return event{at: q, end: q + size, mark: x.needles[n].mark}, true
		}
	}
	return event{}, false
}

func commonPrefix(a, b []byte) int {
	n, i := min(len(a), len(b)), 0
	for ; i+8 <= n; i += 8 {
		if x := head(a[i:]) ^ head(b[i:]); x != 0 {
			return i + bits.TrailingZeros64(x)/8
		}
	}
	for i < n && a[i] == b[i] {
		i++
	}
	return i
}

func sample(b []byte) uint64 { return uint64(binary.LittleEndian.Uint32(b)) }
func head(b []byte) uint64   { return binary.LittleEndian.Uint64(b) }

// A bitmap is a set of hashes that may answer yes for what was not added.
type bitmap struct {
	words []uint64
	shift uint
}

// newBitmap has 64 bits for each of n entries, from 2 kB to 512 kB.
func newBitmap(n int) bitmap {
	size := uint(14)
	for size < 22 && 1<<size < n*64 {
		size++
	}
	return bitmap{words: make([]uint64, 1<<(size-6)), shift: 64 - size}
}

func (m bitmap) add(x uint64) {
	h := x * 0x9E3779B97F4A7C15 >> (m.shift & 63)
	m.words[h>>6] |= 1 << (h & 63)
}

func (m bitmap) has(x uint64) bool {
	h := x * 0x9E3779B97F4A7C15 >> (m.shift & 63)
	return m.words[h>>6]>>(h&63)&1 != 0
}
