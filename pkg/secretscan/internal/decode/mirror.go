package decode

import (
	"bytes"
	"cmp"
	"slices"
)

const (
	mirrorAround = 256  // bytes on both sides of a run in a long line that are transformed with it
	maxMirrored  = 1024 // bytes of a run that is transformed with its line
	mirrorJoin   = 2    // lines between two odd runs that are transformed as one text
)

// mirrored reads the characters of a run backwards and through rot13, as base64. What comes out must be text all over: the
// same characters read forwards make bytes that are not random.
func (j *job) mirrored(chars []byte, all, any uint16) []reading {
	if all&isHex != 0 || any&isLower == 0 || any&isUpper == 0 {
		return nil
	}
	j.b.work += 2 * len(chars)
	var found []reading
	for _, m := range []struct {
		decoder string
		chars   []byte
	}{{"reversed-base64", reversed(chars)}, {"rot13-base64", rot13(chars)}} {
		for skip := range 4 {
			rest := m.chars[skip:]
			if !j.sampled(rest, base64Values, 6, 4) {
				continue
			}
			data := appendRadix(nil, rest, base64Values, 6)
			if mostlyText(data[:min(len(data), 1<<10)]) || hasMagic(data) {
				found = append(found, reading{m.decoder, data, 0})
			}
		}
	}
	return found
}

// otherText reports whether some part of a long wrapped text is base64 that was turned around, went through rot13, or has
// something glued to the start of each line.
func (j *job) otherText(chars []byte) bool {
	const window, step = 96, 6 * 96
	for at := 0; at+window <= len(chars); at += step {
		part := chars[at : at+window]
		for _, other := range [][]byte{reversed(part), rot13(part), part} {
			for skip := range 4 {
				if j.sampled(other[skip:], base64Values, 6, 4) {
					return true
				}
			}
		}
	}
	j.b.work += len(chars)
	return false
}

func reversed(b []byte) []byte {
	r := make([]byte, len(b))
	for i, c := range b {
		r[len(b)-1-i] = c
	}
	return r
}

func rot13(b []byte) []byte {
	r := make([]byte, len(b))
	for i, c := range b {
		r[i] = turned[c]
	}
	return r
}

// turned is rot13 of each byte. It is never changed.
var turned = func() (t [256]byte) {
	for i := range t {
		c := byte(i)
		switch lower := c | 0x20; {
		case lower >= 'a' && lower <= 'm':
			c += 13
		case lower >= 'n' && lower <= 'z':
			c -= 13
		}
		t[i] = c
	}
	return t
}()

// mirrors gives the lines that nothing else could read, backwards and through rot13.
func (j *job) mirrors() {
	if j.origin == redressed {
		return
	}
	var plain []span
	for _, at := range j.odd {
		chars := j.text[at.start:at.end]
		found := j.mirrored(chars, 0, isLower|isUpper)
		for _, f := range found {
			j.give(Child{Decoder: f.decoder, Data: f.data, Start: at.start, End: at.end})
		}
		if found == nil && !tooPlain85(chars) {
			j.word85(chars, at)
		}
		if found == nil && at.end-at.start <= maxMirrored {
			plain = append(plain, at)
		}
	}
	for _, at := range j.lines(slices.Concat(plain, j.turnedPEM(), j.mirroredNames())) {
		chars := j.text[at.start:at.end]
		j.b.work += 2 * len(chars)
		whole := reversed(chars)
		j.give(Child{Decoder: "reversed", Data: whole, Start: at.start, End: at.end, Approximate: true})
		if bytes.Count(chars, []byte("\n")) > 1 { // rev, which keeps the order of lines
			j.give(Child{Decoder: "reversed", Data: reversedLines(chars), Start: at.start, End: at.end, Approximate: true})
		}
		j.give(Child{Decoder: "rot13", Data: rot13(chars), Start: at.start, End: at.end})
	}
}

// turnedPEM finds private keys whose lines are turned around, or went through rot13: they have too many runs of one length
// to be odd. Which of its marks is the last depends on whether the lines are turned around or all of the text.
func (j *job) turnedPEM() []span {
	const longest = 16 << 10 // bytes of a key
	var all []span
	for _, marks := range [][3]string{{"YEK ", "NIGEB-----", "DNE-----"}, {"ORTVA ", "XRL-----", "XRL-----"}} {
		for at := 0; ; {
			i := afterDashes(j.text[at:], marks[0])
			if i < 0 {
				break
			}
			at += i
			near := j.text[at:min(len(j.text), at+longest)]
			end := max(bytes.LastIndex(near, []byte(marks[1])), bytes.LastIndex(near, []byte(marks[2])))
			if end < 0 {
				end = len(near) - 10
			}
			all = append(all, span{at, at + max(0, min(end+10, len(near)))})
			at += max(end, 9)
		}
	}
	return all
}

// mirroredNames finds assignments whose name is turned around, or went through rot13: a line that ends with an equals
// sign and a name in capitals, or a name with a part that rot13 makes of the usual ones for secrets.
func (j *job) mirroredNames() []span {
	const enough = 8 // bytes of a value
	var all []span
	for at := 0; ; {
		i := bytes.IndexByte(j.text[at:], '=')
		if i < 0 {
			return all
		}
		at += i
		start, end := at, at+1
		for start > 0 && at-start < escapeAhead && classes[j.text[start-1]]&isSpace == 0 {
			start--
		}
		for end < len(j.text) && end-at < escapeAhead && classes[j.text[end]]&isSpace == 0 {
			end++
		}
		last := at + bytes.LastIndexByte(j.text[at:end], '=')
		name, value := j.text[start:at], j.text[at+1:end]
		before, after := j.text[start:last], j.text[last+1:end]
		at = end
		backward := len(before) >= enough && isName(after) && (end == len(j.text) || j.text[end] <= '\r') &&
			bytes.ContainsAny(before, "0123456789")
		if backward || len(value) >= enough && mentions(name) {
			all = append(all, span{start, end})
		}
	}
}

// isName reports whether b is the name of a variable in capitals.
func isName(b []byte) bool {
	for _, c := range b {
		if classes[c]&(isUpper|isDigit) == 0 && c != '_' {
			return false
		}
	}
	return len(b) >= 5
}

// mentions reports whether a name has token, secret, password, passwd, _key, apikey or auth in it, through rot13.
func mentions(name []byte) bool {
	if len(name) < 4 || len(name) > 64 {
		return false
	}
	lower := bytes.ToLower(name)
	for _, part := range []string{"gbxra", "frperg", "cnffj", "_xrl", "ncvxrl", "nhgu"} {
		if bytes.Contains(lower, []byte(part)) {
			return true
		}
	}
	return false
}

func reversedLines(b []byte) []byte {
	r := make([]byte, 0, len(b))
	for line := range bytes.Lines(b) {
		body := bytes.TrimRight(line, "\r\n")
		r = append(append(r, reversed(body)...), line[len(body):]...)
	}
	return r
}

// lines widens spans to their lines, or to what is around them in a long one, and joins those that are near.
func (j *job) lines(spans []span) []span {
	var all []span
	slices.SortFunc(spans, func(x, y span) int { return cmp.Compare(x.start, y.start) })
	for _, at := range spans {
		start, end := max(0, at.start-mirrorAround), min(len(j.text), at.end+mirrorAround)
		if i := nthLast(j.text[start:at.start], mirrorJoin); i >= 0 {
			start += i + 1
		}
		if i := nthNext(j.text[at.end:end], mirrorJoin); i >= 0 {
			end = at.end + i
		}
		if n := len(all); n > 0 && start <= all[n-1].end {
			all[n-1].end = max(all[n-1].end, end)
			continue
		}
		all = append(all, span{start, end})
	}
	return all
}

// nthNext returns where the nth line end is; nthLast counts from the end.
func nthNext(b []byte, n int) int {
	at := -1
	for range n {
		i := bytes.IndexByte(b[at+1:], '\n')
		if i < 0 {
			return -1
		}
		at += 1 + i
	}
	return at
}

func nthLast(b []byte, n int) int {
	at := len(b)
	for range n {
		if at = bytes.LastIndexByte(b[:at], '\n'); at < 0 {
			return -1
		}
	}
	return at
}
