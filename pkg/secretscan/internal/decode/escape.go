package decode

import (
	"bytes"
	"html"
	"strings"
	"unicode/utf8"
)

const (
	escapeGap   = 512 // bytes between two escapes of one text
	entityGap   = 128
	escapeAhead = 256 // bytes of its line that are taken before and after
)

// escapes reads strings of C, JSON, JavaScript, Python, Perl, PHP and shells: one text for escapes that are near.
func (j *job) escapes() {
	for _, at := range j.clusters('\\', escapeGap, func([]byte) bool { return true }) {
		chars := j.text[at.start:at.end]
		j.b.work += 2 * len(chars)
		data := unescape(chars)
		j.give(Child{Decoder: "escape", Data: data, Start: at.start, End: at.end})
	}
}

// clusters finds stretches in which a character occurs again and again, with what is around them on the line; counts is
// asked about what follows the character.
func (j *job) clusters(mark byte, gap int, counts func([]byte) bool) []span {
	var all []span
	next := func(from int) int {
		for from < len(j.text) {
			i := bytes.IndexByte(j.text[from:], mark)
			if i < 0 {
				break
			}
			if from += i + 1; counts(j.text[from:]) {
				return from - 1
			}
		}
		return -1
	}
	for i := next(0); i >= 0; {
		start, last := i, i
		for i = next(last + 1); i >= 0 && i-last <= gap; i = next(last + 1) {
			last = i
		}
		all = append(all, j.lineAround(start, min(last+2, len(j.text))))
	}
	return all
}

// lineAround returns a stretch with what is around it on its lines, so far as that is near.
func (j *job) lineAround(start, end int) span {
	begin := max(0, start-escapeAhead)
	begin += bytes.LastIndexByte(j.text[begin:start], '\n') + 1
	rest := j.text[end:min(len(j.text), end+escapeAhead)]
	if n := bytes.IndexByte(rest, '\n'); n >= 0 {
		rest = rest[:n]
	}
	return span{begin, end + len(rest)}
}

// unescape replaces each escape. A backslash before anything that needs none is dropped, as shells do.
func unescape(b []byte) []byte {
	to := make([]byte, 0, len(b))
	for {
		i := bytes.IndexByte(b, '\\')
		if i < 0 || i+1 == len(b) {
			return append(to, b...)
		}
		to = append(to, b[:i]...)
		b = b[i+1:]
		var n int
		if to, n = escaped(to, b); n == 0 { // unknown
			to, n = append(to, b[0]), 1
		}
		b = b[n:]
	}
}

// escaped appends what the escape at the start of b stands for, and returns its length without the backslash.
func escaped(to, b []byte) ([]byte, int) {
	const names, values = "ntrbfave", "\n\t\r\b\f\a\v\x1b"
	switch c := b[0]; {
	case strings.IndexByte(names, c) >= 0:
		return append(to, values[strings.IndexByte(names, c)]), 1
	case c == '\n' || c == '\r' && len(b) > 1 && b[1] == '\n':
		// TOML and YAML drop the indentation too.
		return to, len(b) - len(bytes.TrimLeft(b, "\r\n\t "))
	case c == 'x' || c == 'u' || c == 'U':
		return hexEscape(to, b)
	case c >= '0' && c <= '7':
		v, n, most := 0, 0, 3
		if c == '0' {
			most = 4 // \0107, as printf %b has it
		}
		for n < most && n < len(b) && b[n] >= '0' && b[n] <= '7' && v*8 < 256 {
			v = v*8 + int(b[n]-'0')
			n++
		}
		if n == most && most == 4 && v > 0xff { // \010 and a digit
			v, n = v/8, n-1
		}
		return append(to, byte(v)), n
	}
	return to, 0
}

// hexEscape reads \xNN, \x{N..}, \uNNNN, \u{N..} and \UNNNNNNNN; pairs of surrogates are one character.
func hexEscape(to, b []byte) ([]byte, int) {
	if len(b) > 2 && b[1] == '{' {
		v, n := hexNumber(b[2:], 8)
		if n == 0 || 2+n >= len(b) || b[2+n] != '}' {
			return to, 0
		}
		if b[0] == 'x' && v < 0x100 {
			return append(to, byte(v)), n + 3
		}
		return utf8.AppendRune(to, rune(v)), n + 3
	}
	digits := 2
	switch b[0] {
	case 'u':
		digits = 4
	case 'U':
		digits = 8
	}
	v, n := hexNumber(b[1:], digits)
	if n == 0 || n < digits && b[0] != 'x' {
		return to, 0
	}
	if b[0] == 'x' {
		return append(to, byte(v)), n + 1
	}
	if rest := b[1+n:]; v >= 0xd800 && v < 0xdc00 && len(rest) > 6 && rest[0] == '\\' && rest[1] == 'u' {
		if low, m := hexNumber(rest[2:], 4); m == 4 && low >= 0xdc00 && low < 0xe000 {
			return utf8.AppendRune(to, rune(0x10000+(v-0xd800)<<10+low-0xdc00)), n + 1 + 6
		}
	}
	return utf8.AppendRune(to, rune(v)), n + 1
}

func hexNumber(b []byte, most int) (v uint32, n int) {
	for n < most && n < len(b) && hexValues[b[n]] != none {
		v = v<<4 | uint32(hexValues[b[n]])
		n++
	}
	return v, n
}

// percent reads each word that has %XX in it; doubly encoded ones at once, each layer a child.
func (j *job) percent() {
	var buf [4]byte
	for at := 0; ; {
		i := bytes.IndexByte(j.text[at:], '%')
		if i < 0 {
			return
		}
		at += i
		if _, n := unpercented(buf[:0], j.text[at:min(len(j.text), at+6)]); n == 0 {
			at++
			continue
		}
		start, end := at, at
		for start > 0 && at-start < escapeGap && classes[j.text[start-1]]&isSpace == 0 {
			start--
		}
		for end < len(j.text) && classes[j.text[end]]&isSpace == 0 {
			end++
		}
		j.percentWord(span{start, end})
		at = end
	}
}

func (j *job) percentWord(at span) {
	data := j.text[at.start:at.end]
	for range 3 {
		next, n := unpercent(data)
		j.b.work += len(data)
		if n == 0 {
			return
		}
		if plus := bytes.IndexByte(data, '+'); plus >= 0 { // a form, in which a space is a plus sign
			spaces, _ := unpercent(bytes.ReplaceAll(data, []byte("+"), []byte(" ")))
			j.give(Child{Decoder: "percent", Data: spaces, Start: at.start, End: at.end})
		}
		j.give(Child{Decoder: "percent", Data: next, Start: at.start, End: at.end})
		data = next
	}
}

func unpercent(b []byte) (to []byte, n int) {
	to = make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] == '%' {
			var size int
			if to, size = unpercented(to, b[i:]); size > 0 {
				i += size - 1
				n++
				continue
			}
		}
		to = append(to, b[i])
	}
	return to, n
}

// unpercented appends what %XX, or %uXXXX of JavaScript's escape, stands for at the start of b, and returns its length.
func unpercented(to, b []byte) ([]byte, int) {
	switch {
	case len(b) > 2 && hexValues[b[1]] != none && hexValues[b[2]] != none:
		return append(to, hexValues[b[1]]<<4|hexValues[b[2]]), 3
	case len(b) > 5 && b[1] == 'u':
		if v, n := hexNumber(b[2:], 4); n == 4 {
			return utf8.AppendRune(to, rune(v)), 6
		}
	}
	return to, 0
}

// entities reads HTML's and XML's.
func (j *job) entities() {
	for _, at := range j.clusters('&', entityGap, isEntity) {
		chars := j.text[at.start:at.end]
		j.b.work += 2 * len(chars)
		if data := html.UnescapeString(string(chars)); data != string(chars) {
			j.give(Child{Decoder: "entity", Data: []byte(data), Start: at.start, End: at.end})
		}
	}
}

// isEntity reports whether what follows an ampersand is a number or a name, up to a semicolon.
func isEntity(b []byte) bool {
	const longest = 12 // digits with zeros before them; the names that matter are shorter
	for i, c := range b[:min(len(b), longest)] {
		switch {
		case c == ';':
			return i > 1
		case c == '#' && i == 0:
		case classes[c]&isRun == 0 || classes[c]&isMark != 0:
			return false
		}
	}
	return false
}
