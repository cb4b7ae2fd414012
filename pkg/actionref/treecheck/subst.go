package treecheck

import (
	"bytes"
	"strconv"
	"strings"
	"time"
)

// pattern is what export-subst may make of a content: literal parts with any
// text between them. One part alone is no pattern but the one result.
type pattern [][]byte

// parseSubst finds every "$Format:…$" of a content. What known can compute
// becomes literal text.
func parseSubst(content []byte, known func(format string) (string, bool)) pattern {
	parts := pattern{nil}
	for {
		before, after, found := bytes.Cut(content, []byte("$Format:"))
		format, rest, closed := bytes.Cut(after, []byte("$"))
		last := len(parts) - 1
		if !found || !closed {
			parts[last] = append(parts[last], content...)
			return parts
		}
		parts[last] = append(parts[last], before...)
		if value, ok := known(string(format)); ok {
			parts[last] = append(parts[last], value...)
		} else {
			parts = append(parts, nil)
		}
		content = rest
	}
}

// exact reports whether everything was computed.
func (p pattern) exact() bool { return len(p) == 1 }

// match reports whether the text is the parts in their order with anything
// between them. Taking the first place where a part fits is enough: it leaves
// the most for the others. The time is linear in the text and the parts,
// whatever they hold.
func (p pattern) match(text []byte) bool {
	first, last := p[0], p[len(p)-1]
	if p.exact() {
		return bytes.Equal(first, text)
	}
	text, ok := bytes.CutPrefix(text, first)
	if !ok {
		return false
	}
	if text, ok = bytes.CutSuffix(text, last); !ok {
		return false
	}
	for _, part := range p[1 : len(p)-1] {
		end := firstEnd(text, part)
		if end < 0 {
			return false
		}
		text = text[end:]
	}
	return true
}

// firstEnd returns where the first occurrence of part in text ends, or -1. It
// is the search of Knuth, Morris and Pratt, whose time has no bad case.
func firstEnd(text, part []byte) int {
	if len(part) == 0 {
		return 0
	}
	if len(part) > len(text) {
		return -1
	}
	// border[i] is the length of the longest proper prefix of part that part[:i+1] ends in.
	border := make([]int, len(part))
	for i, n := 1, 0; i < len(part); i++ {
		n = extend(part, border, n, part[i])
		border[i] = n
	}
	n := 0
	for i, c := range text {
		if n = extend(part, border, n, c); n == len(part) {
			return i + 1
		}
	}
	return -1
}

// extend returns how much of part fits after one more byte, n having fitted.
func extend(part []byte, border []int, n int, c byte) int {
	for n > 0 && part[n] != c {
		n = border[n-1]
	}
	if part[n] == c {
		n++
	}
	return n
}

// expand computes a format of export-subst for the commit, if everything in it
// depends on the commit alone (git-log, "PRETTY FORMATS"). %h and %d do not:
// they depend on what else was in the repository.
func (h header) expand(sha, format string) (string, bool) {
	values := map[string]string{
		"%": "%", "n": "\n", "H": sha, "T": h.tree, "P": strings.Join(h.parents, " "),
	}
	for letter, date := range map[string]time.Time{"a": h.author, "c": h.committer} {
		if !date.IsZero() {
			values[letter+"t"] = strconv.FormatInt(date.Unix(), 10)
			values[letter+"i"] = date.Format("2006-01-02 15:04:05 -0700")
		}
	}
	var out strings.Builder
	for {
		before, after, found := strings.Cut(format, "%")
		out.WriteString(before)
		if !found {
			return out.String(), true
		}
		n := 1
		if strings.HasPrefix(after, "a") || strings.HasPrefix(after, "c") {
			n = 2
		}
		if len(after) < n {
			return "", false
		}
		value, ok := values[after[:n]]
		if !ok {
			return "", false
		}
		out.WriteString(value)
		format = after[n:]
	}
}
