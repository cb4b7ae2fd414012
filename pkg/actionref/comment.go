package actionref

import "strings"

// version returns the version that a comment behind a pin names, or "". The
// forms are those that tools write: v4.2.0, tag=v4.2.0, pin@v4 and
// ratchet:owner/repo@v4. A word that is no version, such as TODO, is none.
func version(comment string) string {
	word, _, _ := strings.Cut(strings.TrimSpace(comment), " ")
	word, _, _ = strings.Cut(word, "\t")
	word = strings.TrimRight(word, ",;:.)")
	word = strings.TrimPrefix(word, "tag=")
	if i := strings.LastIndexByte(word, '@'); i >= 0 {
		word = word[i+1:]
	}
	if !looksLikeVersion(word) {
		return ""
	}
	return word
}

// looksLikeVersion accepts v1, 1.2.3, v6-beta and tool/v1.2.3+x: an optional
// path and v, then a number, and whatever a tag may hold behind it.
func looksLikeVersion(word string) bool {
	last := word[strings.LastIndexByte(word, '/')+1:]
	last = strings.TrimPrefix(strings.TrimPrefix(last, "v"), "V")
	if last == "" || last[0] < '0' || last[0] > '9' || len(word) > 100 {
		return false
	}
	return onlyASCII(word, "-_.+/")
}
