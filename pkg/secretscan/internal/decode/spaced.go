package decode

import (
	"bytes"
	"strings"
)

const (
	maxBetween = 8  // bytes between two characters that are spaced out
	minSpaced  = 12 // characters that make spaced out text
)

// spaced reads text whose characters have something between them, always the same: a space, a line end, '","'.
func (j *job) spaced() {
	end := 0
	for _, at := range j.survey.ones {
		if at.start < end {
			continue
		}
		if dumpEnd := j.charDump(at); dumpEnd > 0 {
			end = dumpEnd
			continue
		}
		first, between := j.between(at)
		if between == nil {
			continue
		}
		end = j.spacedFrom(first, end, between)
	}
}

// dashed gives a run whose characters have a mark between them to spaced, as other characters may be before and after.
func (j *job) dashed(r run) {
	c := j.text[r.start:r.end]
	if classes[c[1]]&isMark != 0 && c[1] == c[3] && c[1] == c[5] && c[1] == c[7] {
		j.spacedFrom(int(r.start), 0, c[1:2])
	}
}

// spacedFrom reads the characters before and after first that have the same between them, and returns where they end.
func (j *job) spacedFrom(first, end int, between []byte) int {
	step := 1 + len(between)
	for first-step >= end && bytes.Equal(j.text[first-step+1:first], between) {
		first -= step
	}
	data := []byte{j.text[first]}
	i := first
	for i+step < len(j.text) && bytes.Equal(j.text[i+1:i+step], between) {
		i += step
		data = append(data, j.text[i])
	}
	end = i + 1
	j.b.work += end - first
	if len(data) >= minSpaced && textual(data) {
		j.give(Child{Decoder: "spaced", Data: data, Start: first, End: end})
	}
	return end
}

// grouped reads runs of one length that stand in a row, and the shorter one at its end.
func (j *job) grouped() {
	for _, at := range j.survey.groups {
		var chars []byte
		size, n := 0, 0
		end := at.start
		for i := at.start; i < len(j.text) && i-end <= maxBetween; i++ {
			if classes[j.text[i]]&isRun == 0 {
				continue
			}
			next := wordEnd(j.text, i)
			if n = next - i; size == 0 {
				size = n
			}
			if n > size {
				break
			}
			chars = append(chars, j.text[i:next]...)
			end, i = next, next
			if n < size {
				break
			}
		}
		for _, f := range j.decodeRun(chars, classesOf(chars), anyOf(chars)) {
			j.give(Child{Decoder: f.decoder, Data: f.data, Start: at.start, End: end})
		}
	}
}

// separated reads a run in which a dash or an underscore is after each so many characters.
func (j *job) separated(chars []byte) []reading {
	step := bytes.IndexAny(chars[:min(len(chars), minRun)], "-_")
	if step < 1 || len(chars) < 3*(step+1) {
		return nil
	}
	bare := make([]byte, 0, len(chars))
	for i := 0; i < len(chars); i += step + 1 {
		if i > 0 && chars[i-1] != chars[step] {
			return nil
		}
		bare = append(bare, chars[i:min(i+step, len(chars))]...)
	}
	if step == 1 {
		return []reading{{"spaced", bare, 0}}
	}
	all, any := classesOf(bare), anyOf(bare)
	if bytes.ContainsAny(bare, "-_") {
		return nil
	}
	return j.decodeRun(bare, all, any)
}

// between returns what is between the single characters of a row, the gap that is there twice, and a character with it
// on both sides.
func (j *job) between(at span) (first int, gap []byte) {
	last := -1
	for i := at.start; i < at.end; i++ {
		if classes[j.text[i]]&isRun == 0 {
			continue
		}
		if n := i - last - 1; last >= 0 && n > 0 && n <= maxBetween {
			gap := j.text[last+1 : i]
			if next := i + 1 + n; next < len(j.text) && bytes.Equal(j.text[i+1:next], gap) {
				return i, gap
			}
		}
		last = i
	}
	return 0, nil
}

// charDump reads od -c: four columns for a byte, which is a character, an escape or three octal digits.
//
// It returns where the dump ends, 0 if there is none.
func (j *job) charDump(at span) int {
	const columns = 4
	start := lineStart(j.text, at.start)
	first := at.start
	cell := func(i int) int { // the byte whose last column is i, -1 if there is none
		if i < 3 || i >= len(j.text) || j.text[i-3] != ' ' {
			return -1
		}
		return dumpedByte(j.text[i-2 : i+1])
	}
	for first-columns >= start && cell(first-columns) >= 0 {
		first -= columns
	}
	data, end := []byte{}, first
	dumpLine := func(i int) int { // i is the last column of a byte; returns the end of the bytes
		for ; cell(i) >= 0; i += columns {
			data = append(data, byte(cell(i)))
		}
		return i - columns + 1
	}
	column := first - start
	end = dumpLine(first)
	for len(data) > 0 {
		nl := bytes.IndexByte(j.text[end:min(len(j.text), end+4)], '\n')
		if nl < 0 {
			break
		}
		before := len(data)
		next := dumpLine(end + nl + 1 + column)
		if len(data) == before {
			break
		}
		end = next
	}
	j.b.work += end - first
	if len(data) < minSpaced || !bytes.Contains(j.text[first:end], []byte("   ")) { // spaced out once
		return 0
	}
	if j.worthwhile(data) {
		j.give(Child{Decoder: "od", Data: data, Start: first, End: end})
	}
	return end
}

func lineStart(text []byte, at int) int {
	return bytes.LastIndexByte(text[max(0, at-maxGap):at], '\n') + 1 + max(0, at-maxGap)
}

// dumpedByte reads three columns of od -c; -1 if they are something else.
func dumpedByte(b []byte) int {
	switch {
	case b[0] == ' ' && b[1] == ' ' && b[2] > ' ' && b[2] < 0x7f:
		return int(b[2])
	case string(b) == "   ":
		return ' '
	case b[0] == ' ' && b[1] == '\\':
		if i := strings.IndexByte("0abtnvfr", b[2]); i >= 0 {
			return int("\x00\a\b\t\n\v\f\r"[i])
		}
	case b[0] >= '0' && b[0] <= '3' && b[1] >= '0' && b[1] <= '7' && b[2] >= '0' && b[2] <= '7':
		return int(b[0]-'0')<<6 | int(b[1]-'0')<<3 | int(b[2]-'0')
	}
	return -1
}
