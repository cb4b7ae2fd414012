package decode

import (
	"slices"
	"strconv"
	"unicode/utf8"
)

// repeat adds the rows that "*" stands for: as many as are missing up to the offset that follows.
func (j *job) repeat(d *dump, offset []byte) {
	row := d.numbers[d.row:]
	size := len(row) * d.bytesEach()
	for _, base := range []int{16, 8, 10} {
		from, err1 := strconv.ParseUint(string(d.offset), base, 63)
		to, err2 := strconv.ParseUint(string(offset), base, 63)
		if err1 != nil || err2 != nil || to <= from || size == 0 || (to-from)%uint64(size) != 0 {
			continue
		}
		missing := (to-from)/uint64(size) - 1
		if missing > uint64((maxRepeated-j.repeated)/size) {
			j.b.gap("hexdump", "repeats")
			return
		}
		j.repeated += int(missing) * size
		row = slices.Clone(row)
		for range missing {
			d.numbers = append(d.numbers, row...)
		}
		return
	}
}

// bytesEach is how many bytes one number of a dump stands for.
func (d *dump) bytesEach() int {
	switch n := d.numbers[d.row]; {
	case d.kinds&hexWords != 0:
		return int(n.end-n.start) / 2
	case d.kinds&octWords != 0, d.kinds&decWords != 0 && d.kinds&decBytes == 0:
		return 2
	}
	return 1
}

// finish gives what a dump may mean.
func (j *job) finish(d *dump) {
	if len(d.numbers) < minRow {
		d.numbers = d.numbers[:0]
		return
	}
	j.b.work += 4 * len(d.numbers)
	for _, k := range []struct {
		kind    int
		decoder string
		swapped bool // words have their least significant byte first
		read    func(number, []byte, bool) []byte
	}{
		{hexBytes, "hex", false, j.appendHex},
		{hexWords, "hex", false, j.appendHex},
		{hexWords, "hex", true, j.appendHex},
		{octBytes, "octal", false, j.appendOctal},
		{octWords, "od", true, j.appendOctal},
		{decBytes, "bytes", false, j.appendDecimal},
		{decWords, "od", true, j.appendWord},
		{binBytes, "binary", false, j.appendBinary},
		{codePoints, "code-points", false, j.appendRune},
	} {
		if d.kinds&k.kind == 0 {
			continue
		}
		data := make([]byte, 0, len(d.numbers)*2)
		for _, n := range d.numbers {
			data = k.read(n, data, k.swapped)
		}
		if j.worthwhile(data) {
			j.give(Child{Decoder: k.decoder, Data: data, Start: d.start, End: d.end})
		}
	}
	*d = dump{numbers: d.numbers[:0]}
}

func (j *job) appendHex(n number, to []byte, swapped bool) []byte {
	digits := j.text[n.start:n.end]
	if len(digits) == 1 {
		return append(to, hexValues[digits[0]])
	}
	before := len(to)
	for ; len(digits) >= 2; digits = digits[2:] {
		to = append(to, hexValues[digits[0]]<<4|hexValues[digits[1]])
	}
	if swapped {
		slices.Reverse(to[before:])
	}
	return to
}

func (j *job) appendOctal(n number, to []byte, swapped bool) []byte {
	v := 0
	for _, c := range j.text[n.start:n.end] {
		v = v<<3 | int(c-'0')
	}
	if !swapped {
		return append(to, byte(v))
	}
	return append(to, byte(v), byte(v>>8))
}

func (j *job) appendDecimal(n number, to []byte, _ bool) []byte {
	v := decimal(j.text[n.start:n.end])
	if n.minus {
		v = -v
	}
	return append(to, byte(v))
}

func (j *job) appendWord(n number, to []byte, _ bool) []byte {
	v := decimal(j.text[n.start:n.end])
	return append(to, byte(v), byte(v>>8))
}

func (j *job) appendBinary(n number, to []byte, _ bool) []byte {
	return appendRadix(to, j.text[n.start:n.end], binaryValues, 1)
}

func (j *job) appendRune(n number, to []byte, _ bool) []byte {
	v, _ := hexNumber(j.text[n.start:n.end], maxNumber)
	return utf8.AppendRune(to, rune(min(v, utf8.MaxRune+1))) // what is none becomes U+FFFD
}
