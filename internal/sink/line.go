package sink

import (
	"strings"
	"unicode"
)

// Shorten returns at most max bytes of s, and a mark if that is not all. It
// cuts at white space, and drops everything if there is none: half of a
// secret is not recognised by the redaction that comes later.
func Shorten(s string, max int) string {
	if len(s) <= max {
		return s
	}
	cut := strings.LastIndexFunc(s[:max], unicode.IsSpace)
	return strings.TrimSpace(s[:cut+1]) + " [shortened]"
}

// OneLine makes a foreign program's message fit into an error of ours: no
// control characters, valid UTF-8, at most max bytes.
func OneLine(s string, max int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	words := strings.FieldsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	})
	return Shorten(strings.Join(words, " "), max)
}
