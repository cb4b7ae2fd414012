package sink

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
)

// Document encodes v as JSON for a stream that the runner and a terminal read. Invalid
// UTF-8 becomes U+FFFD, as encoding/json does. What a terminal obeys or a
// reader cannot see is escaped, and so is "##[", which the runner reads as a
// command anywhere in a line; JSON readers undo both.
func Document(v any) (string, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return "", err
	}
	text := strings.ReplaceAll(b.String(), "##[", `##\u005b`)
	if strings.IndexFunc(text, unseen) < 0 {
		return text, nil
	}
	var out strings.Builder
	for _, r := range text {
		if !unseen(r) {
			out.WriteRune(r)
			continue
		}
		escape(&out, r)
	}
	return out.String(), nil
}

// unseen reports control and format characters that encoding/json leaves as
// they are. They can only be inside strings there.
func unseen(r rune) bool {
	return r >= 0x7f && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector))
}

// escape writes a character as JSON does, in units of UTF-16 (RFC 8259, 7).
func escape(b *strings.Builder, r rune) {
	if r < 0x10000 {
		fmt.Fprintf(b, `\u%04x`, r)
		return
	}
	r -= 0x10000
	fmt.Fprintf(b, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
}
