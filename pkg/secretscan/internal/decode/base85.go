package decode

import "bytes"

// Alphabets of five characters for four bytes. Sources: the Adobe PostScript reference (ascii85), RFC 1924 as git and
// Python use it, ZeroMQ's RFC 32 (z85).
var (
	ascii85Values = ascii85Alphabet()
	base85Values  = valuesOf("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~", "")
	z85Values     = valuesOf("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#", "")
)

func ascii85Alphabet() *[256]uint8 {
	var t [256]uint8
	for c := range t {
		t[c] = none
		if c >= '!' && c <= 'u' {
			t[c] = uint8(c - '!')
		}
	}
	t['z'] = 0 // stands for four zero bytes
	return &t
}

// base85 reads words with much punctuation, and what is between <~ and ~>.
func (j *job) base85() {
	j.framed85()
	words := j.survey.words
	for i := 0; i < len(words); i++ {
		w := words[i]
		var joined []byte
		for n := w.end - w.start; i+1 < len(words) && words[i+1].start-words[i].end <= 2 && words[i].end-words[i].start == n; i++ {
			joined = append(joined, j.text[words[i].start:words[i].end]...)
			w.end = words[i+1].end
		}
		if joined == nil {
			joined = j.text[w.start:w.end:w.end]
		} else {
			joined = append(joined, j.text[words[i].start:words[i].end]...)
		}
		if tooPlain85(joined) {
			continue
		}
		if tail := j.tail85(w, words[i]); j.word85(joined, w) && tail != nil {
			j.word85(append(joined, tail...), w)
		}
	}
}

// tail85 is the short last line of a word that goes over several.
func (j *job) tail85(w, last span) []byte {
	rest := j.text[w.end:]
	if len(rest) < 2 || rest[0] != '\n' {
		return nil
	}
	rest = rest[1:]
	n := 0
	for n < len(rest) && n < last.end-last.start && classes[rest[n]]&isSpace == 0 {
		n++
	}
	return rest[:n]
}

// tooPlain85 reports whether chars are too many to be base85, for having none of the marks that base64 lacks, padding aside:
// of 100 million texts of that length there is none.
func tooPlain85(chars []byte) bool {
	const enough = 128
	return len(chars) > enough && classesOf(bytes.TrimRight(chars, "="))&isRun != 0
}

// word85 reports whether it could read anything.
func (j *job) word85(chars []byte, at span) (found bool) {
	j.b.work += 3 * len(chars)
	for _, a := range []struct {
		decoder string
		values  *[256]uint8
	}{{"base85", base85Values}, {"ascii85", ascii85Values}, {"z85", z85Values}} {
		for rest, off := chars, 0; len(rest) >= minWord; {
			n := 0
			for n < len(rest) && a.values[rest[n]] != none {
				n++
			}
			if n >= minWord {
				found = j.stretch85(a.decoder, rest[:n], a.values, at, off) || found
			}
			rest, off = rest[min(n+1, len(rest)):], off+n+1
		}
	}
	return found
}

// stretch85 tries each of the five ways in which a glued word may shift the groups.
func (j *job) stretch85(decoder string, chars []byte, values *[256]uint8, at span, off int) (found bool) {
	var buf [2 * minWord]byte
	middle := len(chars) / 2 / 5 * 5
	for shift := range 5 {
		ok := begins85(chars[shift:], values)
		if !ok && shift == 0 {
			ok = hasMagic(append85(buf[:0], chars[:min(len(chars), 2*minWord)], values))
		}
		if !ok && middle > 2*minWord {
			ok = begins85(chars[middle+shift:], values)
		}
		if !ok {
			continue
		}
		data := append85(nil, chars[shift:], values)
		if j.worthwhile(data) {
			j.give(Child{Decoder: decoder, Data: data, Start: at.start + off + shift, End: at.end})
			found = true
		}
	}
	return found
}

// begins85 reports whether the first three groups are text but for one byte. Most words fail at the first.
func begins85(chars []byte, values *[256]uint8) bool {
	bad := 0
	for range 3 {
		if len(chars) < 5 {
			return false
		}
		v := uint32(0)
		for _, c := range chars[:5] {
			v = v*85 + uint32(values[c])
		}
		for shift := 24; shift >= 0; shift -= 8 {
			if classes[byte(v>>shift)]&isBinary != 0 {
				if bad++; bad > 1 {
					return false
				}
			}
		}
		chars = chars[5:]
	}
	return true
}

// mostlyText is stricter than textual: nine in ten bytes, as words with punctuation are frequent.
func mostlyText(b []byte) bool {
	bad := 0
	for _, c := range b {
		if classes[c]&isBinary != 0 {
			bad++
		}
	}
	return len(b) >= 12 && bad*10 <= len(b)
}

// append85 decodes whole and partial groups; a group that has no value is zero.
func append85(to, chars []byte, values *[256]uint8) []byte {
	var v uint32
	n := 0
	for _, c := range chars {
		if c == 'z' && n == 0 && values == ascii85Values {
			to = append(to, 0, 0, 0, 0)
			continue
		}
		x := values[c]
		if x == none {
			continue // white space between lines
		}
		v = v*85 + uint32(x)
		if n++; n == 5 {
			to = append(to, byte(v>>24), byte(v>>16), byte(v>>8), byte(v))
			v, n = 0, 0
		}
	}
	if n > 1 {
		for range 5 - n {
			v = v*85 + 84
		}
		to = append(to, []byte{byte(v >> 24), byte(v >> 16), byte(v >> 8)}[:n-1]...)
	}
	return to
}

// framed85 reads ascii85 between its marks, over lines.
func (j *job) framed85() {
	for at := 0; ; {
		i := bytes.Index(j.text[at:], []byte("<~"))
		if i < 0 {
			return
		}
		at += i + 2
		n := bytes.IndexByte(j.text[at:], '~')
		if n < 0 {
			return
		}
		if !bytes.HasPrefix(j.text[at+n:], []byte("~>")) {
			continue
		}
		data := append85(nil, j.text[at:at+n], ascii85Values)
		j.b.work += n
		if j.worthwhile(data) {
			j.give(Child{Decoder: "ascii85", Data: data, Start: at - 2, End: at + n + 2})
			at += n
		}
	}
}
