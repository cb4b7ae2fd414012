package decode

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

// minWide is how many characters of UTF-16 or UTF-32 make a text, and wideJunk how many in it may be none.
const (
	minWide  = 8
	wideJunk = 2
)

// wide reads text in UTF-16 and UTF-32 of both byte orders, at any offset, with or without a byte order mark: stretches
// in which Latin characters are apart by zero bytes. Other characters in such a stretch are read with it.
func (j *job) wide() {
	if j.survey.any&isNUL == 0 {
		return
	}
	for at := 0; at < len(j.text); {
		i := bytes.IndexByte(j.text[at:], 0)
		if i < 0 {
			return
		}
		at = max(at+i-1, 0)
		next := at + 2
		for _, w := range []struct {
			size int
			big  bool
		}{{4, false}, {2, false}, {4, true}, {2, true}} {
			start := at
			if w.big {
				start++ // at is the byte before a zero: the zero begins a character
			}
			if end := j.wideEnd(start, w.size, w.big); end > 0 {
				j.wideText(span{start, end}, w.size, w.big)
				next = max(next, end)
				break
			}
		}
		at = next
	}
}

// wideEnd returns where a text in UTF-16 or UTF-32 that begins at start ends, 0 if there is none.
func (j *job) wideEnd(start, size int, big bool) int {
	good, junk, end := 0, 0, 0
	for i := start; i+size <= len(j.text); i += size {
		u := unit(j.text[i:i+size], big)
		if u < 0x7f && classes[byte(u)]&isBinary == 0 && u != 0 {
			good++
			junk, end = 0, i+size
			continue
		}
		if junk++; junk > wideJunk || good < 2 || u == 0 {
			break
		}
	}
	if good < minWide {
		return 0
	}
	return end
}

func unit(b []byte, big bool) uint32 {
	switch {
	case len(b) == 4 && big:
		return binary.BigEndian.Uint32(b)
	case len(b) == 4:
		return binary.LittleEndian.Uint32(b)
	case big:
		return uint32(binary.BigEndian.Uint16(b))
	}
	return uint32(binary.LittleEndian.Uint16(b))
}

func (j *job) wideText(at span, size int, big bool) {
	name := map[int]string{2: "utf16", 4: "utf32"}[size]
	data := make([]byte, 0, (at.end-at.start)/size)
	j.b.work += at.end - at.start
	for i := at.start; i < at.end; i += size {
		r := rune(unit(j.text[i:i+size], big))
		if size == 2 && utf16.IsSurrogate(r) && i+4 <= at.end {
			r = utf16.DecodeRune(r, rune(unit(j.text[i+2:i+4], big)))
			i += 2
		}
		data = utf8.AppendRune(data, r)
	}
	j.give(Child{Decoder: name, Data: data, Start: at.start, End: at.end})
}
