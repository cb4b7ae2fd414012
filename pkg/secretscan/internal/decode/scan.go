package decode

import "bytes"

// Classes of bytes. A run is a stretch of base64's two alphabets together; what else it might be is what all its bytes
// have in common.
const (
	isRun    = 1 << iota // A-Z a-z 0-9 + / - _
	isHex                // 0-9 a-f A-F
	isBase32             // A-Z 2-7
	isNumber             // 0-9 a-f A-F x X -
	isDigit
	isUpper
	isLower
	isSpace // and every control character and byte above 0x7e: ends a word
	isMark  // + / - _
	isNUL
	isBinary // never in text: control characters without white space, ESC, BS; bytes above 0x7e
	isMagic  // the first byte of one of the magics
	isOctal  // 0-7
	isBit    // 0 1
	isQuote  // " ' `
)

// classes is never changed.
var classes = makeClasses()

func makeClasses() (t [256]uint16) {
	set := func(chars string, bits uint16) {
		for _, c := range []byte(chars) {
			t[c] |= bits
		}
	}
	const upper, digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
	set(upper, isRun|isUpper|isBase32)
	set("abcdefghijklmnopqrstuvwxyz", isRun|isLower)
	set(digits, isRun|isDigit|isHex|isNumber)
	set("234567", isBase32)
	set("01234567", isOctal)
	set("01", isBit)
	set("abcdefABCDEF", isHex|isNumber)
	set("xX-", isNumber)
	set("+/-_", isRun|isMark)
	set("\"'`", isQuote)
	for c := range t {
		if c <= ' ' || c >= 0x7f {
			t[c] |= isSpace
		}
		if c >= 0x7f || c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != 0x1b && c != '\b' {
			t[c] |= isBinary
		}
	}
	for _, m := range magics {
		t[m[0]] |= isMagic
	}
	t[0] |= isNUL
	return t
}

// run is a stretch of isRun.
type run struct {
	start, end int32
	all        uint16 // the classes that all its bytes have
	any        uint16 // the classes that some byte has
	column     int32  // where it begins on its line
	used       bool   // a decoder could read it
	lone       bool   // shorter than minRun, but all of its line
	noise      bool   // of base64 in lines that no decoder could read together, nor in part, backwards or shifted
}

func (r run) size() int { return int(r.end - r.start) }

const (
	minRun     = 16 // bytes of a run that is looked at; 12 bytes in base64
	minHex     = 24 // digits of hexadecimal within a run of other characters; 12 bytes
	minWord    = 20 // bytes of a word that may be base85; 16 bytes
	minNumbers = 6  // numbers in a row that may be a dump or an array,
	minWords   = 32 // or digits of fewer: words of 8
	minOnes    = 8  // single characters in a row
	minGroup   = 3  // bytes of a group of characters
	minGroups  = 6  // groups in a row
	usualRuns  = 96 // bytes of a log in which there is one run, about
	maxNumber  = 8  // digits of a number; an offset or a word of 32 bits
)

// survey is what one pass over a text found for all decoders.
type survey struct {
	any     uint16 // the classes that occur
	runs    []run
	words   []span // without white space, and with punctuation that base64 lacks
	numbers []span // rows of short numbers
	ones    []span // rows of single characters
	groups  []span // rows of short runs of one length
}

// surveyor is the state of the pass.
type surveyor struct {
	survey
	text        []byte
	word, marks int // start of this word, and its punctuation
	letters     uint16
	numbers     row // of numbers
	digits      int // of all of them
	ones        row // of single characters
	said        run // the last run that was no number
	groups      row // of runs of one length
	group       int // that length
	line        int // where this line begins
}

// row is a stretch of like runs.
type row struct {
	span
	n int
}

func scan(text []byte) survey {
	s := surveyor{text: text}
	s.runs = make([]run, 0, min(len(text)/usualRuns, 1<<14))
	for i := 0; i < len(text); {
		c := classes[text[i]]
		if c&isRun == 0 {
			s.any |= c
			if c&isSpace != 0 {
				s.endWord(i)
				switch text[i] {
				case '\n':
					s.line = i + 1
				case 0x1b: // its letter is glued to no word
					i += sequence(text[i:]) - 1
					s.word = i + 1
				}
			} else {
				s.marks++
			}
			i++
			continue
		}
		start, all, any := i, c, c
		for i++; i < len(text); i++ {
			c = classes[text[i]]
			if c&isRun == 0 {
				break
			}
			all &= c
			any |= c
		}
		s.any |= any
		s.letters |= any
		s.endRun(run{start: int32(start), end: int32(i), column: int32(start - s.line), all: all, any: any})
	}
	s.endWord(len(text))
	s.endRun(run{start: int32(len(text)), end: int32(len(text)), any: isRun}) // ends all rows
	return s.survey
}

// endWord keeps a word that may be base85. Of 20 characters in any of its alphabets, one in 300 times none is a small
// letter, and more rarely none a capital.
func (s *surveyor) endWord(i int) {
	const both = isUpper | isLower
	if n := i - s.word; n >= minWord && s.marks > 0 && s.letters&both == both {
		s.words = append(s.words, span{s.word, i})
	}
	s.word, s.marks, s.letters = i+1, 0, 0
}

func (s *surveyor) endRun(r run) {
	n := r.size()
	switch {
	case n >= minRun:
		s.runs = append(s.runs, r)
	case n >= 2 && s.alone(r):
		r.lone = true
		s.runs = append(s.runs, r)
	}
	s.countNumbers(r, n > 0 && n <= maxNumber+s.prefix(r) && r.any&(isDigit|isHex) != 0 && (r.all&isNumber != 0 || s.added(r)))
	s.ones.add(r, n == 1, minOnes, &s.survey.ones)
	same := n == s.group && n >= minGroup && n < minRun && int(r.start)-s.groups.end <= maxBetween
	s.groups.add(r, same, minGroups, &s.survey.groups)
	if !same {
		s.group, s.groups = n, row{span: span{int(r.start), int(r.end)}, n: 1}
	}
}

// countNumbers adds a run to the row of numbers, or ends the row. The word before a row may stand before each of its
// numbers: chr(71)+chr(72).
func (s *surveyor) countNumbers(r run, fits bool) {
	if !fits && s.numbers.n > 0 && r.size() > 0 && r.size() <= maxBetween &&
		bytes.Equal(trimMarks(s.text[r.start:r.end]), trimMarks(s.text[s.said.start:s.said.end])) {
		return
	}
	if !fits {
		s.said = r
	}
	enough := minNumbers
	if s.digits >= minWords {
		enough = minRow
	}
	s.numbers.add(r, fits, enough, &s.survey.numbers)
	if s.digits += r.size(); !fits {
		s.digits = 0
	}
}

// prefix returns the length of 0x at the start of a run.
func (s *surveyor) prefix(r run) int {
	if r.size() > 2 && s.text[r.start] == '0' && s.text[r.start+1]|0x20 == 'x' {
		return 2
	}
	return 0
}

// added reports whether a run is a number and a plus sign: 71+[char]72.
func (s *surveyor) added(r run) bool {
	return s.text[r.end-1] == '+' && classesOf(s.text[r.start:r.end-1])&isNumber != 0
}

func trimMarks(b []byte) []byte {
	for len(b) > 0 && classes[b[0]]&isMark != 0 {
		b = b[1:]
	}
	return b
}

// alone reports whether a run is all of its line.
func (s *surveyor) alone(r run) bool {
	return (r.start == 0 || s.text[r.start-1] == '\n') &&
		(int(r.end) == len(s.text) || s.text[r.end] == '\n' || s.text[r.end] == '\r' || s.text[r.end] == '=')
}

func (w *row) add(r run, fits bool, enough int, to *[]span) {
	if fits {
		if w.n == 0 {
			w.start = int(r.start)
		}
		w.n++
		w.end = int(r.end)
		return
	}
	if w.n >= enough {
		*to = append(*to, w.span)
	}
	w.n = 0
}
