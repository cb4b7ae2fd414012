package decode

import (
	"bytes"
	"hash/maphash"
)

// alphabets of base64, and of base32 in both its orders, as values by character; 0xff is none of them. The two alphabets
// of base64 differ in two characters and are read at once. Source: RFC 4648.
var (
	base64Values    = valuesOf("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", "-_")
	base32Values    = valuesOf("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "")
	base32Lower     = valuesOf("abcdefghijklmnopqrstuvwxyz234567", "")
	base32HexValues = valuesOf("0123456789ABCDEFGHIJKLMNOPQRSTUV", "")
	base32HexLower  = valuesOf("0123456789abcdefghijklmnopqrstuv", "")
	binaryValues    = valuesOf("01", "")
	hexValues       = valuesOf("0123456789abcdef", "")
)

const none = 0xff

// valuesOf numbers the characters of an alphabet; last are other spellings of its last ones. Hexadecimal has both cases.
func valuesOf(alphabet, last string) *[256]uint8 {
	var t [256]uint8
	for c := range t {
		t[c] = none
	}
	for i := range len(alphabet) {
		t[alphabet[i]] = uint8(i)
		if c := alphabet[i]; len(alphabet) == 16 && c >= 'a' {
			t[c-'a'+'A'] = uint8(i)
		}
	}
	for i := range len(last) {
		t[last[i]] = uint8(len(alphabet) - len(last) + i)
	}
	return &t
}

// runs gives what the runs of the text decode to: first those that belong together, then each alone.
func (j *job) runs() {
	for _, p := range j.pieces() {
		j.together(p)
	}
	for i := range j.survey.runs {
		r := &j.survey.runs[i]
		if r.used || r.lone {
			continue
		}
		at := span{int(r.start), int(r.end)}
		j.dashed(*r)
		found := j.alone(r, at)
		r.used = found != nil
		if !r.used {
			j.base58(*r, at)
		}
		if !sure(found) && !r.noise {
			j.keepOdd(r, at)
		}
	}
}

// keepOdd keeps a run for the transforms if some part of it looks random. Hexadecimal does too, but a log is full of
// digests, and that of Go's build is full of build IDs.
func (j *job) keepOdd(r *run, at span) {
	if r.all&isNumber != 0 || buildID(j.text[at.start:at.end]) {
		return
	}
	var look pattern
	for _, c := range j.text[at.start:at.end] {
		k := classes[c] & (isUpper | isLower | isDigit)
		if c == '-' || c == '_' {
			continue
		}
		if k == 0 {
			if look.random() {
				break
			}
			look = pattern{}
			continue
		}
		look.add(k)
	}
	if look.random() {
		j.odd = append(j.odd, at)
	}
}

// buildID reports whether chars are what "go build -x" gives its compiler: two equal hashes in base64.
func buildID(chars []byte) bool {
	const hash = 20
	return len(chars) == 2*hash+1 && chars[hash] == '/' && bytes.Equal(chars[:hash], chars[hash+1:])
}

// pattern counts how characters change between capitals, small letters and digits, and how often digits are in it.
type pattern struct {
	before            uint16
	n, changes, digit int
}

func (p *pattern) add(k uint16) {
	if k != p.before && p.before != 0 {
		p.changes++
		if (k|p.before)&isDigit != 0 {
			p.digit++
		}
	}
	p.n++
	p.before = k
}

// random reports whether this is no word: camel case has no digits, versions and architectures few changes.
func (p *pattern) random() bool {
	return p.n >= 16 && (p.digit*6 >= p.n || p.changes*2 >= p.n || p.n >= 24 && p.changes*5 >= p.n*2 || p.digit >= 10)
}

// alone decodes a run on its own, with the shorter run that ends it on the next line if there is one.
func (j *job) alone(r *run, at span) []reading {
	chars := j.text[at.start:at.end]
	t := &j.b.tools
	h := maphash.Bytes(j.b.seed, chars)
	slot := &t.nothing[h%uint64(len(t.nothing))]
	if *slot == h { // the same paths and names are in a log again and again
		return nil
	}
	found := j.decode(chars, r.all, r.any, !r.noise)
	if found == nil {
		*slot = h
		return nil
	}
	if tail, end := j.tail(*r, nil); tail != nil {
		if more := j.decodeRun(append(bytes.Clone(chars), tail...), r.all&classesOf(tail), r.any); more != nil {
			// Where the tail may be a word on the next line, the end of the run may be an end.
			if len(tail) < minRun && len(chars)%4 > 1 {
				more = append(more, found...)
			}
			found, at.end = more, end
		}
	}
	for _, f := range found {
		j.give(Child{Decoder: f.decoder, Data: f.data, Start: at.start + f.skip, End: j.afterPadding(at.end)})
	}
	return found
}

// afterPadding returns the end of a run with the equals signs that end it.
func (j *job) afterPadding(end int) int {
	const most = 6 // of base32
	for n := 0; n < most && end < len(j.text) && j.text[end] == '='; n++ {
		end++
	}
	return end
}

// sure reports whether a reading is text nearly all over, and not only in some place: base64 that is turned around makes
// text by chance, as its bytes are not random.
func sure(found []reading) bool {
	for _, f := range found {
		if mostlyText(f.data) || classes[f.data[0]]&isBinary != 0 && !textual(f.data) {
			return true
		}
	}
	return false
}

func classesOf(b []byte) uint16 {
	all := uint16(0xffff)
	for _, c := range b {
		all &= classes[c]
	}
	return all
}

// reading is one way to read a run.
type reading struct {
	decoder string
	data    []byte
	skip    int // characters before it: something glued to its start
}

// decodeRun reads the characters of a run in every way that gives something worthwhile.
func (j *job) decodeRun(chars []byte, all, any uint16) []reading {
	return j.decode(chars, all, any, true)
}

// decode is decodeRun; base64 is read behind something glued to it only if shifted is set.
func (j *job) decode(chars []byte, all, any uint16, shifted bool) []reading {
	var found []reading
	if len(chars) < minText {
		return nil
	}
	if all&isHex != 0 {
		found = j.radix(found, "hex", chars, hexValues, 4, true)
		found = j.turnedHex(found, chars)
		if bytes.Count(chars, []byte("0"))+bytes.Count(chars, []byte("1")) == len(chars) {
			found = j.radix(found, "binary", chars, binaryValues, 1, true)
		}
	}
	if all&isHex == 0 || any&isLower != 0 && any&isUpper != 0 {
		found = j.radix(found, "base64", chars, base64Values, 6, shifted)
	}
	if found == nil {
		found = j.separated(chars)
	}
	if found != nil {
		return found
	}
	if all&isHex != 0 {
		return nil // a digest; of base32 in either order, of 16 characters, one in 65536 is
	}
	if at := longest(chars, hexValues, minHex); at.end > 0 {
		found = j.within(found, "hex", chars, at, hexValues, 4)
	}
	if len(found) > 0 || any&isDigit == 0 || len(chars) < minRun {
		return found
	}
	// What is glued to it is before it, in most cases.
	switch end := anyOf(chars[len(chars)-minRun:]); {
	case end&(isLower|isMark) == 0:
		found = j.base32(found, chars, base32Values, base32HexValues)
	case end&(isUpper|isMark) == 0:
		found = j.base32(found, chars, base32Lower, base32HexLower)
	}
	return found
}

// turnedHex reads hexadecimal from its end. Its digits may well be those of other characters, so that it is read in both
// ways, but then not all of these are any of text.
func (j *job) turnedHex(found []reading, chars []byte) []reading {
	data := j.b.tools.radix[:0]
	j.b.work += len(chars)
	for i := len(chars) - 1; i > 0; i -= 2 {
		c := hexValues[chars[i]]<<4 | hexValues[chars[i-1]]
		if classes[c]&isBinary != 0 {
			return found
		}
		data = append(data, c)
	}
	j.b.tools.radix = data
	return append(found, reading{"reversed-hex", bytes.Clone(data), 0})
}

func anyOf(b []byte) (any uint16) {
	for _, c := range b {
		any |= classes[c]
	}
	return any
}

func (j *job) base32(found []reading, chars []byte, std, hex *[256]uint8) []reading {
	if at := longest(chars, std, minRun); at.end > 0 {
		found = j.within(found, "base32", chars, at, std, 5)
	}
	if at := longest(chars, hex, minRun); len(found) == 0 && at.end > 0 {
		found = j.within(found, "base32hex", chars, at, hex, 5)
	}
	return found
}

func (j *job) within(found []reading, decoder string, chars []byte, at span, values *[256]uint8, bits int) []reading {
	before := len(found)
	found = j.radix(found, decoder, chars[at.start:at.end], values, bits, true)
	for i := before; i < len(found); i++ {
		found[i].skip += at.start
	}
	return found
}

// longest returns the longest stretch of an alphabet's characters that has so many or more. Every such stretch has one of
// the characters that are so far apart.
func longest(chars []byte, values *[256]uint8, least int) span {
	var best span
	for i, done := least-1, 0; i < len(chars); {
		if values[chars[i]] == none {
			i += least
			continue
		}
		start, end := i, i+1
		for start > done && values[chars[start-1]] != none {
			start--
		}
		for end < len(chars) && values[chars[end]] != none {
			end++
		}
		if end-start >= least && end-start > best.end-best.start {
			best = span{start, end}
		}
		i, done = end+least, end
	}
	return best
}

// radix adds the readings of chars as digits of bits each. A word that is glued before the first digit shifts the groups
// in which digits make whole bytes, so with shifted set each shift is tried.
func (j *job) radix(found []reading, decoder string, chars []byte, values *[256]uint8, bits int, shifted bool) []reading {
	group := 8 // digits that make whole bytes
	switch bits {
	case 4:
		group = 2
	case 6:
		group = 4
	}
	j.b.work += len(chars)
	if bits == 5 && len(chars) < 4*minRun || !shifted {
		group = 1 // a short one is found behind what its alphabet lacks, or not at all
	}
	for skip := range group {
		rest := chars[skip:]
		if skip > 0 && !j.sampled(rest, values, bits, group) {
			continue
		}
		data := appendRadix(j.b.tools.radix[:0], rest, values, bits)
		j.b.tools.radix = data
		if j.worthwhile(data) {
			found = append(found, reading{decoder, bytes.Clone(data), skip})
		}
	}
	return found
}

// sampled reads the start, the middle and the end of a run and reports whether one is worthwhile.
func (j *job) sampled(chars []byte, values *[256]uint8, bits, group int) bool {
	const window = 96 // a multiple of every group
	var buf [window]byte
	starts := []int{0, len(chars) / 2 / group * group, max(len(chars)-window, 0) / group * group}
	for i, at := range starts {
		if i > 0 && at <= starts[i-1]+window/2 {
			continue
		}
		part := appendRadix(buf[:0], chars[at:min(len(chars), at+window)], values, bits)
		if promising(part, i == 0) {
			return true
		}
	}
	return false
}

// appendRadix decodes digits of some bits each, most significant first. Bits left over at the end are dropped, as are
// digits that the alphabet lacks: what is between them was checked before.
func appendRadix(to, digits []byte, values *[256]uint8, bits int) []byte {
	if need := len(digits)*bits/8 + 1; cap(to)-len(to) < need {
		to = append(make([]byte, 0, len(to)+need), to...)
	}
	if bits == 6 {
		for len(digits) >= 4 {
			a, b, c, d := values[digits[0]], values[digits[1]], values[digits[2]], values[digits[3]]
			if a|b|c|d == none {
				break
			}
			v := uint32(a)<<18 | uint32(b)<<12 | uint32(c)<<6 | uint32(d)
			to = append(to, byte(v>>16), byte(v>>8), byte(v))
			digits = digits[4:]
		}
	}
	acc, have := uint32(0), 0
	for _, c := range digits {
		v := values[c]
		if v == none {
			continue
		}
		acc = acc<<bits | uint32(v)
		if have += bits; have >= 8 {
			have -= 8
			to = append(to, byte(acc>>have))
		}
	}
	return to
}
