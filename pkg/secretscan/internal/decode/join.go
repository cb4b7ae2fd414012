package decode

import (
	"bytes"
	"slices"
)

// Text that is wrapped makes runs of one length. Whatever is between them, they belong together: line ends, timestamps,
// quotes and commas, or a line from another program.
const (
	maxGap     = 1024 // bytes between two runs that belong together
	openPieces = 4    // wrapped texts that may be mixed with each other
	loneRuns   = 4    // runs shorter than minRun that make a wrapped text
	tailLines  = 4    // lines after the last run in which its tail may be
	minWrapped = 60   // characters of a line of base64 as programs wrap it
)

// piece is a wrapped text.
type piece struct {
	runs []int32 // indices into survey.runs
	size int
	end  int // where its last run ends
	last int // index of that run
}

// pieces finds the wrapped texts: two or more runs of one length.
func (j *job) pieces() []piece {
	var all []piece
	var open [openPieces]piece
	next := 0
	closed := func(p *piece) {
		if least := 2; len(p.runs) >= least && (p.size >= minRun || len(p.runs) >= loneRuns) {
			all = append(all, *p)
		}
		*p = piece{}
	}
	for i := range j.survey.runs {
		r := &j.survey.runs[i]
		joined := false
		for k := range open {
			p := &open[k]
			if p.size == 0 || joined {
				continue
			}
			if int(r.start)-p.end > maxGap {
				closed(p)
			} else if p.size == r.size() && j.aligned(j.survey.runs[p.last], *r) {
				p.runs, p.end, p.last = append(p.runs, int32(i)), int(r.end), i
				joined = true
				if j.padded(*r) {
					closed(p)
				}
			}
		}
		if !joined && !j.padded(*r) {
			closed(&open[next])
			open[next] = piece{runs: []int32{int32(i)}, size: r.size(), end: int(r.end), last: i}
			next = (next + 1) % openPieces
		}
	}
	for k := range open {
		closed(&open[k])
	}
	return all
}

// aligned reports whether two runs of one length may belong together: they begin in the same column, or end before the
// same mark, or have little between them. In a log words of one length are everywhere.
func (j *job) aligned(x, y run) bool {
	if x.column == y.column || y.start-x.end <= maxBetween {
		return true
	}
	c := byte('\n')
	if int(y.end) < len(j.text) {
		c = j.text[y.end]
	}
	return c != ' ' && c != '/' && c != '.' && c == j.text[x.end]
}

// padded reports whether a run ends as base64 and base32 do when no more comes.
func (j *job) padded(r run) bool {
	return int(r.end) < len(j.text) && j.text[r.end] == '=' && (int(r.end)+1 == len(j.text) || classes[j.text[r.end+1]]&isRun == 0)
}

// together decodes a wrapped text, with the run before it that something is glued to and the shorter run that ends it.
func (j *job) together(p piece) {
	first, last := j.survey.runs[p.runs[0]], j.survey.runs[p.runs[len(p.runs)-1]]
	at := span{int(first.start), int(last.end)}
	chars := make([]byte, 0, (len(p.runs)+2)*p.size)
	glued := j.gluedTo(p)
	if head, ok := j.head(p); ok && glued == 0 {
		chars = append(chars, j.text[head.start:head.end]...)
		at.start = int(head.start)
	}
	all, any := uint16(0xffff), uint16(0)
	for _, i := range p.runs {
		r := j.survey.runs[i]
		chars = append(chars, j.text[int(r.start)+glued:r.end]...)
		all &= r.all
		any |= r.any
	}
	var found []reading
	if tail, end := j.tail(last, &p); tail != nil {
		tail = tail[min(glued, len(tail)):]
		if len(tail) < minRun && len(chars)%4 > 1 { // the tail may be a word on the next line
			found = j.decodeRun(chars, all&classesOf(chars), any)
		}
		chars = append(chars, tail...)
		at.end = end
	}
	found = append(found, j.decodeRun(chars, all&classesOf(chars), any)...)
	if p.size == wideWord && all&isHex != 0 {
		found = j.wideWords(found, chars)
	}
	if !sure(found) {
		found = append(found, j.mirrored(chars, all, any)...)
	}
	for _, f := range found {
		j.give(Child{Decoder: f.decoder, Data: f.data, Start: at.start, End: j.afterPadding(at.end)})
	}
	noise := found == nil && p.size >= minWrapped && p.size%4 == 0 && len(chars) > maxMirrored &&
		any&isUpper != 0 && any&isLower != 0 && !j.otherText(chars)
	for _, i := range p.runs {
		j.survey.runs[i].used, j.survey.runs[i].noise = found != nil, noise
	}
}

const wideWord = 16 // digits

// wideWords reads the words of od -tx8, which have their least significant byte first.
func (j *job) wideWords(found []reading, chars []byte) []reading {
	data := appendRadix(nil, chars, hexValues, 4)
	j.b.work += len(chars)
	for word := range slices.Chunk(data, wideWord/2) {
		slices.Reverse(word)
	}
	if hasText(data) {
		found = append(found, reading{"hex", data, 0})
	}
	return found
}

// gluedTo returns how many characters all lines begin with that belong to none: the signs of a diff, the name of a
// program. Random characters are the same in four lines once in 262144 times; one sign is enough in two.
func (j *job) gluedTo(p piece) int {
	const enough, most = 4, 12
	first := j.survey.runs[p.runs[0]]
	same := first.size()
	for _, i := range p.runs[1:] {
		r := j.survey.runs[i]
		n := 0
		for n < same && j.text[int(r.start)+n] == j.text[int(first.start)+n] {
			n++
		}
		same = n
	}
	switch sign := j.text[first.start]; {
	case same > most || same == first.size(): // the same text again and again
		return 0
	case len(p.runs) >= enough:
		return same
	case same == 1 && (sign == '+' || sign == '-'):
		return 1
	}
	return 0
}

// head finds the first run of a wrapped text if something before it makes it longer or shorter than the others.
func (j *job) head(p piece) (run, bool) {
	i := p.runs[0] - 1
	if i < 0 || len(p.runs) < 2 {
		return run{}, false
	}
	h, first, second := j.survey.runs[i], j.survey.runs[p.runs[0]], j.survey.runs[p.runs[1]]
	if h.used || h.lone || j.padded(h) || p.runs[1] != p.runs[0]+1 {
		return run{}, false
	}
	return h, likeGap(j.text[h.end:first.start], j.text[first.end:second.start])
}

// likeGap reports whether two gaps look the same, up to the digits in them and spaces in a row.
func likeGap(x, y []byte) bool {
	if len(x) == 0 && len(y) == 0 {
		return true
	}
	least, most := likeStart(x, y)
	return least <= len(x) && len(x) <= most
}

// likeStart returns the least and the greatest length of a start of x that looks like gap; the least is more if none does.
func likeStart(x, gap []byte) (least, most int) {
	rest := x
	for len(rest) > 0 && len(gap) > 0 {
		a, b := shape(rest[0]), shape(gap[0])
		if a != b {
			return 1, 0
		}
		least = len(x) - len(rest) + 1
		rest, gap = skipShape(rest, a), skipShape(gap, b)
	}
	if len(gap) > 0 {
		return 1, 0
	}
	return least, len(x) - len(rest)
}

func shape(c byte) byte {
	switch {
	case classes[c]&isDigit != 0:
		return '0'
	case c == '\t':
		return ' '
	}
	return c
}

func skipShape(b []byte, s byte) []byte {
	b = b[1:]
	for (s == '0' || s == ' ') && len(b) > 0 && shape(b[0]) == s {
		b = b[1:]
	}
	return b
}

// tail returns the shorter run that ends what last belongs to, and where it ends. p is nil if last stands alone.
func (j *job) tail(last run, p *piece) ([]byte, int) {
	if j.padded(last) {
		return nil, 0
	}
	if p != nil && len(p.runs) > 1 { // the gap between runs tells what is before the tail
		before := j.survey.runs[p.runs[len(p.runs)-2]]
		if t, end := j.tailAfter(last, j.text[before.end:last.start]); t != nil {
			return t, end
		}
	}
	prefix, suffix := j.around(last)
	if prefix == nil {
		return nil, 0
	}
	rest := j.text[int(last.end)+len(suffix):]
	at := int(last.end) + len(suffix)
	for n := 0; n < tailLines && len(rest) > 0 && rest[0] == '\n'; n++ {
		line := rest[1:]
		if e := bytes.IndexByte(line[:min(len(line), maxGap)], '\n'); e >= 0 {
			line = line[:e]
		} else if len(line) > maxGap {
			return nil, 0
		}
		t := tailOf(line, prefix, suffix, last.size())
		if t == nil && n == 0 && len(suffix) == 0 && last.size() >= minWrapped && last.size()%4 == 0 {
			t = tailOf(line, nil, nil, last.size()) // the name of the text stood before its first line alone
		}
		if t != nil {
			return t, at + 1 + bytes.LastIndex(line, t) + len(t)
		}
		rest, at = rest[1+len(line):], at+1+len(line)
	}
	return nil, 0
}

// tailAfter looks for the tail right after a gap like the one between the runs before.
func (j *job) tailAfter(last run, gap []byte) ([]byte, int) {
	const unlike = 4 // bytes that the gap before the tail may be shorter or longer
	rest := j.text[last.end:]
	least, most := likeStart(rest[:min(len(rest), len(gap)+unlike)], gap)
	for n := max(len(gap)-unlike, least, 1); n <= most && n < len(rest); n++ {
		if classes[rest[n]]&isRun == 0 {
			continue
		}
		end := n
		for end < len(rest) && end-n <= last.size() && classes[rest[end]]&isRun != 0 {
			end++
		}
		if end-n < last.size() {
			return rest[n:end], int(last.end) + end
		}
	}
	return nil, 0
}

// around returns what is before and after a run on its line, if little is after it; the line end, as "\n", is in neither.
func (j *job) around(r run) (prefix, suffix []byte) {
	const most = 8 // bytes of quotes, signs and white space after the run
	start := max(0, int(r.start)-maxGap)
	prefix = j.text[start:r.start]
	if at := bytes.LastIndexByte(prefix, '\n'); at >= 0 {
		prefix = prefix[at+1:]
	} else if start > 0 {
		return nil, nil
	}
	suffix = j.text[r.end:min(len(j.text), int(r.end)+most)]
	at := bytes.IndexByte(suffix, '\n')
	if at < 0 {
		return nil, nil
	}
	if prefix == nil {
		prefix = []byte{}
	}
	return prefix, suffix[:at]
}

// tailOf returns the last run of a line if the rest of the line is like the lines before.
func tailOf(line, prefix, suffix []byte, size int) []byte {
	end := len(bytes.TrimRight(line, " \t\r\n\"',;+\\)]=`"))
	start := end
	for start > 0 && classes[line[start-1]]&isRun != 0 {
		start--
	}
	if n := end - start; n == 0 || n >= size || !likeGap(line[:start], prefix) {
		return nil
	}
	return line[start:end]
}
