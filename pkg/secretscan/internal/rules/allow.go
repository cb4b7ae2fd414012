package rules

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// lineContext is how many bytes of a line an allow list sees on each side of a match, at least.
const lineContext = 4 << 10

// allowSpec is an allow list as it stands in a file. Gitleaks has two types for it, without a name each.
type allowSpec struct {
	condition, target                  string
	commits, paths, regexes, stopWords []string
}

// allowList says which secrets are none.
type allowList struct {
	all    bool // every kind of check has to agree, not any
	target string
	regex  *lazyRegexp // of all expressions; nil: none
	stops  *stopList   // nil: none
	path   *lazyRegexp // of all paths; nil: none
	commit bool        // it names commits, and a text is in none
}

func (f *file) newAllowList(spec allowSpec) (*allowList, error) {
	if len(spec.commits)+len(spec.paths)+len(spec.regexes)+len(spec.stopWords) == 0 {
		return nil, errors.New("it has no commits, paths, regexes or stopwords")
	}
	l := &allowList{commit: len(spec.commits) > 0}
	switch strings.ToUpper(spec.condition) {
	case "AND", "&&":
		l.all = true
	case "", "OR", "||":
	default:
		return nil, fmt.Errorf("condition is %q, and may be AND or OR", spec.condition)
	}
	switch spec.target {
	case "match", "line":
		l.target = spec.target
	case "", "secret":
	default:
		return nil, fmt.Errorf("regexTarget is %q, and may be secret, match or line", spec.target)
	}
	if f.trusted {
		spec.paths = slices.DeleteFunc(slices.Clone(spec.paths), aboutFormat)
	}
	var err error
	if l.regex, err = f.anyOf(spec.regexes); err != nil {
		return nil, fmt.Errorf("regexes: %w", err)
	}
	if l.path, err = f.anyOf(spec.paths); err != nil {
		return nil, fmt.Errorf("paths: %w", err)
	}
	l.stops, err = stopWords(spec.stopWords)
	return l, err
}

// anyOf joins expressions as Gitleaks does: a flag that one of them sets holds in those after it too.
func (f *file) anyOf(exprs []string) (*lazyRegexp, error) {
	if len(exprs) == 0 {
		return nil, nil
	}
	for _, e := range exprs {
		if _, err := f.expression(e); err != nil {
			return nil, err
		}
	}
	return f.expression("(?:" + strings.Join(exprs, "|") + ")")
}

// stopList finds stop words. For the first few secrets it looks for one word after the other, since an automaton of
// Gitleaks' 1400 takes as long to make as that does for some 50 secrets.
type stopList struct {
	words     [][]byte
	asked     atomic.Int32
	automaton func() (*automaton, error)
}

const fewSecrets = 16

// stopWords returns what finds a stop word; nil if there are none.
func stopWords(words []string) (*stopList, error) {
	total := 0
	var kept []string
	list := &stopList{}
	for _, w := range words {
		if w != "" {
			w = strings.ToLower(w)
			kept, total = append(kept, w), total+len(w)
			list.words = append(list.words, []byte(w))
		}
	}
	if total >= maxStates {
		return nil, fmt.Errorf("stopwords: %d bytes, and the limit is %d", total, maxStates)
	}
	if len(kept) == 0 {
		return nil, nil
	}
	list.automaton = sync.OnceValues(func() (*automaton, error) { return newAutomaton(kept) })
	return list, nil
}

// in reports whether a stop word is in text, which is in lower case.
func (l *stopList) in(text []byte) bool {
	if l.asked.Load() < fewSecrets {
		l.asked.Add(1)
		return slices.ContainsFunc(l.words, func(word []byte) bool { return bytes.Contains(text, word) })
	}
	words, err := l.automaton()
	return err == nil && words.contains(text) // no error: stopWords has counted
}

// finding is one match of a rule's expression, as allow lists see it.
type finding struct {
	text               []byte
	start, end         int // the match
	secretFrom, secret int // the secret's start and end
}

// stopped reports whether one of the list's stop words is in the secret.
func (l *allowList) stopped(g *finding) bool {
	if l.stops == nil {
		return false
	}
	return l.stops.in(bytes.ToLower(g.text[g.secretFrom:g.secret]))
}

// matches reports whether one of the list's expressions matches what it is about.
func (l *allowList) matches(g *finding, lines map[*allowList]lineAnswer) bool {
	if l.regex == nil {
		return false
	}
	target := g.text[g.secretFrom:g.secret]
	switch l.target {
	case "match":
		target = g.text[g.start:g.end]
	case "line":
		from, to := g.line()
		if known, ok := lines[l]; ok && known.from == from && known.to == to {
			return known.matches
		}
		matches := to > from && l.regex.compile().Match(g.text[from:to])
		lines[l] = lineAnswer{from, to, matches}
		return matches
	}
	return len(target) > 0 && l.regex.compile().Match(target)
}

// lineAnswer is what a list said about a line. A line with many findings is asked about once.
type lineAnswer struct {
	from, to int
	matches  bool
}

// drops reports whether the lists say that a finding is none. What costs least is asked first.
func drops(lists []*allowList, g *finding, lines map[*allowList]lineAnswer) bool {
	any := func(l *allowList) bool { return !l.all }
	for _, l := range lists {
		if any(l) && l.stopped(g) {
			return true
		}
	}
	for _, l := range lists {
		switch {
		case any(l):
			if l.matches(g, lines) {
				return true
			}
		case l.commit || l.path != nil: // a text has neither, and all have to agree
		case (l.stops == nil || l.stopped(g)) && (l.regex == nil || l.matches(g, lines)):
			return true
		}
	}
	return false
}

// line returns where the lines are that the match is on, with the line feed before them as Gitleaks has it. Of a long
// line it is the part around the match, cut at multiples of lineContext so that neighbours have the same.
func (g *finding) line() (from, to int) {
	from = max(0, g.start/lineContext-1) * lineContext
	to = min(len(g.text), (g.end/lineContext+2)*lineContext)
	at := g.start
	if at < len(g.text) && g.text[at] == '\n' {
		at++ // a match that begins with a line feed is on the line after it
	}
	if i := bytes.LastIndexByte(g.text[from:at], '\n'); i >= 0 {
		from += i
	}
	if i := bytes.IndexByte(g.text[g.end:to], '\n'); i >= 0 {
		to = g.end + i
	}
	return from, to
}

// aboutFormat reports a path of Gitleaks' own that names formats of files, as .exe, .bin, .pdf and .png. Gitleaks leaves
// them out because it reads text. Here they are read, and a token in a program that a build made is as much of one.
func aboutFormat(path string) bool { return strings.HasPrefix(path, `(?i)\.(?:`) }

// LowersTier reports whether a path says that what a rule finds there is less likely a secret: Gitleaks would not have
// looked, because the rule is for other paths or because an allow list names this one, though not for its format. It never
// means that the file need not be scanned. Path is slash-separated, and its first 4096 bytes count.
func (s *Set) LowersTier(rule int, path string) bool {
	path = path[:min(len(path), 4096)]
	r := s.rules[rule]
	if r.path != nil && !r.path.compile().MatchString(path) {
		return true
	}
	names := func(l *allowList) bool {
		// A list whose kinds of checks must all agree counts here if paths are its only kind.
		if l.path == nil || l.all && (l.commit || l.regex != nil || l.stops != nil) {
			return false
		}
		return path != "" && l.path.compile().MatchString(path)
	}
	return slices.ContainsFunc(s.global, names) || slices.ContainsFunc(r.allow, names)
}
