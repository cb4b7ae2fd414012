package frozen

// What this package needs of package strings. Importing that would pull in the
// tables of package unicode, and put the init of this package behind some
// fifty others of the program: several milliseconds at every step.

// indexByte is the first index of c in s, or -1.
func indexByte(s string, c byte) int {
	for i := range len(s) {
		if s[i] == c {
			return i
		}
	}
	return -1
}

// cutByte splits s at the first c.
func cutByte(s string, c byte) (before, after string, found bool) {
	if i := indexByte(s, c); i >= 0 {
		return s[:i], s[i+1:], true
	}
	return s, "", false
}

// splitByte splits s at every c; the result has at least one element.
func splitByte(s string, c byte) []string {
	var list []string
	for {
		before, after, found := cutByte(s, c)
		list = append(list, before)
		if !found {
			return list
		}
		s = after
	}
}

// cutPrefix takes prefix off s.
func cutPrefix(s, prefix string) (after string, found bool) {
	if len(s) < len(prefix) || s[:len(prefix)] != prefix {
		return s, false
	}
	return s[len(prefix):], true
}

// oneLine replaces line feeds by blanks.
func oneLine(s string) string {
	b := []byte(s)
	for i := range b {
		if b[i] == '\n' {
			b[i] = ' '
		}
	}
	return string(b)
}
