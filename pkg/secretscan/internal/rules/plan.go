package rules

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// How far a rule looks ahead whose matches have no greatest length.
const (
	maxWindow  = 4 << 10
	maxLines   = 16 << 10 // where a part without end may cross lines
	maxFollow  = 64 << 10 // where a match reached the end of its window
	maxBack    = 512      // before a literal
	minRun     = 12       // of a run that is looked for in place of literals
	minLiteral = 2
	minNeed    = 3
	maxNeed    = 256 // bytes: longer than any literal that is needed ahead
)

// way is how the places of a rule's matches are found.
type way int

const (
	none     way = iota // about paths alone
	anchored            // the expression, less what may precede its literal, holds exactly at the literal
	windowed            // the expression is searched around a literal
	runs                // the expression is searched around long runs of one class, in texts with a keyword
	whole               // the expression is searched everywhere, in texts with a keyword
)

// plan is how a rule is matched, derived from its expression.
type plan struct {
	way      way
	literals []string          // lower case
	implied  bool              // each literal holds a keyword
	back     int               // bytes, at most, from the start of a match to its literal or run
	ahead    int               // bytes of the longest match, or as far as is looked
	open     bool              // there is no longest match
	gate     func() *gate      // of anchored; it and needs are made when a literal is first seen: most rules never see theirs
	needs    func() *automaton // of literals one of which comes after the start; nil, or returning nil: none are known
	prefixes []prefix          // what may precede the literal of anchored: the leftmost, longest run of these
	boundary syntax.Op         // the assertion at the literal of anchored; OpEmptyMatch: none
	rest     *lazyRegexp       // the expression from the literal on, where the text begins
	context  *lazyRegexp       // the expression after one rune, where the text begins
	class    byteSet           // of runs
	run      int
}

// prefix is a repetition that a match may begin with: up to max runes of a class.
type prefix struct {
	class byteSet
	max   int
}

func newPlan(r *rule) (*plan, error) {
	if r.expr == nil {
		return &plan{}, nil
	}
	re, err := syntax.Parse(r.expr.text, syntax.Perl)
	if err != nil {
		return nil, err // cannot be: it was parsed before
	}
	p := &plan{context: newLazyRegexp(`\A(?s:.)(?:` + r.expr.text + `)`), boundary: syntax.OpEmptyMatch}
	p.measure(re)
	if p.anchor(flatten(re)) || p.window(re) {
		p.implied = !slices.ContainsFunc(p.literals, func(l string) bool {
			return !slices.ContainsFunc(r.keywords, func(k string) bool { return strings.Contains(l, k) })
		}) || len(r.keywords) == 0
		for i, l := range p.literals {
			p.literals[i] = l[:min(len(l), maxLiteralLen)]
		}
		slices.Sort(p.literals)
		p.literals = slices.Compact(p.literals)
		return p, nil
	}
	if p.class, p.run, p.back = longRun(re); p.run >= minRun && p.back <= maxBack {
		p.way = runs
		return p, nil
	}
	p.way, p.back = whole, 0
	return p, nil
}

// measure sets the lengths.
func (p *plan) measure(re *syntax.Regexp) {
	_, p.ahead = lengths(re)
	limit := maxWindow
	if crossesLines(re) {
		limit = maxLines
	}
	if p.ahead > limit {
		p.ahead, p.open = limit, true
	}
}

// crossesLines reports whether a repetition without end may match a line feed.
func crossesLines(re *syntax.Regexp) bool {
	if len(re.Sub) == 1 {
		if _, high := counts(re); high == unbounded {
			var class byteSet
			if class.add(re.Sub[0]); class['\n'] {
				return true
			}
		}
	}
	return slices.ContainsFunc(re.Sub, crossesLines)
}

// anchor plans for an expression that is a literal (one of some) and what follows, after nothing more than prefixes
// and one assertion.
func (p *plan) anchor(parts []*syntax.Regexp) (planned bool) {
	i, before := 0, 0
	for ; i < len(parts); i++ {
		part := parts[i]
		if part.Op == syntax.OpWordBoundary || part.Op == syntax.OpNoWordBoundary {
			p.boundary = part.Op // a second one says the same or contradicts: leave that to windows
			if i > 0 && parts[i-1].Op != part.Op {
				return false
			}
			continue
		}
		if part.Op != syntax.OpRepeat || part.Min > 0 || part.Max < 0 || part.Flags&syntax.NonGreedy == 0 || part.Sub[0].Op != syntax.OpCharClass {
			break
		}
		if p.boundary != syntax.OpEmptyMatch {
			return false
		}
		var class byteSet
		class.add(part.Sub[0])
		p.prefixes = append(p.prefixes, prefix{class, part.Max})
		before += part.Max * classWidth(part.Sub[0].Rune)
	}
	parts = parts[i:]
	if op, rest := withoutBoundary(parts); op != syntax.OpEmptyMatch && p.boundary == syntax.OpEmptyMatch {
		p.boundary, parts = op, rest
	}
	literals, _ := beginnings(parts)
	if beginsWithAssertion(parts) || shortestOf(literals) < minLiteral || before > maxBack || nested(literals) ||
		p.boundary != syntax.OpEmptyMatch && slices.ContainsFunc(literals, func(l string) bool { return l[0] >= utf8.RuneSelf }) {
		p.prefixes, p.boundary = nil, syntax.OpEmptyMatch
		return false
	}
	rest := &syntax.Regexp{Op: syntax.OpConcat, Flags: syntax.Perl, Sub: parts}
	p.rest = &lazyRegexp{compile: sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`\A(?:` + rest.String() + `)`) // writing it out takes as long as all other planning
	})}
	p.way, p.literals, p.back = anchored, literals, before
	p.gate = sync.OnceValue(func() *gate { return newGate(parts) })
	if p.open {
		p.needs = sync.OnceValue(func() *automaton { return needsOf(parts) })
	}
	return true
}

func needsOf(parts []*syntax.Regexp) *automaton {
	needs := following(parts)
	if shortestOf(needs) < minNeed {
		return nil
	}
	a, err := newAutomaton(needs)
	if err != nil {
		return nil // too many: then the expression has to say
	}
	return a
}

// withoutBoundary takes one word boundary off the start of each branch of an alternation that the parts begin with. It
// returns [syntax.OpEmptyMatch] if not all of them have the same one.
func withoutBoundary(parts []*syntax.Regexp) (boundary syntax.Op, rest []*syntax.Regexp) {
	if len(parts) == 0 || parts[0].Op != syntax.OpAlternate {
		return syntax.OpEmptyMatch, nil
	}
	alternation := *parts[0]
	alternation.Sub = nil
	for _, sub := range parts[0].Sub {
		branch := flatten(sub)
		if len(branch) == 0 || branch[0].Op != syntax.OpWordBoundary && branch[0].Op != syntax.OpNoWordBoundary ||
			boundary != 0 && branch[0].Op != boundary {
			return syntax.OpEmptyMatch, nil
		}
		boundary = branch[0].Op
		alternation.Sub = append(alternation.Sub, &syntax.Regexp{Op: syntax.OpConcat, Sub: branch[1:]})
	}
	return boundary, append([]*syntax.Regexp{&alternation}, parts[1:]...)
}

// beginsWithAssertion reports whether what the parts say first may be an assertion, which an expression anchored there
// would judge without what stands before.
func beginsWithAssertion(parts []*syntax.Regexp) bool {
	if len(parts) == 0 {
		return false
	}
	switch first := parts[0]; first.Op {
	case syntax.OpBeginLine, syntax.OpBeginText, syntax.OpEndLine, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return true
	case syntax.OpLiteral, syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return false
	default:
		if shortest, _ := lengths(first); shortest == 0 && beginsWithAssertion(parts[1:]) {
			return true
		}
		return slices.ContainsFunc(first.Sub, func(sub *syntax.Regexp) bool { return beginsWithAssertion(flatten(sub)) })
	}
}

// nested reports whether a literal occurs inside another, past its start and before its end. The automaton would then
// report them in an order that is not the one of their starts.
func nested(literals []string) bool {
	for _, a := range literals {
		for _, b := range literals {
			a, b := a[:min(len(a), maxLiteralLen)], b[:min(len(b), maxLiteralLen)]
			if len(a) > 2 && strings.Contains(a[1:len(a)-1], b) {
				return true
			}
		}
	}
	return false
}

// window plans for an expression all of whose matches have a literal near their start.
func (p *plan) window(re *syntax.Regexp) bool {
	literals, before := containing(re, maxBack)
	if shortestOf(literals) < minLiteral {
		return false
	}
	p.way, p.literals, p.back = windowed, literals, before
	return true
}
