package secretscan

const (
	minEncoded = 16 // bytes in a row of what is encoded; 12 bytes in base64
	minOdd     = 3  // punctuation in a row of base85, a quarter of whose alphabet it is
	minBetween = 8  // of one punctuation mark or space, as between the numbers of a dump
)

// mayEncode reports whether a text has anything that could be decoded to a secret. Decoders cost ten times what the rules
// do, and hardly one of a hundred thousand names of files has: they are words, with slashes, and a number here and there.
func mayEncode(b []byte) bool {
	if len(b) < minEncoded {
		return false
	}
	var often [128]uint8
	var r encodedRun
	for _, c := range b {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
			r.add(c)
			continue
		case c >= 0x7f, c < ' ' && c != '\t' && c != '\n' && c != '\r':
			return true // packed, or text that is not in ASCII
		case c != '/':
			if often[c]++; often[c] >= minBetween {
				return true
			}
		}
		if r.mark(c) {
			return true
		}
	}
	return r.telling()
}

// An encodedRun is what is known of the characters in a row that one encoding may have.
type encodedRun struct {
	n       int  // since white space or punctuation that base64 lacks
	stretch      // since any punctuation
	mixed   bool // a stretch of the run had what base64 has

	word, odd    int // since white space: all characters, and the punctuation of base85
	upper, lower bool
}

// A stretch is of letters and digits alone.
type stretch struct {
	letters, capitals, digits int
	changes                   int  // of case
	last                      byte // letter
}

func (s stretch) size() int { return s.letters + s.digits }

func (r *encodedRun) add(c byte) {
	r.n++
	r.word++
	if c <= '9' {
		r.digits++
		return
	}
	r.letters++
	upper := c <= 'Z'
	if upper {
		r.capitals++
		r.upper = true
	} else {
		r.lower = true
	}
	if r.last != 0 && upper != (r.last <= 'Z') {
		r.changes++
	}
	r.last = c
}

// mark ends what ends at a character that is no letter and no digit, and reports whether it was telling.
func (r *encodedRun) mark(c byte) bool {
	told := r.telling()
	r.n++
	r.word++
	r.stretch = stretch{}
	switch c {
	case '/', '+', '-', '_', '=':
	case ' ', '\t', '\n', '\r':
		*r = encodedRun{}
	case '.', ',':
		r.n, r.mixed = 0, false
	default:
		r.n, r.mixed = 0, false
		r.odd++
	}
	return told
}

// telling is asked at the end of each stretch.
func (r *encodedRun) telling() bool {
	const (
		minMixed = 8  // characters that tell base64 by capitals, small letters and digits
		minCases = 12 // by how often the case changes, which is less in camel case
	)
	s := r.stretch
	small := s.letters - s.capitals
	r.mixed = r.mixed || s.size() >= minMixed && s.capitals > 0 && small > 0 && s.digits > 0 || s.size() >= minCases && s.changes*3 >= s.letters
	return s.size() >= minEncoded && (s.digits > 0 || small == 0) || // base16, base32, base58
		r.n >= minEncoded && r.mixed || // base64
		r.word >= minEncoded && r.odd >= minOdd && r.upper && r.lower // base85
}
