package rules

import (
	"regexp/syntax"
	"slices"
	"unicode/utf8"
)

// unbounded is the length of what has no longest match. Sums saturate there.
const unbounded = 1 << 30

// lengths returns the length in bytes of re's shortest and longest match.
func lengths(re *syntax.Regexp) (shortest, longest int) {
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			shortest += utf8.RuneLen(r)
		}
		return shortest, shortest
	case syntax.OpCharClass:
		return 1, classWidth(re.Rune)
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return 1, utf8.UTFMax
	case syntax.OpCapture:
		return lengths(re.Sub[0])
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			a, b := lengths(sub)
			shortest, longest = add(shortest, a), add(longest, b)
		}
		return shortest, longest
	case syntax.OpAlternate:
		shortest = unbounded
		for _, sub := range re.Sub {
			a, b := lengths(sub)
			shortest, longest = min(shortest, a), max(longest, b)
		}
		return shortest, longest
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
		a, b := lengths(re.Sub[0])
		low, high := counts(re)
		return times(a, low), times(b, high)
	}
	return 0, 0 // assertions, and what never matches
}

// counts returns how often a repetition repeats.
func counts(re *syntax.Regexp) (low, high int) {
	switch re.Op {
	case syntax.OpStar:
		return 0, unbounded
	case syntax.OpPlus:
		return 1, unbounded
	case syntax.OpQuest:
		return 0, 1
	}
	if re.Max < 0 {
		return re.Min, unbounded
	}
	return re.Min, re.Max
}

func add(a, b int) int { return min(a+b, unbounded) }

func times(a, n int) int {
	if a == 0 || n == 0 {
		return 0
	}
	if a >= unbounded/n {
		return unbounded
	}
	return a * n
}

// classWidth returns the longest encoding of a rune in a class. Every class of ASCII letters that ignores case has the
// Kelvin sign and the long s too: those do not count, or each window would be three times as long as needed.
func classWidth(ranges []rune) int {
	width := 1
	for i := 0; i < len(ranges); i += 2 {
		if low, high := ranges[i], ranges[i+1]; low != high || low != '\u212a' && low != '\u017f' {
			width = max(width, utf8.RuneLen(min(high, utf8.MaxRune)))
		}
	}
	return width
}

// byteSet is a set of bytes.
type byteSet [256]bool

// bytes adds the bytes of everything that re may match. For runes outside ASCII these are all bytes from 0x80.
func (set *byteSet) add(re *syntax.Regexp) {
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			set.addRange(r, r)
			for f := r; re.Flags&syntax.FoldCase != 0; {
				if f = fold(f); f == r {
					break
				}
				set.addRange(f, f)
			}
		}
	case syntax.OpCharClass:
		for i := 0; i < len(re.Rune); i += 2 {
			set.addRange(re.Rune[i], re.Rune[i+1])
		}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		set.addRange(0, utf8.MaxRune)
	}
	for _, sub := range re.Sub {
		set.add(sub)
	}
}

func (set *byteSet) addRange(low, high rune) {
	for r := low; r <= min(high, 0x7f); r++ {
		set[r] = true
	}
	if high >= 0x80 && !(low == high && (low == '\u212a' || low == '\u017f')) {
		for b := 0x80; b < 0x100; b++ {
			set[b] = true
		}
	}
}

// fold maps an ASCII letter to its other case, and every other rune to itself.
func fold(r rune) rune {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z':
		return r ^ 0x20
	}
	return r
}

func lower(r rune) rune {
	if 'A' <= r && r <= 'Z' {
		return r | 0x20
	}
	return r
}

// flatten returns the parts of a concatenation, through capture groups.
func flatten(re *syntax.Regexp) []*syntax.Regexp {
	switch re.Op {
	case syntax.OpCapture:
		return flatten(re.Sub[0])
	case syntax.OpConcat:
		var parts []*syntax.Regexp
		for _, sub := range re.Sub {
			parts = append(parts, flatten(sub)...)
		}
		return parts
	case syntax.OpEmptyMatch:
		return nil
	}
	return []*syntax.Regexp{re}
}

// Bounds on sets of literals: more of them select less.
const (
	maxLiterals   = 64
	maxClass      = 8 // runes of a class, in lower case
	maxLiteralLen = 12
)

// beginnings returns literals in lower case, with one of which each match of the parts begins (the case is whatever the
// parts say). Complete says that they are all of the match. An empty literal says that nothing is known.
func beginnings(parts []*syntax.Regexp) (literals []string, complete bool) {
	literals = []string{""}
	for _, part := range parts {
		more, whole := beginning(part)
		if len(more)*len(literals) > maxLiterals {
			return literals, false
		}
		var product []string
		for _, a := range literals {
			for _, b := range more {
				product = append(product, a+b)
			}
		}
		slices.Sort(product)
		literals = slices.Compact(product)
		if !whole {
			return literals, false
		}
	}
	return literals, true
}

func beginning(re *syntax.Regexp) (literals []string, complete bool) {
	unknown := []string{""}
	switch re.Op {
	case syntax.OpLiteral:
		var text []byte
		for _, r := range re.Rune {
			if r >= 0x80 {
				return []string{string(text)}, false
			}
			text = append(text, byte(lower(r)))
		}
		return []string{string(text)}, true
	case syntax.OpCharClass:
		return classLiterals(re.Rune)
	case syntax.OpCapture, syntax.OpConcat:
		return beginnings(flatten(re))
	case syntax.OpAlternate:
		complete = true
		for _, sub := range re.Sub {
			more, whole := beginning(sub)
			literals, complete = append(literals, more...), complete && whole
		}
		slices.Sort(literals)
		return slices.Compact(literals), complete
	case syntax.OpPlus, syntax.OpRepeat:
		if low, high := counts(re); low > 0 {
			literals, complete = beginning(re.Sub[0])
			return literals, complete && high == 1
		}
	case syntax.OpBeginLine, syntax.OpBeginText, syntax.OpWordBoundary, syntax.OpNoWordBoundary, syntax.OpEmptyMatch:
		return unknown, true
	}
	return unknown, false
}

// classLiterals returns the members of a small class, in lower case.
func classLiterals(ranges []rune) (literals []string, complete bool) {
	for i := 0; i < len(ranges); i += 2 {
		for r := ranges[i]; r <= ranges[i+1]; r++ {
			if r == '\u212a' || r == '\u017f' {
				continue
			}
			if r >= 0x80 || len(literals) > 2*maxClass {
				return []string{""}, false
			}
			literals = append(literals, string(lower(r)))
		}
	}
	slices.Sort(literals)
	if literals = slices.Compact(literals); len(literals) > maxClass || len(literals) == 0 {
		return []string{""}, false
	}
	return literals, true
}

// shortestOf returns the length of the shortest string; 0 if there is none.
func shortestOf(literals []string) int {
	if len(literals) == 0 {
		return 0
	}
	return len(slices.MinFunc(literals, func(a, b string) int { return len(a) - len(b) }))
}

// containing returns literals in lower case, one of which is in every match of re, and how many bytes at most come
// before it ([unbounded] if there is no limit). It takes the set whose shortest literal is longest, of those that come
// within limit. None: nil.
func containing(re *syntax.Regexp, limit int) (literals []string, before int) {
	if re.Op == syntax.OpAlternate {
		for _, sub := range re.Sub {
			more, back := containing(sub, limit)
			if more == nil {
				return nil, 0
			}
			literals, before = append(literals, more...), max(before, back)
		}
		return literals, before
	}
	parts, offset := flatten(re), 0
	for i, part := range parts {
		better := func(more []string, back int) {
			if shortestOf(more) > shortestOf(literals) && len(more) <= maxLiterals && back <= limit {
				literals, before = more, back
			}
		}
		more, _ := beginnings(parts[i:])
		better(more, offset)
		switch part.Op {
		case syntax.OpAlternate:
			more, back := containing(part, limit)
			better(more, add(offset, back))
		case syntax.OpPlus, syntax.OpRepeat:
			if low, _ := counts(part); low > 0 {
				more, back := containing(part.Sub[0], limit)
				better(more, add(offset, back))
			}
		}
		_, longest := lengths(part)
		offset = add(offset, longest)
	}
	return literals, before
}

// following returns literals one of which comes after the beginning of every match of re; nil if none is known.
func following(parts []*syntax.Regexp) []string {
	if len(parts) == 1 && parts[0].Op == syntax.OpAlternate {
		var literals []string
		for _, sub := range parts[0].Sub {
			more := following(flatten(sub))
			if more == nil {
				return nil
			}
			literals = append(literals, more...)
		}
		slices.Sort(literals)
		return slices.Compact(literals)
	}
	if len(parts) < 2 {
		return nil
	}
	literals, _ := containing(&syntax.Regexp{Op: syntax.OpConcat, Sub: parts[1:]}, unbounded)
	if first := following(parts[:1]); shortestOf(first) > shortestOf(literals) {
		return first
	}
	return literals
}

// longRun returns a class of bytes and a length: every match of re has a run of that many bytes of the class, no more
// than before bytes from its start. A length of 0 says that none is known.
func longRun(re *syntax.Regexp) (class byteSet, length, before int) {
	if re.Op == syntax.OpAlternate {
		length = unbounded
		for _, sub := range re.Sub {
			more, n, back := longRun(sub)
			for b := range more {
				class[b] = class[b] || more[b]
			}
			length, before = min(length, n), max(before, back)
		}
		return class, length, before
	}
	offset := 0
	for _, part := range flatten(re) {
		var more byteSet
		n, back := 0, 0
		switch part.Op {
		case syntax.OpPlus, syntax.OpRepeat:
			n, _ = counts(part)
			if more.add(part.Sub[0]); more[0xff] || more['\n'] {
				n = 0 // a class that selects nothing
			}
		case syntax.OpAlternate:
			more, n, back = longRun(part)
		}
		if n > length && offset < unbounded {
			class, length, before = more, n, offset+back
		}
		_, longest := lengths(part)
		offset = add(offset, longest)
	}
	return class, length, before
}
