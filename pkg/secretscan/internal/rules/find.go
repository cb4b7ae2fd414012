package rules

import (
	"regexp/syntax"
	"slices"
	"unicode/utf8"
)

// dense is how many times over the windows of an anchored rule may cover the text before it is searched in another way.
// An expression mostly fails in the first few bytes of its window.
const dense = 64

// MaxFindings is how many secrets one rule finds in one text before it stops.
const MaxFindings = 200

// Match is one finding: the secret is text[Start:End], which may be less than the rule's expression matched.
type Match struct {
	Rule       int // index in [Set.Rules]
	Start, End int // bytes
}

// Find calls found for each match in text, in no order that counts, until found returns false. Findings of a generic
// rule are left out where another rule found the same secret on the same line. Truncated names the rules that stopped
// after [MaxFindings], in ascending order: there may be more.
func (s *Set) Find(text []byte, found func(Match) bool) (truncated []int) {
	e, err := s.engine()
	if err != nil {
		panic("rules: " + err.Error()) // Load has tried it
	}
	space := e.borrow()
	f := &finder{set: s, engine: e, text: text, found: found, states: space.states, sets: &space.sets, lines: map[*allowList]lineAnswer{}}
	f.scan()
	f.finish()
	slices.Sort(f.touched)
	for _, i := range f.touched {
		if f.states[i].full && f.counts(i) {
			truncated = append(truncated, i)
		}
		f.states[i] = state{need: -1}
	}
	e.spaces.Put(space)
	return truncated
}

// finder is one run of Find.
type finder struct {
	set     *Set
	engine  *engine
	text    []byte
	found   func(Match) bool
	states  []state
	sets    *scratch
	held    []held // of generic rules, and of those whose keyword was not seen yet
	named   []held // found by rules that are not generic
	lines   map[*allowList]lineAnswer
	touched []int // rules whose state is not the one to begin with
	stopped bool
}

// state is one rule's progress through the text.
type state struct {
	end      int // of the last match: the next one begins there or later
	last     int // where its last match may begin
	touched  bool
	seen     int  // after the last literal that was looked at
	waits    bool // from and last are a window that waits to be searched
	from     int  // where its first match may begin
	work     int  // bytes of windows so far
	count    int  // findings
	dense    bool // anchored, and found to be cheaper windowed
	keyword  bool // was seen
	full     bool // has found MaxFindings
	need     int  // where one of the plan's needs ends; -1: none was seen
	needFrom int  // how far they were looked for
}

// at returns a rule's state.
func (f *finder) at(rule int) *state {
	st := &f.states[rule]
	if !st.touched {
		st.touched = true
		f.touched = append(f.touched, rule)
	}
	return st
}

// counts reports whether a rule's findings count: a keyword was seen, or need not be.
func (f *finder) counts(rule int) bool { return f.states[rule].keyword || !f.engine.pending[rule] }

// held is a finding with the start of its match.
type held struct {
	Match
	matched int
}

// scan runs the automaton over the text.
func (f *finder) scan() {
	a := f.engine.literals
	table, class, shift, first := a.next, &a.class, a.shift, a.accepting
	at := uint16(0)
	for i, b := range f.text {
		at = table[int(at)<<shift|int(class[b])]
		if at < first {
			continue
		}
		for _, id := range a.output[at-first] {
			for _, rule := range f.engine.keys[id] {
				f.at(rule).keyword = true
			}
			for _, p := range f.engine.places[id] {
				f.look(p.rule, i+1-p.length)
			}
		}
		if f.stopped {
			return
		}
	}
}

// look handles a literal of a rule, at k.
func (f *finder) look(rule, k int) {
	p := f.engine.plans[rule]
	reach := -1
	if p.gate != nil {
		var ok bool
		if reach, ok = p.gate().admits(f.text[k:], f.sets); !ok {
			return
		}
	}
	st := f.at(rule)
	if st.full {
		return
	}
	if p.way == anchored && !st.dense {
		if k >= st.end && k >= st.seen {
			st.seen = k + 1
			f.match(rule, k, reach)
		}
		return
	}
	f.widen(rule, k-p.back, k)
}

// match tries an anchored rule at k. A match has reach bytes at most; -1: that is not known.
func (f *finder) match(rule, k, reach int) {
	st, p := &f.states[rule], f.engine.plans[rule]
	if !boundary(f.text, k, p.boundary) || !f.needed(st, p, k) {
		return
	}
	window := p.ahead + utf8.UTFMax
	if reach >= 0 {
		window = min(window, reach+utf8.UTFMax)
	}
	if st.work += min(window, len(f.text)-k); st.work > f.engine.patience+dense*k {
		st.dense = true
		f.widen(rule, k-p.back, k)
		return
	}
	end := f.follow(p.rest, k, k, window)
	if end < 0 {
		return
	}
	f.judge(rule, f.start(st, p, k), end)
}

// start returns where a match begins whose literal is at k: as far back as its prefixes go.
func (f *finder) start(st *state, p *plan, k int) int {
	for i := len(p.prefixes) - 1; i >= 0; i-- {
		for n := 0; n < p.prefixes[i].max && k > st.end; n++ {
			_, width := utf8.DecodeLastRune(f.text[st.end:k])
			if !p.prefixes[i].class[f.text[k-width]] {
				break
			}
			k -= width
		}
	}
	return k
}

// follow returns the end of the match of an expression that is anchored at from, or -1. Where the match reaches the end
// of its window, which it may do only if it has no greatest length, it looks on.
func (f *finder) follow(re *lazyRegexp, from, start, window int) int {
	for {
		to := min(len(f.text), start+window)
		loc := re.compile().FindIndex(f.text[from:to])
		switch {
		case loc == nil:
			return -1
		case from+loc[1] < to || to == len(f.text) || window >= maxFollow:
			return from + loc[1]
		}
		window *= 4
	}
}

// boundary reports whether an assertion holds between text[:k] and text[k:].
func boundary(text []byte, k int, op syntax.Op) bool {
	if op == syntax.OpEmptyMatch {
		return true
	}
	word := func(i int) bool { return i >= 0 && i < len(text) && syntax.IsWordChar(rune(text[i])) }
	return (word(k-1) != word(k)) == (op == syntax.OpWordBoundary)
}

// needed reports whether one of the plan's needs ends after k, in reach. The answer for one k helps the next.
func (f *finder) needed(st *state, p *plan, k int) bool {
	if p.needs == nil {
		return true
	}
	needs := p.needs()
	if needs == nil {
		return true
	}
	reach := min(len(f.text), k+p.ahead+utf8.UTFMax)
	if st.need <= k && st.needFrom < reach {
		from := max(k, st.needFrom)
		if length := needs.first(f.text[from:reach]); length >= 0 {
			st.need, st.needFrom = from+length, from+length
		} else {
			st.needFrom = max(from, reach-maxNeed) // one may lie across
		}
	}
	return st.need > k && st.need <= reach
}
