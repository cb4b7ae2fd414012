package sink

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Reveal returns s with its control characters (C0, DEL, C1) and all that
// ignorable names spelled out as ⟦U+202E⟧, and invalid UTF-8 as U+FFFD: for a
// reader who must see what is there, where a log only has to be harmless. Line
// feeds and tabs stay.
func Reveal(s string) string {
	first := strings.IndexFunc(s, hidden)
	if first < 0 && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	for _, r := range s { // an invalid byte comes as U+FFFD
		if hidden(r) {
			fmt.Fprintf(&b, "⟦U+%04X⟧", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// hidden reports what nobody sees, or what moves what stands around it.
func hidden(r rune) bool {
	switch r {
	case '\n', '\t':
		return false
	case '\u2028', '\u2029':
		return true
	}
	return unicode.IsControl(r) || ignorable(r)
}
