package sink

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// cutMark ends a text that was cut.
const cutMark = "… (cut)"

// visible returns s with only characters that show: invalid UTF-8 becomes
// U+FFFD, a line end becomes newline, a tab a space, and control characters (C0,
// DEL, C1) and all that ignorable names are removed. "##[" is split, everywhere.
// It is split in the data of our own commands too: see based. A combining mark
// gets a base character where it would combine with nothing, or with a character
// of "::" and "##[": the runner compares as a culture does, which can skip marks.
func visible(s, newline string) string {
	var b strings.Builder
	b.Grow(len(s))
	s = strings.ReplaceAll(s, "\r\n", "\n")
	for _, r := range s {
		switch {
		case r == '\n', r == '\r', r == '\u2028', r == '\u2029':
			b.WriteString(newline)
		case r == '\t':
			b.WriteByte(' ')
		case unicode.IsControl(r), ignorable(r):
		default:
			if unicode.IsMark(r) && bare(b.String()) {
				b.WriteRune(dottedCircle)
			}
			b.WriteRune(r)
		}
	}
	return strings.ReplaceAll(b.String(), "##[", "## [")
}

// dottedCircle is the base character for a mark that has none (Unicode, 7.9).
const dottedCircle = '\u25CC'

// bare reports whether a mark that follows s must not combine with its end.
func bare(s string) bool {
	r, size := utf8.DecodeLastRuneInString(s)
	return size == 0 || unicode.IsSpace(r) || strings.ContainsRune(":#[", r)
}

// based returns s with a base character, the dotted circle, before a combining
// mark that it begins with. The runner searches for "::" with culture-sensitive
// comparison (IndexOf without StringComparison), where a mark behind the
// separator can hide it: our command would then be none, and the runner would go
// on to look for "##[" in the whole line.
func based(s string) string {
	if r, _ := utf8.DecodeRuneInString(s); unicode.IsMark(r) {
		return string(dottedCircle) + s
	}
	return s
}

// ignorable reports the characters that have no width or that reorder others:
// bidirectional controls (U+202A-202E, U+2066-2069), zero-width and other format
// characters, variation selectors, and fillers. The runner's culture-sensitive
// search skips them, and a reader cannot see them.
func ignorable(r rune) bool {
	if r < utf8.RuneSelf {
		return false
	}
	return unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// lineSafe returns s as one visible line that is not a workflow command.
func lineSafe(s string) string {
	s = visible(s, `\n`)
	body := strings.TrimLeftFunc(s, unicode.IsSpace)
	if strings.HasPrefix(body, "::") {
		return s[:len(s)-len(body)] + ": " + body[1:]
	}
	return s
}

// cut returns s in at most limit UTF-16 units, the unit in which the runner
// counts, whole runes only, with cutMark at the end if something is missing.
// limit must exceed the length of cutMark.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s // UTF-16 never needs more units than UTF-8 needs bytes
	}
	room := limit - len([]rune(cutMark))
	used, keep := 0, 0
	for i, r := range s {
		if used <= room {
			keep = i
		}
		used++
		if r > 0xFFFF {
			used++
		}
		if used > limit {
			return s[:keep] + cutMark
		}
	}
	return s
}
