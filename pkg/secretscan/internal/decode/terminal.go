package decode

import "bytes"

const (
	terminalGap = 400  // bytes without any control character between two texts that are cleaned
	maxTerminal = 4096 // the same on one line
)

// terminal gives what a terminal would show: without escape sequences and what is invisible, with backspaces and carriage
// returns carried out, for the lines that have any and what is between those that are near. A line over which another was
// printed is kept as a line of its own, as what it showed was seen.
func (j *job) terminal() {
	c := newControls(j.text, j.survey.any&isBinary == 0)
	for at := 0; ; {
		i := c.next(at)
		if i < 0 {
			return
		}
		start, first, last := lineStart(j.text, i), i, i
		for {
			i = c.next(last + 1)
			if i < 0 || i-last > maxTerminal || i-last > terminalGap && bytes.IndexByte(j.text[last:i], '\n') >= 0 {
				break
			}
			last = i
		}
		end := nextLine(j.text[:min(len(j.text), last+maxGap)], last)
		start = max(start, min(at, last))
		chars := j.text[start:end]
		j.b.work += 2 * len(chars)
		at = end
		if j.survey.any&isBinary != 0 && !mostlyText(chars) && (j.text[first] < 0x80 || !mostlyText(shown(chars))) {
			continue
		}
		j.give(Child{Decoder: "terminal", Data: shown(chars), Start: start, End: end, Approximate: true})
	}
}

// invisible is what a terminal or a browser shows nothing for: a soft hyphen, spaces and joiners without a width.
var invisible = []string{"\u00ad", "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff"}

// invisibleAt returns the length of what is invisible at the start of b.
func invisibleAt(b []byte) int {
	if len(b) < 2 || b[0] != 0xc2 && b[0] != 0xe2 && b[0] != 0xef {
		return 0
	}
	for _, s := range invisible {
		if bytes.HasPrefix(b, []byte(s)) {
			return len(s)
		}
	}
	return 0
}

// controlMarks are ESC, backspace, carriage return, and how something invisible begins.
var controlMarks = [...]string{"\x1b", "\b", "\r", "\u00ad", "\xe2\x80", "\u2060", "\ufeff"}

// controls finds ESC, backspace, each carriage return that ends no line, and what is invisible, in one pass.
type controls struct {
	text []byte
	at   [len(controlMarks)]int // the next of each that is not yet passed, -1 if none is left
}

func newControls(text []byte, ascii bool) *controls {
	c := &controls{text: text}
	for k := range c.at {
		c.at[k] = -1
		if !ascii || controlMarks[k][0] < 0x80 {
			c.at[k] = c.find(k, 0)
		}
	}
	return c
}

func (c *controls) find(k, from int) int {
	mark := []byte(controlMarks[k])
	for from < len(c.text) {
		i := bytes.Index(c.text[from:], mark)
		if i < 0 {
			break
		}
		from += i + 1
		switch {
		case mark[0] == '\r' && from < len(c.text) && c.text[from] == '\n':
		case mark[0] >= 0x80 && invisibleAt(c.text[from-1:]) == 0:
		default:
			return from - 1
		}
	}
	return -1
}

// next returns the first at or after from, -1 if there is none; from may not decrease from call to call.
func (c *controls) next(from int) int {
	best := -1
	for k := range c.at {
		if c.at[k] >= 0 && c.at[k] < from {
			c.at[k] = c.find(k, from)
		}
		if c.at[k] >= 0 && (best < 0 || c.at[k] < best) {
			best = c.at[k]
		}
	}
	return best
}

// shown carries out control characters.
func shown(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c == 0x1b:
			i += sequence(b[i:]) - 1
		case c == '\b':
			if n := len(out); n > 0 && out[n-1] != '\n' {
				out = out[:n-1]
			}
		case c == '\r':
			if i+1 == len(b) || b[i+1] != '\n' {
				out = append(out, '\n')
			} else {
				out = append(out, c)
			}
		default:
			if n := invisibleAt(b[i:]); n > 0 {
				i += n - 1
				continue
			}
			out = append(out, c)
		}
	}
	return out
}

// sequence returns the length of the escape sequence at the start of b: ECMA-48's control sequences and strings.
func sequence(b []byte) int {
	const most = 256
	if len(b) < 2 {
		return len(b)
	}
	switch b[1] {
	case '[':
		for i := 2; i < len(b) && i < most; i++ {
			if b[i] >= 0x40 && b[i] <= 0x7e {
				return i + 1
			}
		}
		return 2
	case ']', 'P', 'X', '^', '_': // ends with BEL or ESC \
		head := b[2:min(len(b), most)]
		if i := bytes.IndexAny(head, "\a\x1b"); i >= 0 {
			if head[i] == 0x1b && i+1 < len(head) {
				return 2 + i + 2
			}
			return 2 + i + 1
		}
		return 2
	case '(', ')', '#', '%':
		return min(3, len(b))
	}
	return 2
}
