package secretscan

import (
	"bytes"
	"io"
)

// A strand is scanned in windows that overlap: what lies across the end of one is whole in the next. A window ends behind a
// line, if there is one near its end. The next one starts 64 KiB before that; where encoded text goes on past the end (a
// compressed file in base64, over many lines), it starts before that text, up to 768 KiB before. A longer run is cut, and what
// is compressed in it is then lost past its first window.
type windowSizes struct {
	fresh   int // bytes that each window adds
	archive int // of what is damaged in an archive, or behind it, at once
	carry   int // bytes that a window may start before the end of the one before, at most; less than fresh
	overlap int // and at least
}

func usualWindows() windowSizes {
	return windowSizes{fresh: 1 << 20, archive: 16 << 20, carry: 768 << 10, overlap: 64 << 10}
}

const (
	headSize = 512 // bytes in which an archive shows
	runUnit  = 120 // a cut run starts at a multiple of it: whole groups in base64, base32, hex and ascii85
)

// A span is a part of a text, in bytes.
type span struct{ start, end int }

// owned says from where on findings of a window count; those before it count in the window before. A text that encodes
// others counts where it is whole.
type owned struct{ plain, child int }

func (o owned) less(n int) owned { return owned{o.plain - n, o.child - n} }

// A cut is where a window ends, where the next one starts, and what that one owns, in bytes of this one.
type cut struct {
	end, start int
	final      bool
	owned
}

// fill appends up to n bytes. Its error is io.EOF or one of r.
func fill(r io.Reader, buf []byte, n int) ([]byte, error) {
	const step = 64 << 10
	idle := 0
	for n > 0 {
		if cap(buf)-len(buf) < min(n, step) {
			buf = append(make([]byte, 0, max(2*cap(buf), len(buf)+min(n, step))), buf...)
		}
		room := buf[len(buf):min(len(buf)+n, cap(buf))]
		got, err := r.Read(room)
		buf, n = buf[:len(buf)+got], n-got
		if err != nil {
			return buf, err
		}
		if got > 0 {
			idle = 0
		} else if idle++; idle > 100 {
			return buf, io.ErrNoProgress
		}
	}
	return buf, nil
}

// plan says where a window of buf ends, and where the next one starts.
func (s windowSizes) plan(buf []byte, final bool) cut {
	if final {
		return cut{end: len(buf), final: true, owned: owned{len(buf) + 1, len(buf) + 1}}
	}
	c := cut{end: len(buf)}
	low := max(0, len(buf)-s.overlap)
	if i := bytes.LastIndexByte(buf[low:], '\n'); i >= 0 {
		c.end = low + i + 1
	}
	c.start = max(0, c.end-s.overlap)
	c.owned = owned{max(0, c.end-s.overlap/2), max(0, c.end-s.overlap/2)}
	run := s.runStart(buf[:c.end])
	switch {
	case run >= c.start:
		if i := bytes.IndexByte(buf[c.start:c.plain], '\n'); i >= 0 && c.start+i < run {
			c.start += i + 1
		}
		c.child = min(c.child, run)
	case c.end-run <= s.carry:
		c.start = run - min(run, s.overlap/256) // the name that the text goes by
		c.child = run
	default:
		if i := bytes.IndexByte(buf[c.start:c.plain], '\n'); i >= 0 {
			c.start += i + 1
		} else {
			c.start -= (c.start - run) % runUnit
		}
		c.child = c.start
	}
	return c
}

// runStart returns where the encoded text starts that reaches the end of b; len(b) if there is none. Over lines it looks
// back no further than matters.
func (s windowSizes) runStart(b []byte) int {
	low := max(0, len(b)-s.carry-1)
	at := len(b)
	if at > 0 && b[at-1] != '\n' {
		for at > 0 && encodes[b[at-1]] {
			at--
		}
		if at <= low || b[at-1] != '\n' {
			return at
		}
	}
	foreign := 0 // lines in a row that encode nothing
	for end := at; end > low && foreign < 2; {
		start := bytes.LastIndexByte(b[low:end-1], '\n') + 1 + low
		if encodedLine(b[start : end-1]) {
			at, foreign = start, 0
		} else {
			foreign++
		}
		end = start
	}
	return at
}

// encodes are the characters of base64, hexadecimal and escapes.
var encodes = func() (set [256]bool) {
	for c := range set {
		set[c] = alnum(rune(c))
	}
	for _, c := range []byte(`+/=-_%\,`) {
		set[c] = true
	}
	return set
}()

// encodedLine reports a line that is mostly one run of such characters, or mostly digits as a dump of bytes is.
func encodedLine(line []byte) bool {
	longest, run, digits := 0, 0, 0
	for _, c := range line {
		if encodes[c] {
			run++
			longest = max(longest, run)
		} else {
			run = 0
		}
		if '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F' || c == ' ' || c == ',' || c == '\\' || c == 'x' {
			digits++
		}
	}
	return longest >= 40 || longest >= 16 && longest*10 >= len(line)*6 || len(line) >= 16 && digits*10 >= len(line)*7
}
