package decode

import (
	"bytes"
	"slices"
)

// joinedGap is how many bytes may be between two strings that are joined: a line end and the indentation of the next line.
const joinedGap = 64

// joined puts strings together that a program text adds, over lines too: "ab" + "cd", "ab" . "cd", 'ab”cd', and those
// that C and Python add where nothing is between them.
func (j *job) joined() { j.without("joined", j.seams()) }

// without gives the text without what is between its parts, in one child for those that are near.
func (j *job) without(decoder string, seams []span) {
	for len(seams) > 0 {
		n := 1
		for n < len(seams) && seams[n].start-seams[n-1].end <= escapeGap {
			n++
		}
		at := j.lineAround(seams[0].start, seams[n-1].end)
		j.b.work += 2 * (at.end - at.start)
		data, from := make([]byte, 0, at.end-at.start), at.start
		for _, s := range seams[:n] {
			if s.start >= from { // else it is between quotes of other kinds
				data, from = append(data, j.text[from:s.start]...), s.end
			}
		}
		j.give(Child{Decoder: decoder, Data: append(data, j.text[from:at.end]...), Start: at.start, End: at.end})
		seams = seams[n:]
	}
}

// seams finds what is between strings that are joined, the quotes included.
func (j *job) seams() []span {
	var all []span
	if j.survey.any&isQuote == 0 {
		return nil
	}
	for _, quote := range []byte("\"'`") {
		for at := 0; at < len(j.text); {
			i := bytes.IndexByte(j.text[at:], quote)
			if i < 0 {
				break
			}
			if at += i + 1; at == len(j.text) || classes[j.text[at]]&isRun != 0 && j.text[at] != '+' {
				continue
			}
			if n := seam(j.text[max(0, at-2)], j.text[at:min(len(j.text), at+joinedGap)], quote); n > 0 {
				all = append(all, span{at - 1, at + n})
				at += n
			}
		}
	}
	slices.SortFunc(all, func(x, y span) int { return x.start - y.start })
	return all
}

// seam returns where the next string begins in what follows a quote, 0 if none is added. Without a sign both must be parts of
// a word, and it may be no quote of three.
func seam(before byte, after []byte, quote byte) int {
	n := skipBlank(after, 0)
	sign := n
	for sign < len(after) && sign < n+2 && bytes.IndexByte([]byte("+.&|~<>"), after[sign]) >= 0 {
		sign++
	}
	bare := false
	switch string(after[n:sign]) {
	case "+", "++", ".", "..", "&", "||", "~", "<>":
		n = skipBlank(after, sign)
	case "":
		bare = true
	default:
		return 0
	}
	if n >= len(after) || after[n] != quote {
		return 0
	}
	n++
	if !bare {
		return n
	}
	if n >= len(after) || classes[after[n]]&(isSpace|isQuote) != 0 || classes[before]&(isSpace|isQuote) != 0 || (classes[before]|classes[after[n]])&isRun == 0 {
		return 0
	}
	return n
}

// skipBlank returns where in b there is something else than white space and continued lines, from i on.
func skipBlank(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\r' || b[i] == '\n' ||
		(b[i] == '\\' || b[i] == '_') && i+1 < len(b) && (b[i+1] == '\n' || b[i+1] == '\r')) {
		i++
	}
	return i
}
