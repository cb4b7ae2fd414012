package decode

import "bytes"

// pem gives keys in PEM without what a log or a file puts before and after each of their lines: timestamps, names of
// containers, indentation, carriage returns.
func (j *job) pem() {
	const longest = 32 << 10 // bytes of a key with all that
	const begin, ending = "BEGIN ", "END "
	next := -1 // the first ending that is not before at
	for at := 0; ; {
		i := afterDashes(j.text[at:], begin)
		if i < 0 {
			return
		}
		at += i
		if next < at {
			if next = afterDashes(j.text[at:], ending); next < 0 {
				return
			}
			next += at
		}
		if next-at > longest {
			at += len(dashes + begin)
			continue
		}
		near, end := j.text[at:min(len(j.text), next+maxGap)], next-at
		if n := bytes.Index(near[end+5:], []byte(dashes)); n >= 0 {
			end += 5 + n + 5
			if rest := bytes.TrimLeft(near[end:], "\r"); len(rest) > 0 && rest[0] == '\n' {
				end = len(near) - len(rest) + 1
			}
		}
		chars := near[:end]
		j.b.work += len(chars)
		if data := bareLines(shown(chars)); !bytes.Equal(data, chars) {
			j.give(Child{Decoder: "pem", Data: data, Start: at, End: at + end, Approximate: true})
		}
		at += end
	}
}

// bareLines leaves of each line but the first what is after its last white space; of the last, what begins with a dash.
func bareLines(b []byte) []byte {
	to := make([]byte, 0, len(b))
	for line := range bytes.Lines(b) {
		body := bytes.TrimRight(line, " \t\r\n")
		if i := bytes.Index(body, []byte(dashes)); i >= 0 {
			body = body[i:]
		} else {
			body = body[bytes.LastIndexAny(body, " \t|")+1:]
		}
		to = append(to, body...)
		if line[len(line)-1] == '\n' {
			to = append(to, '\n')
		}
	}
	return to
}

const dashes = "-----" // before and after a label

// afterDashes finds the dashes before a word, or returns -1. Logs are full of dashes, and so the word is looked for first.
func afterDashes(text []byte, word string) int {
	for at := 0; ; at += len(word) {
		i := bytes.Index(text[at:], []byte(word))
		if i < 0 {
			return -1
		}
		if at += i; bytes.HasSuffix(text[:at], []byte(dashes)) {
			return at - len(dashes)
		}
	}
}
