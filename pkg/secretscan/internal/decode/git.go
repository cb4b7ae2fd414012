package decode

import "bytes"

// gitPatches reads git's binary patches: lines of base85 whose first letter says how many bytes they have, A to Z for 1
// to 26 and a to z for 27 to 52; all of them are one zlib stream. Source: git's documentation of diff formats, and what
// git itself writes.
func (j *job) gitPatches() {
	const letters = 26
	for _, kind := range []string{"literal ", "delta "} {
		for at := 0; ; {
			i := bytes.Index(j.text[at:], []byte(kind))
			if i < 0 {
				break
			}
			start := at + i
			column := start - lineStart(j.text, start)
			at = nextLine(j.text, start)
			var data []byte
			for at < len(j.text) {
				end := nextLine(j.text, at)
				line := bytes.TrimRight(j.text[at:end], "\r\n")
				if len(line) < column+6 || classes[line[column]]&(isUpper|isLower) == 0 || (len(line)-column-1)%5 != 0 {
					break
				}
				n := int(line[column]-'A') + 1
				if classes[line[column]]&isLower != 0 {
					n = int(line[column]-'a') + letters + 1
				}
				row := append85(nil, line[column+1:], base85Values)
				data = append(data, row[:min(n, len(row))]...)
				at = end
			}
			j.b.work += at - start
			if j.worthwhile(data) {
				j.give(Child{Decoder: "git-base85", Data: data, Start: start, End: at})
			}
		}
	}
}
