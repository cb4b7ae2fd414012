package decode

import "bytes"

// quotedPrintable reads RFC 2045's: =XX, and = at the end of a line that goes on. As "=10" is in every log, a text must
// have a soft line end after a long line, an encoded sign of equality, or eight codes in a row.
func (j *job) quotedPrintable() {
	const inRow, near = 8, 4096
	var at span
	sure, row := false, 0
	flush := func() {
		if sure {
			j.printable(at)
		}
		at, sure, row = span{}, false, 0
	}
	for i := bytes.IndexByte(j.text, '='); i >= 0; {
		n, soft := quoted(j.text[i:])
		if n > 0 {
			if at.end > 0 && i-at.end > near {
				flush()
			}
			if i == at.end {
				row++
			} else {
				row = 1
			}
			if at.end == 0 {
				at.start = i
			}
			sure = sure || row >= inRow || bytes.HasPrefix(j.text[i:], []byte("=3D")) || soft && j.softEnd(i)
			at.end = i + n
		}
		next := bytes.IndexByte(j.text[i+1:], '=')
		if next < 0 {
			break
		}
		i += 1 + next
	}
	flush()
}

// softEnd reports whether the sign at i may stand for a line end that is none: after a long line, and not as the padding
// of base64, unless the line has just the length at which quoted-printable breaks.
func (j *job) softEnd(i int) bool {
	const long, full = 60, 75
	n := i - lineStart(j.text, i)
	return n >= long && j.text[i-1] != '=' && (n == full || classesOf(j.text[i-long:i])&isRun == 0)
}

// quoted returns the length of the code at the start of b, 0 if there is none, and whether it is a soft line end.
func quoted(b []byte) (n int, soft bool) {
	switch {
	case bytes.HasPrefix(b, []byte("=\n")):
		return 2, true
	case bytes.HasPrefix(b, []byte("=\r\n")):
		return 3, true
	case len(b) > 2 && hexValues[b[1]] != none && hexValues[b[2]] != none && b[1] < 'a' && b[2] < 'a':
		return 3, false
	}
	return 0, false
}

func (j *job) printable(at span) {
	at.start = lineStart(j.text, at.start)
	near := j.text[at.end:min(len(j.text), at.end+escapeAhead)] // what is plain may go on for a line
	at.end += max(0, bytes.LastIndexByte(near, '\n')+1)
	chars := j.text[at.start:at.end]
	j.b.work += len(chars)
	data := make([]byte, 0, len(chars))
	for i := 0; i < len(chars); i++ {
		n, soft := 0, false
		if chars[i] == '=' {
			n, soft = quoted(chars[i:])
		}
		switch {
		case n == 0:
			data = append(data, chars[i])
			continue
		case !soft:
			data = append(data, hexValues[chars[i+1]]<<4|hexValues[chars[i+2]])
		}
		i += n - 1
	}
	j.give(Child{Decoder: "quoted-printable", Data: data, Start: at.start, End: at.end})
}

// uuencode reads POSIX's uuencode: with its first line, behind any prefix that all lines have, or lines of full length
// without one.
func (j *job) uuencode() {
	end := 0
	for at := 0; ; {
		i := bytes.Index(j.text[at:], []byte("begin "))
		if i < 0 {
			break
		}
		at += i
		column := at - lineStart(j.text, at)
		next := nextLine(j.text, at)
		if len(j.text)-at > 10 && classes[j.text[at+6]]&isDigit != 0 {
			end = max(end, j.uuLines(at, next, column))
		}
		at += len("begin ")
	}
	for at := 0; ; {
		i := bytes.Index(j.text[at:], []byte("\nM"))
		if i < 0 {
			return
		}
		at += i + 1
		if n := bytes.IndexByte(j.text[at:min(len(j.text), at+63)], '\n'); at >= end && (n == 61 || n == 62) {
			end = j.uuLines(at, at, 0)
		}
	}
}

// maxLine is how far a line end is looked for, in bytes.
const maxLine = 1 << 16

// nextLine returns where the line after at begins.
func nextLine(text []byte, at int) int {
	near := text[at:min(len(text), at+maxLine)]
	if n := bytes.IndexByte(near, '\n'); n >= 0 {
		return at + n + 1
	}
	return at + len(near)
}

// uuLines reads lines from at until one that is none, and returns where that is.
func (j *job) uuLines(start, at, column int) int {
	var data []byte
	for at < len(j.text) {
		end := nextLine(j.text, at)
		line := bytes.TrimRight(j.text[at:end], "\r\n")
		if len(line) <= column {
			break
		}
		line = line[column:]
		n := int(line[0]-' ') & 0x3f // bytes of the line
		chars := line[1:]
		if line[0] < ' ' || line[0] > '`' || n == 0 || n > 45 || len(chars)*3/4 < n-2 || len(chars) > 62 {
			break
		}
		before := len(data)
		data = appendUU(data, chars)
		if data == nil {
			break
		}
		data = data[:min(len(data), before+n)]
		at = end
	}
	j.b.work += at - start
	if j.worthwhile(data) {
		j.give(Child{Decoder: "uuencode", Data: data, Start: start, End: at})
	}
	return at
}

// appendUU decodes the characters of a line; trailing spaces may have been lost.
func appendUU(to, chars []byte) []byte {
	for len(chars) > 0 {
		var g [4]byte
		for i := range g {
			c := byte(' ')
			if i < len(chars) {
				c = chars[i]
			}
			g[i] = (c - ' ') & 0x3f
		}
		to = append(to, g[0]<<2|g[1]>>4, g[1]<<4|g[2]>>2, g[2]<<6|g[3])
		chars = chars[min(4, len(chars)):]
	}
	return to
}
