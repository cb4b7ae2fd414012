package actionref

import "strings"

// version returns where in a comment the version is that a pin stands for;
// from equals to if there is none. The forms are those that tools write:
// v4.2.0, tag=v4.2.0, pin@v4 and ratchet:owner/repo@v4. A word that is no
// version, such as TODO, is none.
func version(comment string) (from, to int) {
	from = len(comment) - len(strings.TrimLeft(comment, " \t"))
	to = len(comment)
	if i := strings.IndexAny(comment[from:], " \t"); i >= 0 {
		to = from + i
	}
	word := strings.TrimRight(comment[from:to], ",;:.)")
	to = from + len(word)
	if rest, ok := strings.CutPrefix(word, "tag="); ok {
		word = rest
	}
	if i := strings.LastIndexByte(word, '@'); i >= 0 {
		word = word[i+1:]
	}
	from = to - len(word)
	if !looksLikeVersion(word) {
		return 0, 0
	}
	return from, to
}

// looksLikeVersion accepts v1, 1.2.3, v6-beta and tool/v1.2.3+x: an optional
// path and v, then a number, and whatever a tag may hold behind it.
func looksLikeVersion(word string) bool {
	last := word[strings.LastIndexByte(word, '/')+1:]
	last = strings.TrimPrefix(strings.TrimPrefix(last, "v"), "V")
	if last == "" || last[0] < '0' || last[0] > '9' || len(word) > 100 {
		return false
	}
	return onlyASCII(word, "-_.+/") && !strings.HasSuffix(word, ".") // a dot ends a sentence
}
