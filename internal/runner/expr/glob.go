package expr

import (
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"unicode"
)

// pattern is one line of what hashFiles is given, as @actions/glob reads it: **
// as a whole segment, *, ?, sets in brackets, and \ before a character that
// means itself (not on Windows, where it separates segments). A pattern also
// matches whatever is below what it matches. Names with a leading point are
// like others; braces mean nothing.
type pattern struct {
	negate   bool
	dirOnly  bool // a slash is at its end
	below    bool // it is the pattern for what is below another's matches
	segments []segment
	literal  []string // the names before the first segment that is no name
}

// segment is a name, or a glob of names.
type segment struct {
	globstar bool
	elements []element
}

// element matches one character of a name, or with star any number of them.
type element struct {
	char   rune
	star   bool
	any    bool
	ranges [][2]rune // a set, if not nil
	not    bool      // the set is of what does not match
}

// parsePattern reads a line that is neither empty nor a comment. Paths are
// relative to workspace, and those with ~ to home; both have slashes.
func parsePattern(line, workspace, home string) (pattern, error) {
	var p pattern
	text := line
	for strings.HasPrefix(text, "!") {
		p.negate = !p.negate
		text = strings.TrimFunc(text[1:], unicode.IsSpace)
	}
	if text == "" {
		return p, fmt.Errorf("the pattern %q is empty", line)
	}
	if runtime.GOOS == "windows" {
		text = filepath.ToSlash(text)
	}
	p.dirOnly = strings.HasSuffix(text, "/")
	parts := strings.FieldsFunc(text, func(r rune) bool { return r == '/' })
	for i, part := range parts {
		if name, ok := plain(part); ok && (name == ".." || name == "." && i > 0) {
			return p, fmt.Errorf("the pattern %q has . or .. in it", line)
		}
	}
	base := workspace
	switch {
	case filepath.IsAbs(text):
		base = ""
	case strings.HasPrefix(text, "/"): // on Windows
		base = filepath.VolumeName(workspace)
	case parts[0] == ".":
		parts = parts[1:]
	case parts[0] == "~":
		if home == "" {
			return p, fmt.Errorf("the pattern %q needs a home directory, and there is none", line)
		}
		base, parts = home, parts[1:]
	}
	named := true
	for _, name := range split(base) {
		p.segments, p.literal = append(p.segments, exactly(name)), append(p.literal, name)
	}
	for _, part := range parts {
		name, ok := plain(part)
		if named = named && ok; named {
			p.literal = append(p.literal, name)
		}
		p.segments = append(p.segments, segment{part == "**", compile(part)})
	}
	return p, nil
}

// descendants is the pattern for what is below p's matches.
func (p pattern) descendants() pattern {
	p.segments = append(slices.Clone(p.segments), segment{globstar: true})
	p.below, p.dirOnly = true, false
	return p
}

// endsInGlobstar: such a pattern matches what is below by itself.
func (p pattern) endsInGlobstar() bool {
	return len(p.segments) > 0 && p.segments[len(p.segments)-1].globstar
}

// match reports whether p matches a path, or with partial whether it may match
// something below it. ** stands for any number of names; at the end of a
// pattern that was written so also for none, so a/** matches a.
func (p pattern) match(path []string, partial bool) bool {
	at, star, taken := 0, -1, 0 // star: the last ** so far, and how much of path lies before what it takes
	for i := 0; ; {
		switch {
		case at < len(p.segments) && p.segments[at].globstar:
			if partial {
				return true
			}
			if at == len(p.segments)-1 {
				return i < len(path) || !p.below
			}
			star, taken = at, i
			at++
			continue
		case i == len(path):
			if partial || at == len(p.segments) {
				return true
			}
			return false // what is missing, more for ** would not bring
		case at < len(p.segments) && p.segments[at].matches(path[i]):
			at++
			i++
			continue
		case star < 0:
			return false
		}
		taken++
		at, i = star+1, taken
	}
}

// matches reports whether a glob matches a whole name.
func (s segment) matches(name string) bool {
	if runtime.GOOS == "windows" {
		name = strings.ToLower(name)
	}
	runes := []rune(name)
	at, star, taken := 0, -1, 0
	for i := 0; i < len(runes) || at < len(s.elements); {
		switch {
		case at < len(s.elements) && s.elements[at].star:
			star, taken = at, i
			at++
		case at < len(s.elements) && i < len(runes) && s.elements[at].matches(runes[i]):
			at++
			i++
		case star < 0 || taken >= len(runes):
			return false
		default:
			taken++
			at, i = star+1, taken
		}
	}
	return true
}

func (e element) matches(r rune) bool {
	if e.any || e.ranges == nil {
		return e.any || r == e.char
	}
	in := slices.ContainsFunc(e.ranges, func(c [2]rune) bool { return c[0] <= r && r <= c[1] })
	return in != e.not
}

// exactly is the segment that matches one name alone.
func exactly(name string) segment {
	if runtime.GOOS == "windows" {
		name = strings.ToLower(name)
	}
	var s segment
	for _, r := range name {
		s.elements = append(s.elements, element{char: r})
	}
	return s
}

// compile reads the glob of a segment. A bracket without an end is a character.
func compile(glob string) []element {
	if runtime.GOOS == "windows" {
		glob = strings.ToLower(glob)
	}
	var elements []element
	runes := []rune(glob)
	for i := 0; i < len(runes); i++ {
		e := element{char: runes[i]}
		switch runes[i] {
		case '*':
			e.star = true
		case '?':
			e.any = true
		case '\\':
			if i+1 < len(runes) {
				i++
				e.char = runes[i]
			}
		case '[':
			if set, size := readSet(runes[i:]); size > 0 {
				e = set
				i += size - 1
			}
		}
		elements = append(elements, e)
	}
	return elements
}

// readSet reads [a-z], [!a-z] or [^a-z]; its size is 0 if it has no end. A
// bracket at the start of the set belongs to it. A range that runs backwards is
// empty.
func readSet(runes []rune) (e element, size int) {
	e.ranges = [][2]rune{}
	i := 1
	if i < len(runes) && (runes[i] == '!' || runes[i] == '^') {
		e.not = true
		i++
	}
	one := func() rune {
		if runes[i] == '\\' && i+1 < len(runes) {
			i++
		}
		i++
		return runes[i-1]
	}
	for first := i; i < len(runes); {
		if runes[i] == ']' && i > first {
			return e, i + 1
		}
		from := one()
		to := from
		if i+1 < len(runes) && runes[i] == '-' && runes[i+1] != ']' {
			i++
			to = one()
		}
		if from <= to {
			e.ranges = append(e.ranges, [2]rune{from, to})
		}
	}
	return e, 0
}

// plain returns the only name that a glob can match; none if it has a wildcard
// or a set of more than one character. It is @actions/glob's reading, for which
// a set ends at the first bracket, also at one that compile takes into the set;
// such a pattern is looked for where nothing is.
func plain(glob string) (string, bool) {
	var name, set []rune
	runes := []rune(glob)
	for i := 0; i < len(runes); i++ {
		switch c := runes[i]; c {
		case '*', '?':
			return "", false
		case '\\':
			if i+1 < len(runes) {
				i++
			}
		case '[':
			end := i + 1
			for set = nil; end < len(runes) && runes[end] != ']'; end++ {
				if runes[end] == '\\' && end+1 < len(runes) {
					end++
				}
				set = append(set, runes[end])
			}
			switch {
			case end == len(runes) || len(set) == 0: // a bracket that is one
			case len(set) > 1:
				return "", false
			default:
				name, i = append(name, set...), end
				continue
			}
		}
		name = append(name, runes[i])
	}
	return string(name), true
}

// sameName compares names as the runner does: without case on Windows.
func sameName(a, b string) bool {
	return a == b || runtime.GOOS == "windows" && strings.EqualFold(a, b)
}

// split returns the names of an absolute path with slashes; on Windows the
// first is the drive.
func split(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
}
