package decode

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

const (
	minWidth   = 20   // characters of the lines of wrapped text
	maxWidth   = 1024 // bytes
	nearLines  = 8    // lines before and after one in which there is another of its length
	seamWord   = 64   // bytes of a word before and after the place where it may be broken
	wrapMarks  = "↩↵⏎⤶"
	markLength = 3 // bytes of each of these
)

// wrappedLine is a line without its end, and without the mark that it goes on.
type wrappedLine struct {
	start, end int32
	width      int32 // characters; 0 if it is too long to be of wrapped text, or has no end
	marked     bool  // it goes on
}

// unwrapped puts words together that a terminal, fold or a logger broke at a fixed column: a word that looks random goes to
// the end of a line, and on in the next. That the line is a full one is told by another of its length nearby, by a usual
// width, or by a mark. Wrapped base64 is not of these, as runs reads it, unless it was wrapped again.
func (j *job) unwrapped() {
	if j.survey.any&isBinary != 0 && !mostlyText(j.text) {
		return
	}
	lines := j.wrappedLines()
	left := runsLeft(j.survey.runs)
	var words, all []span // what is between the parts of words, and of base64 too
	for i := range len(lines) - 1 {
		if n := len(all); n > 0 && int(lines[i].start)-all[n-1].end > escapeGap {
			j.unwrap(words, all)
			words, all = words[:0], all[:0]
		}
		rest, plain := j.broken(lines, i, &left)
		if rest == 0 {
			continue
		}
		at := span{int(lines[i].end), rest}
		if all = append(all, at); plain {
			words = append(words, at)
		}
	}
	j.unwrap(words, all)
}

func (j *job) unwrap(words, all []span) {
	if wrappedTwice(all) {
		words = all
	}
	j.without("unwrapped", words)
}

// wrappedTwice tells base64 that was wrapped again: after so many full lines there is a short one and nothing else, twice.
func wrappedTwice(seams []span) bool {
	full, n, before, length := 0, 0, 0, 0 // seams since a short line, and the same before it; how far these are apart
	for k := 1; k < len(seams); k++ {
		gap := seams[k].start - seams[k-1].end
		if full == 0 || gap < full {
			full, length = gap, 0
		}
		switch n++; {
		case gap == full:
			continue
		case gap > 2*full+1: // a short line, its end and a full one
			length = 0
		case n == before && gap == length:
			return true
		default:
			length = gap
		}
		n, before = 0, n
	}
	return false
}

// wrappedLines are all lines of the text.
func (j *job) wrappedLines() []wrappedLine {
	all := make([]wrappedLine, 0, len(j.text)/usualRuns+1)
	ascii := j.survey.any&isBinary == 0
	for at := 0; at < len(j.text); {
		next := nextLine(j.text, at)
		end := next
		for end > at && (j.text[end-1] == '\n' || j.text[end-1] == '\r') {
			end--
		}
		l := wrappedLine{start: int32(at), end: int32(end)}
		if n := end - markLength; !ascii && n > at && strings.Contains(wrapMarks, string(j.text[n:end])) {
			l.end, l.marked = int32(n), true
		}
		switch {
		case end-at > maxWidth || next < len(j.text) && j.text[next-1] != '\n':
		case ascii:
			l.width = int32(end - at)
		default:
			l.width = int32(utf8.RuneCount(j.text[at:l.end]))
		}
		all = append(all, l)
		at = next
	}
	return all
}

// broken reports whether a word is broken at the end of a line, by where it goes on, 0 if it is not; and whether it is no part
// of base64.
func (j *job) broken(lines []wrappedLine, i int, left *runsLeft) (rest int, plain bool) {
	l, next := lines[i], lines[i+1]
	if l.width < minWidth || next.width == 0 || l.width < next.width || !inWord(j.text[l.end-1]) || !full(lines, i) {
		return 0, false
	}
	whole, read := left.ending(l)
	if whole {
		after := *left
		whole, _ = after.ending(next)
	}
	switch {
	case whole:
		return int(next.start), false
	case read:
		return 0, false
	}
	line := j.text[next.start:next.end]
	line = bytes.TrimLeft(line[samePrefix(j.text[l.start:l.end], line):], " \t")
	if len(line) == 0 || !inWord(line[0]) {
		return 0, false
	}
	start, end := l.end, 0
	for start > l.start && l.end-start < seamWord && inWord(j.text[start-1]) {
		start--
	}
	for end < min(len(line), seamWord) && inWord(line[end]) {
		end++
	}
	if !likeToken(j.text[start:l.end], line[:end]) {
		return 0, false
	}
	return int(next.end) - len(line), true
}

// runsLeft are the runs that end behind the lines so far.
type runsLeft []run

// ending reports whether a line is one run, and whether it ends in one that runs has read, or knows for noise.
func (left *runsLeft) ending(l wrappedLine) (whole, read bool) {
	for len(*left) > 0 && (*left)[0].end < l.end {
		*left = (*left)[1:]
	}
	if len(*left) == 0 || (*left)[0].end != l.end {
		return false, false
	}
	r := (*left)[0]
	return r.start == l.start, r.used || r.noise
}

// likeToken reports whether two parts of a word together look random, or mix capitals, small letters and digits as no word
// of their length does. A path is judged by its parts.
func likeToken(parts ...[]byte) bool {
	const long, some = 20, 5 // changes
	var look pattern
	for _, part := range parts {
		for _, c := range part {
			if c == '/' || c == '.' {
				look = pattern{}
			}
			if k := classes[c] & (isUpper | isLower | isDigit); k != 0 {
				look.add(k)
			}
			if look.random() || look.n >= long && (look.changes >= some || look.digit > 1) {
				return true
			}
		}
	}
	return false
}

// inWord reports whether c may be in a token or in a password: what ends a word of a program or of a table is not.
func inWord(c byte) bool {
	return classes[c]&(isSpace|isQuote) == 0 && strings.IndexByte("|,;()[]{}<>", c) < 0
}

// full reports whether a line looks as if it was broken at its end: in wrapped text none is longer, and others are as long.
func full(lines []wrappedLine, i int) bool {
	width, longest := lines[i].width, true
	if lines[i].marked {
		return true
	}
	for _, step := range []int{-1, 1} {
		for k := i + step; k >= 0 && k < len(lines) && k != i+step*(nearLines+1); k += step {
			if lines[k].width == width {
				return true
			}
			if lines[k].width > width {
				longest = false
				break
			}
		}
	}
	return longest && usualWidth(width)
}

func usualWidth(n int32) bool {
	switch n {
	case 72, 76, 78, 79, 80, 100, 120, 132, 140, 160:
		return true
	}
	return false
}

// samePrefix returns how much two lines have in common up to a space, but for the digits: what a log puts before each.
func samePrefix(x, y []byte) int {
	n := 0
	for i := 0; i < min(len(x), len(y)) && shape(x[i]) == shape(y[i]); i++ {
		if x[i] == ' ' {
			n = i + 1
		}
	}
	return n
}
