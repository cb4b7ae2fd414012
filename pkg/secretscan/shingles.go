package secretscan

import "bytes"

const (
	shingleSize = minNeedle // bytes of a shingle
	// maxShingled is how much of the beginning of a value is cut into shingles, in bytes.
	maxShingled = 2048
	// maxPlaces bounds the places that are remembered of one shingle, over all values.
	maxPlaces = 8
	// maxPieces and maxGap bound what counts as one value in pieces: so many, with at most so many bytes between two,
	// which is room for a line end and a log's timestamp.
	maxPieces = 64
	maxGap    = 96
)

// shingles find values as they are, also in pieces and in part: every 8 bytes of the text are looked up in a bitmap of
// all 8 bytes of all values, and from a hit on the value is followed.
type shingles struct {
	texts  [][]byte
	seen   bitmap
	first  map[uint64]int32 // of a shingle: the first of its places
	places []place          // those of a shingle are a chain; 0 ends it
}

// A place is where a shingle is: in which value, from which byte on.
type place struct {
	text, offset int
	next         int32
}

// newShingles cuts texts, of 8 bytes or more each.
func newShingles(texts [][]byte) *shingles {
	x := &shingles{}
	size := 0
	for _, text := range texts {
		text = text[:min(len(text), maxShingled)]
		x.texts = append(x.texts, text)
		size += len(text)
	}
	x.seen, x.first, x.places = newBitmap(size), make(map[uint64]int32, size), make([]place, 1, size+1)
	for i := range x.texts {
		if !x.cut(i, false) {
			x.cut(i, true)
		}
	}
	return x
}

// cut adds the shingles of a text, those that say nothing only if plain is set, and reports whether there are any.
func (x *shingles) cut(i int, plain bool) (any bool) {
	text := x.texts[i]
	for offset := 0; offset+shingleSize <= len(text); offset++ {
		if !plain && uniform(text[offset:offset+shingleSize]) {
			continue
		}
		any = true
		h := head(text[offset:])
		x.add(h, place{text: i, offset: offset})
	}
	return any
}

// add puts a place at the end of a shingle's chain, if that has room.
func (x *shingles) add(shingle uint64, p place) {
	last, n := x.first[shingle], 1
	if last == 0 {
		x.first[shingle] = int32(len(x.places))
		x.seen.add(shingle)
	} else {
		for ; x.places[last].next != 0; n++ {
			last = x.places[last].next
		}
		if n == maxPlaces {
			return
		}
		x.places[last].next = int32(len(x.places))
	}
	x.places = append(x.places, p)
}

// uniform reports bytes that are two or fewer characters: such a shingle says nothing.
func uniform(b []byte) bool {
	first, second := b[0], b[0]
	for _, c := range b {
		switch {
		case c == first || c == second:
		case first == second:
			second = c
		default:
			return false
		}
	}
	return true
}

// A sight is a value, or most of one, in a text.
type sight struct {
	text, start, end int
	pieces           int
	whole            bool
}

// next returns the first sight at or after from.
func (x *shingles) next(b []byte, from int) (sight, bool) {
	if len(x.first) == 0 {
		return sight{}, false
	}
	var dead [4]run // runs that were followed in vain: their other shingles say the same
	n := 0
	for p := from; p+shingleSize <= len(b); p++ {
		h := head(b[p:])
		if !x.seen.has(h) {
			continue
		}
		best := sight{}
		for i := x.first[h]; i != 0; i = x.places[i].next {
			pl := x.places[i]
			if within(dead[:], pl, p) {
				continue
			}
			s, until := x.follow(b, from, p, pl)
			if s.end > best.end {
				best = s
			} else if s.end == 0 {
				dead[n%len(dead)] = run{pl.text, p - pl.offset, until}
				n++
			}
		}
		if best.end > 0 {
			return best, true
		}
	}
	return sight{}, false
}

// A run is a stretch of text that equals a value at a fixed distance.
type run struct{ text, distance, end int }

func within(runs []run, pl place, p int) bool {
	for _, r := range runs {
		if r.end > p && r.text == pl.text && r.distance == p-pl.offset {
			return true
		}
	}
	return false
}

// follow follows a value from b[p] on, over gaps, and from p back, not before from. A sight with an end of 0 is none; until
// is the end of the first run.
func (x *shingles) follow(b []byte, from, p int, pl place) (s sight, until int) {
	value := x.texts[pl.text]
	at, offset := p, pl.offset
	for offset > 0 && at > from && value[offset-1] == b[at-1] {
		at, offset = at-1, offset-1
	}
	start := at
	bytesSeen, shinglesSeen, pieces := 0, 0, 0
	for {
		n := commonPrefix(value[offset:], b[at:])
		at, offset, bytesSeen, pieces = at+n, offset+n, bytesSeen+n, pieces+1
		shinglesSeen += max(0, n-shingleSize+1)
		if pieces == 1 {
			until = at
		}
		rest := value[offset:min(offset+shingleSize, len(value))]
		if len(rest) < 3 || pieces == maxPieces {
			break
		}
		gap := bytes.Index(b[at:min(at+maxGap+len(rest), len(b))], rest)
		if gap < 0 {
			break
		}
		at += gap
	}
	size := len(value)
	enough := bytesSeen == size ||
		size >= 12 && bytesSeen*10 >= size*9 ||
		size >= 16 && shinglesSeen*10 >= (size-shingleSize+1)*6
	if !enough {
		return sight{}, until
	}
	return sight{text: pl.text, start: start, end: at, pieces: pieces, whole: bytesSeen == size}, until
}
