package decode

import "bytes"

// joined puts strings together that a program text adds: "ab" + "cd", over lines too.
func (j *job) joined() {
	for _, at := range j.clusters('+', escapeGap, addsStrings) {
		chars := j.text[at.start:at.end]
		j.b.work += 2 * len(chars)
		data := make([]byte, 0, len(chars))
		for len(chars) > 0 {
			i := bytes.IndexByte(chars, '+')
			if i < 0 {
				break
			}
			before := bytes.TrimRight(chars[:i], " \t\r\n")
			after := bytes.TrimLeft(chars[i+1:], " \t\r\n")
			if len(before) > 0 && len(after) > 0 && isQuote(before[len(before)-1]) && after[0] == before[len(before)-1] {
				data, chars = append(data, before[:len(before)-1]...), after[1:]
				continue
			}
			data, chars = append(data, chars[:i+1]...), chars[i+1:]
		}
		data = append(data, chars...)
		if len(data) < at.end-at.start {
			j.give(Child{Decoder: "joined", Data: data, Start: at.start, End: at.end})
		}
	}
}

// addsStrings reports whether a quote follows a plus sign.
func addsStrings(after []byte) bool {
	const near = 64 // bytes: a line end and the indentation of the next line
	after = bytes.TrimLeft(after[:min(len(after), near)], " \t\r\n")
	return len(after) > 0 && isQuote(after[0])
}

func isQuote(c byte) bool { return c == '"' || c == '\'' || c == '`' }
