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
	span
	width  int  // characters; 0 if it is too long to be of wrapped text, or has no end
	marked bool // it goes on
	whole  bool // it is one run
	read   bool // it ends in a run that runs has read, or knows for noise
}

// unwrapped puts words together that a terminal, fold or a logger broke at a fixed column: a word that looks random goes to
// the end of a line, and on in the next. That the line is a full one is told by another of its length nearby, by a usual
// width, or by a mark. Wrapped base64 is not of these, as runs reads it, unless it was wrapped again.
func (j *job) unwrapped() {
	if j.survey.any&isBinary != 0 && !mostlyText(j.text) {
		return
	}
	lines := j.wrappedLines()
	var words, all []span // what is between the parts of words, and of base64 too
	var again rewrap
	flush := func() {
		if again.twice {
			j.without("unwrapped", all)
		} else {
			j.without("unwrapped", words)
		}
		words, all, again = words[:0], all[:0], rewrap{}
	}
	for i := 0; i+1 < len(lines); i++ {
		l, next := lines[i], lines[i+1]
		if len(all) > 0 && l.start-all[len(all)-1].end > escapeGap {
			flush()
		}
		again.see(l, next)
		switch {
		case l.whole && next.whole && l.width >= max(minWidth, next.width):
			all = append(all, span{l.end, next.start})
		case l.whole && next.whole || l.read:
		default:
			if rest := j.broken(lines, i); rest > 0 {
				words, all = append(words, span{l.end, rest}), append(all, span{l.end, rest})
			}
		}
	}
	flush()
}

// rewrap tells base64 that was wrapped twice: a short line after full ones, and another after as many, with nothing else
// in between.
type rewrap struct {
	short, full int // widths
	twice       bool
}

func (r *rewrap) see(l, next wrappedLine) {
	switch {
	case !l.whole || !next.whole:
		r.short = 0
		return
	case l.width >= next.width:
		return
	}
	r.twice = r.twice || r.short == l.width && r.full == next.width
	r.short, r.full = l.width, next.width
}

// wrappedLines are all lines of the text.
func (j *job) wrappedLines() []wrappedLine {
	all := make([]wrappedLine, 0, len(j.text)/usualRuns+1)
	ascii := j.survey.any&isBinary == 0
	runs := j.survey.runs
	for at := 0; at < len(j.text); {
		next := nextLine(j.text, at)
		end := next
		for end > at && (j.text[end-1] == '\n' || j.text[end-1] == '\r') {
			end--
		}
		l := wrappedLine{span: span{at, end}}
		if n := end - markLength; !ascii && n > at && strings.Contains(wrapMarks, string(j.text[n:end])) {
			l.end, l.marked = n, true
		}
		switch {
		case l.end-at > maxWidth || next < len(j.text) && j.text[next-1] != '\n':
		case ascii:
			l.width = l.end - at
		default:
			l.width = utf8.RuneCount(j.text[at:l.end])
		}
		for len(runs) > 0 && int(runs[0].end) < l.end {
			runs = runs[1:]
		}
		if len(runs) > 0 && int(runs[0].end) == l.end {
			l.whole, l.read = int(runs[0].start) == at, runs[0].used || runs[0].noise
		}
		all = append(all, l)
		at = next
	}
	return all
}

// broken reports whether a word is broken at the end of a line, by where it goes on; 0 if it is not.
func (j *job) broken(lines []wrappedLine, i int) int {
	l, next := lines[i], lines[i+1]
	if l.width < minWidth || next.width == 0 || l.width < next.width || !inWord(j.text[l.end-1]) || !full(lines, i) {
		return 0
	}
	at := next.start + samePrefix(j.text[l.start:l.end], j.text[next.start:next.end])
	at = next.end - len(bytes.TrimLeft(j.text[at:next.end], " \t"))
	if at >= next.end || !inWord(j.text[at]) {
		return 0
	}
	start, end := l.end, at
	for start > l.start && l.end-start < seamWord && inWord(j.text[start-1]) {
		start--
	}
	for end < next.end && end-at < seamWord && inWord(j.text[end]) {
		end++
	}
	if !likeToken(j.text[start:l.end], j.text[at:end]) {
		return 0
	}
	return at
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

func usualWidth(n int) bool {
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
