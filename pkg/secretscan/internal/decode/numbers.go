package decode

import "bytes"

// What the numbers of a line may be. A line is often several of these: 10 20 30 are bytes in hexadecimal and in decimal.
const (
	hexBytes   = 1 << iota // 47 or 0x47 or \x47
	hexWords               // 4748, of 2 or 4 bytes
	octBytes               // 107
	octWords               // 044107, of 2 bytes
	decBytes               // 71 or -71
	binBytes               // 01000111
	decWords               // 18247, of 2 bytes
	codePoints             // 000047, of 4, 6 or 8 digits
	allNumbers = hexBytes | hexWords | octBytes | octWords | decBytes | decWords | binBytes | codePoints
)

const (
	minRow      = 4       // numbers on a line that begin a dump
	numberGap   = 4       // bytes between two numbers of a row
	numberLines = 3       // foreign lines between two lines of one dump
	maxRepeated = 1 << 20 // bytes that all "*" in the dumps of a text may stand for
)

// number is one number as it stands in the text.
type number struct {
	start, end int32 // of its digits
	prefix     bool  // 0x or \x or x
	minus      bool
}

// dump is rows of numbers of one kind, on one line or over several.
type dump struct {
	span
	kinds   int
	column  int // where its lines begin to have numbers
	numbers []number
	line    int    // the line of its last row
	offset  []byte // of its last row, as it stands
	row     int    // index of the first number of its last row
	star    bool   // the last line was "*"
}

// numbers reads dumps (xxd, hexdump, od) and arrays of bytes in any dress: rows of numbers, line by line.
func (j *job) numbers() {
	const sameLine = 80 // bytes between rows on a line that belong together: a dump's column of characters
	rows := j.survey.numbers
	done := 0
	for i := 0; i < len(rows); {
		at := rows[i]
		for i++; i < len(rows) && rows[i].start-at.end <= maxGap; i++ {
			if gap := j.text[at.end:rows[i].start]; len(gap) > sameLine && bytes.IndexByte(gap, '\n') < 0 {
				break
			}
			at.end = rows[i].end
		}
		at.start = max(done, lineStart(j.text, at.start))
		bounded := j.text[:min(len(j.text), at.end+maxGap)]
		if i < len(rows) {
			bounded = bounded[:min(len(bounded), rows[i].start)]
		}
		for range 2 { // the last line of a dump may be too short for a row
			at.end = nextLine(bounded, at.end)
		}
		done = at.end
		j.region(at)
	}
}

// region reads the lines of a span in which rows of numbers are.
func (j *job) region(at span) {
	var d dump
	line := 0
	j.b.work += at.end - at.start
	for start := at.start; start < at.end; line++ {
		end := min(nextLine(j.text[:at.end], start), at.end)
		j.numberLine(&d, start, end, line)
		start = end
	}
	j.finish(&d)
}

// numberLine adds a line to the dump that is being read, or begins another one.
func (j *job) numberLine(d *dump, start, end, line int) {
	text := j.text[start:end]
	if len(d.numbers) > 0 && bytes.Equal(bytes.TrimSpace(text[min(len(text), max(0, d.column-64)):]), []byte("*")) {
		d.star = true
	}
	row, offset := j.rows.of(text)
	kinds := 0
	if len(row) > 0 && !d.ends(row) {
		kinds = kindsOf(text, row)
	}
	if kinds == 0 {
		return
	}
	column := int(row[0].start)
	for i := range row {
		row[i].start += int32(start)
		row[i].end += int32(start)
	}
	fits := len(d.numbers) > 0 && d.kinds&kinds != 0 && line-d.line <= numberLines+1
	if !fits && len(row) < minRow && !whole(text, row, start) {
		return
	}
	if fits && len(row) < minRow && column != d.column && !whole(text, row, start) {
		return
	}
	if !fits {
		j.finish(d)
		*d = dump{span: span{int(row[0].start), 0}, kinds: allNumbers, column: column, numbers: d.numbers[:0]}
	}
	if d.star {
		j.repeat(d, offset)
	}
	d.row = len(d.numbers)
	d.numbers = append(d.numbers, row...)
	d.kinds &= kinds
	d.line, d.end, d.star = line, int(row[len(row)-1].end), false
	d.offset = offset
}

// ends reports whether a row is the offset at the end of a dump.
func (d *dump) ends(row []number) bool {
	return len(row) == 1 && len(d.numbers) > 0 && int(row[0].end-row[0].start) == len(d.offset) && len(d.offset) != int(d.numbers[0].end-d.numbers[0].start)
}

// whole reports whether a line has nothing but numbers and marks.
func whole(text []byte, row []number, start int) bool {
	first, last := row[0].start-int32(start), row[len(row)-1].end-int32(start)
	before := text[:first]
	if row[0].prefix {
		before = bytes.TrimSuffix(bytes.TrimSuffix(bytes.ToLower(before), []byte("x")), []byte("0"))
	}
	for _, rest := range [][]byte{before, text[last:]} {
		for _, c := range rest {
			if classes[c]&(isLower|isUpper|isDigit) != 0 {
				return false
			}
		}
	}
	return true
}

// rowReader finds rows of numbers. Its memory is used for one line after another.
type rowReader struct{ best, row []number }

// of returns the longest row of numbers of a line, with the offset before it, if there is one. Positions are in line, and
// the row is good until the next call.
func (r *rowReader) of(line []byte) (best []number, offset []byte) {
	var before, word []byte // word is what stands before each number, if anything does
	r.best, r.row = r.best[:0], r.row[:0]
	flush := func() {
		if len(r.row) > len(r.best) {
			r.best, r.row, offset = r.row, r.best, before
		}
		r.row, before = r.row[:0], nil
	}
	last := 0
	for i := 0; i < len(line); {
		n, end := numberAt(line, r.afterDash(line, i))
		if end == 0 {
			if end = wordEnd(line, i); end > i {
				w := trimMarks(line[i:end])
				between := line[last:i]
				if len(w) == 0 && i == last && len(r.row) > 0 { // 71+[char]72
					i = end
					continue
				}
				if len(r.row) == 0 || len(w) > maxBetween || !bytes.Equal(w, word) || bytes.ContainsRune(between, '|') && !bytes.HasPrefix(between, []byte(")||")) || bytes.Contains(between, []byte("  ")) {
					flush()
					word = w
				}
				last = end
				i = end
				continue
			}
			i++
			continue
		}
		gap := line[last:n.start]
		switch {
		case len(r.row) == 0:
		case r.longest() && isOffset(line, r.row[len(r.row)-1], gap, int(n.end-n.start)):
			first := r.row[len(r.row)-1] // a process's number, a date and a time may stand before it
			before = line[first.start:first.end]
			r.row = r.row[:0]
		case r.isTime(line, gap):
			r.row = r.row[:0]
		case endsRow(line, r.row, n, gap):
			flush()
		}
		r.row = append(r.row, n)
		last, i = int(n.end), end
	}
	flush()
	return r.best, offset
}

// afterDash returns the place after a dash if that is in the middle of a row of bytes: 47 48-49 4a.
func (r *rowReader) afterDash(line []byte, i int) int {
	if n := len(r.row); line[i] == '-' && n >= minRow && int(r.row[n-1].end) == i && r.row[n-1].end-r.row[n-1].start == 2 {
		return i + 1
	}
	return i
}

// longest reports whether the last number of a row has more digits than each before it.
func (r *rowReader) longest() bool {
	last := r.row[len(r.row)-1]
	for _, n := range r.row[:len(r.row)-1] {
		if n.end-n.start >= last.end-last.start {
			return false
		}
	}
	return true
}

// isTime reports whether a row is the date and the time before the numbers of a line: colons that do not go on.
func (r *rowReader) isTime(line, gap []byte) bool {
	const most = 6 // 2026 11 28 10 00 00
	n := len(r.row)
	if n < 2 || n > most || bytes.IndexByte(gap, ':') >= 0 {
		return false
	}
	return r.row[n-1].start-r.row[n-2].end == 1 && line[r.row[n-2].end] == ':'
}

// isOffset reports whether a number is where the others of its line are: it has other digits than they, or a colon
// follows. One of four digits is a multiple of what is on a line.
func isOffset(line []byte, first number, gap []byte, next int) bool {
	n, colon := int(first.end-first.start), len(gap) > 0 && gap[0] == ':'
	switch {
	case n >= 6:
		return n != next || colon
	case n >= 4 && colon:
		return first.prefix || n > next && len(gap) > 1
	}
	return n == 4 && next == 2 && !first.prefix && (line[first.end-1] == '0' || line[first.end-1] == '8')
}

// endsRow reports whether a number does not belong to the row before it: it is in the column of characters.
func endsRow(line []byte, row []number, n number, gap []byte) bool {
	if len(gap) > numberGap && len(bytes.TrimLeft(gap, " \t,")) > 0 || bytes.IndexByte(gap, '|') >= 0 || bytes.IndexByte(gap, '>') >= 0 {
		return true
	}
	size := row[0].end - row[0].start
	if size == 2 && row[0].start > 0 && len(gap) >= 2 && gap[0] == ' ' && gap[1] == ' ' && n.end-n.start > 3 && !row[0].prefix && line[row[0].start-1] == ' ' && sameSize(row) {
		return true
	}
	dumped := (size == 4 || size == 8) && !row[0].prefix && len(gap) >= 2 && gap[0] == ' ' && gap[1] == ' '
	return dumped && (n.end-n.start != size || len(row) == 8 && size == 4)
}

// sameSize reports whether all numbers of a row have as many digits.
func sameSize(row []number) bool {
	for _, n := range row {
		if n.end-n.start != row[0].end-row[0].start {
			return false
		}
	}
	return true
}

// numberAt reads a number that begins at i and is a word of its own.
func numberAt(line []byte, i int) (n number, end int) {
	start := i
	c := line[i]
	if c == '-' {
		n.minus = true
		i++
	} else if c == '0' && i+2 < len(line) && line[i+1]|0x20 == 'x' {
		n.prefix = true
		i += 2
	} else if c == 'x' || c == 'X' {
		n.prefix = true
		i++
	}
	digits := i
	for i < len(line) && i-digits <= maxNumber && hexValues[line[i]] != none {
		i++
	}
	if i-digits == 1 && !n.prefix && classes[line[digits]]&isDigit == 0 { // a word of one letter
		return n, 0
	}
	if i == digits || i-digits > maxNumber || i < len(line) && classes[line[i]]&isRun != 0 && line[i] != '-' && line[i] != '+' {
		return n, 0
	}
	if start > 0 && classes[line[start-1]]&(isLower|isUpper|isDigit) != 0 {
		return n, 0
	}
	n.start, n.end = int32(digits), int32(i)
	return n, i
}

func wordEnd(line []byte, i int) int {
	for i < len(line) && classes[line[i]]&isRun != 0 {
		i++
	}
	return i
}

// kindsOf returns what all the numbers of a row may be.
func kindsOf(line []byte, row []number) int {
	kinds := allNumbers
	for i, n := range row {
		digits := line[n.start:n.end]
		kinds &= kindOf(digits, n, i == len(row)-1)
		if kinds == 0 {
			break
		}
	}
	return kinds
}

func kindOf(digits []byte, n number, last bool) int {
	all := classesOf(digits)
	kinds := 0
	octal := all&isOctal != 0
	if all&isDigit != 0 && len(digits) <= 3 && !n.prefix {
		if v := decimal(digits); v < 256 && !n.minus || v <= 128 && n.minus {
			kinds |= decBytes
		}
	}
	if n.minus {
		return kinds
	}
	if all&isDigit != 0 && len(digits) <= 5 && !n.prefix && decimal(digits) < 1<<16 {
		kinds |= decWords
	}
	switch len(digits) {
	case 8:
		if all&isBit != 0 {
			kinds |= binBytes
		}
		kinds |= codePoints
	case 4, 6:
		kinds |= codePoints
	}
	switch {
	case len(digits) == 2:
		kinds |= hexBytes
		if last {
			kinds |= hexWords // an odd byte at the end of a dump of words
		}
	case len(digits) == 1 && n.prefix:
		kinds |= hexBytes
	case len(digits) == 4 || len(digits) == 8:
		kinds |= hexWords
	case len(digits) == 3 && octal && digits[0] <= '3':
		kinds |= octBytes
	case len(digits) == 6 && octal && digits[0] <= '1':
		kinds |= octWords
	}
	return kinds
}

func decimal(digits []byte) int {
	v := 0
	for _, c := range digits {
		v = v*10 + int(c-'0')
	}
	return v
}
