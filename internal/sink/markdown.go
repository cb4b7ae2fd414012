package sink

import (
	"fmt"
	"strings"
)

// EscapeMarkdown returns untrusted text that GitHub shows as it is, on one line,
// in a paragraph, a list item, a table cell or HTML. Punctuation that can mean
// something becomes a numeric character reference, which CommonMark never reads
// as structure (section 6.2) and HTML reads alike. Line ends are shown as \n;
// control, bidirectional and zero-width characters are removed.
//
// GitHub still links an @name in plain text; in Code it does not.
func EscapeMarkdown(text string) string {
	text = strings.TrimSpace(visible(text, `\n`))
	var b strings.Builder
	b.Grow(len(text) + len(text)/4)
	for i, r := range text {
		if structural(r) || i == 0 && strings.ContainsRune("-+=", r) {
			fmt.Fprintf(&b, "&#%d;", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// structural reports ASCII punctuation with a meaning inside a line. The full
// stop and the colon are among them for ordered lists and for bare links.
func structural(r rune) bool {
	return strings.ContainsRune("\\`*_{}[]<>()#!|~&\"':@$.", r)
}

// Code returns untrusted text as inline code, safe where EscapeMarkdown is. It is
// HTML, since a code span of backticks would split a table at a pipe.
func Code(text string) string {
	return "<code>" + EscapeMarkdown(text) + "</code>"
}
