package secretscan

import (
	"bytes"
	"strings"
)

const (
	markURL    = iota // credentials of a URL
	markArg           // the value of a flag or word with a secret-looking name
	firstNamed        // marks of variables follow
)

const maxMarkName = 64 // bytes of a name that are shown

// marks are the replacement texts. They are chosen so that no needle can occur in one, or partly in one and partly in
// what is before or behind it.
type marks struct {
	text []string
	set  map[string]bool
}

// Brackets to choose from, in order. No needle holds a NUL, so that one always fits. None is a letter, digit, "+", "-"
// or ".", which could make a URL of what follows.
var brackets = []string{"[]", "<>", "{}", "()", "||", "**", "^^", "~~", "!!", "\x00\x00"}

func newMarks(names []string, x *index) marks {
	for _, b := range brackets {
		if m, ok := marksWith(b[:1], b[1:], names, x); ok {
			return m
		}
	}
	panic("secretscan: a needle holds a NUL byte") // collect splits values at them
}

func marksWith(open, end string, names []string, x *index) (marks, bool) {
	m := marks{set: map[string]bool{}}
	for _, name := range append([]string{"url", "arg"}, names...) {
		text := open + "REDACTED:" + markName(name) + end
		if x.contained(text) {
			text = open + "REDACTED" + end
		}
		if x.contained(text) {
			text = open + "***" + end // shorter than any needle
		}
		m.text = append(m.text, text)
		m.set[text] = true
	}
	for _, n := range x.needles {
		if m.seam(n.text, open, end) {
			return marks{}, false
		}
	}
	return m, true
}

// seam reports whether needle n could occur with a part of it in a mark and the rest around it: its end is the beginning
// of a mark, its beginning the end of one, or it has a whole one inside.
func (m *marks) seam(n []byte, open, end string) bool {
	if i := bytes.LastIndex(n, []byte(open)); i >= 0 {
		if m.any(func(mark string) bool { return strings.HasPrefix(mark, string(n[i:])) }) {
			return true
		}
		if bytes.Contains(n, []byte(open+"REDACTED")) || bytes.Contains(n, []byte(open+"***"+end)) {
			return true
		}
	}
	i := bytes.Index(n, []byte(end))
	return i >= 0 && m.any(func(mark string) bool { return strings.HasSuffix(mark, string(n[:i+1])) })
}

func (m *marks) any(f func(mark string) bool) bool {
	for mark := range m.set {
		if f(mark) {
			return true
		}
	}
	return false
}

// known reports whether b is exactly one of the marks.
func (m *marks) known(b []byte) bool { return m.set[string(b)] }

// contained reports whether any needle occurs in s.
func (x *index) contained(s string) bool { return x.next([]byte(s), 0, true).end != 0 }

// markName makes a name fit to be shown.
func markName(name string) string {
	name = name[:min(len(name), maxMarkName)]
	return strings.Map(func(r rune) rune {
		if r < 0x80 && alnum(r) || r == '_' {
			return r
		}
		return '_'
	}, name)
}
