package rules

import (
	"bytes"
	"unicode/utf8"
)

// chunk is how much of a wide window is searched at once, so that an expression which reads far ahead at each match
// reads no further than that.
const chunk = 16 << 10

// widen adds to a rule's window: a match may begin at from up to last. What waited is searched first if it ends before.
func (f *finder) widen(rule, from, last int) {
	st, p := f.at(rule), f.engine.plans[rule]
	from = max(from-utf8.UTFMax, 0)
	if st.waits && from > st.last+p.ahead {
		f.flush(rule)
	}
	if !st.waits {
		st.waits, st.from, st.last = true, from, last
	}
	st.from, st.last = min(st.from, from), max(st.last, last)
}

// flush searches the window that waits.
func (f *finder) flush(rule int) {
	st := &f.states[rule]
	if st.waits && !f.stopped {
		f.search(rule, st.from, st.last)
	}
	st.waits = false
}

// search finds a rule's matches that begin at from up to last.
func (f *finder) search(rule, from, last int) {
	st, p := &f.states[rule], f.engine.plans[rule]
	from = max(from, st.end)
	for from <= last && !st.full && !f.stopped {
		limit := min(from+chunk, last+1)
		start, end := f.first(rule, from, min(len(f.text), limit+p.ahead+utf8.UTFMax))
		if start < 0 || start >= limit {
			from = limit
			continue
		}
		f.judge(rule, start, end)
		from = max(end, start+1) // an empty match is no reason to stay
	}
}

// first returns the first match in text[from:to] as the whole text has it, or -1.
func (f *finder) first(rule, from, to int) (start, end int) {
	p, re := f.engine.plans[rule], f.set.rules[rule].expr
	for from <= to {
		loc := re.compile().FindIndex(f.text[from:to])
		if loc == nil {
			return -1, -1
		}
		start, end = from+loc[0], from+loc[1]
		_, before := utf8.DecodeLastRune(f.text[:from])
		switch {
		case start == from && before > 0:
			// Nothing came before it in this search, and something does: \b or ^ may say something else.
			end = f.follow(p.context, from-before, from, p.ahead+utf8.UTFMax)
		case end == to && to < len(f.text):
			end = f.again(re, start, end)
		}
		if end >= start {
			return start, end
		}
		_, width := utf8.DecodeRune(f.text[start:])
		from = start + max(width, 1)
	}
	return -1, -1
}

// again returns the end of a match that reached the end of what was searched, with more to see; -1: it was none.
func (f *finder) again(re *lazyRegexp, start, end int) int {
	for window := end - start + maxWindow; ; window *= 4 {
		to := min(len(f.text), start+window)
		loc := re.compile().FindIndex(f.text[start:to])
		switch {
		case loc == nil || loc[0] != 0:
			return -1
		case start+loc[1] < to || to == len(f.text) || window >= maxFollow:
			return start + loc[1]
		}
	}
}

// finish searches what waits, and the rules without literals, and gives out what was held.
func (f *finder) finish() {
	for _, rule := range f.engine.unaided {
		switch p := f.engine.plans[rule]; {
		case !f.counts(rule):
		case p.way == runs:
			f.searchRuns(rule)
		default:
			f.at(rule)
			f.search(rule, 0, len(f.text))
		}
	}
	for _, rule := range f.touched {
		f.flush(rule)
	}
	for i := range f.held {
		if h := &f.held[i]; f.counts(h.Rule) && !f.set.rules[h.Rule].generic() {
			f.named = append(f.named, *h)
			f.give(h.Match)
		}
	}
	for i := range f.held {
		if h := &f.held[i]; f.counts(h.Rule) && f.set.rules[h.Rule].generic() && !f.betterNamed(h) {
			f.give(h.Match)
		}
	}
}

// searchRuns finds the runs of a rule's class, a long step at a time, and searches around them.
func (f *finder) searchRuns(rule int) {
	p := f.engine.plans[rule]
	for i := p.run - 1; i < len(f.text); i += p.run {
		if !p.class[f.text[i]] {
			continue
		}
		from, to := i, i+1
		for from > 0 && p.class[f.text[from-1]] {
			from--
		}
		for to < len(f.text) && p.class[f.text[to]] {
			to++
		}
		if to-from >= p.run {
			f.widen(rule, from-p.back, to)
		}
		i = to
	}
}

// judge makes a finding of a rule's match, unless its entropy or an allow list says that it is none.
func (f *finder) judge(rule, start, end int) {
	st, r := &f.states[rule], f.set.rules[rule]
	st.end = end
	match := f.text[start:end]
	trimmed := bytes.Trim(match, "\n")
	offset := start + len(match) - len(bytes.TrimLeft(match, "\n"))
	if len(trimmed) == 0 {
		return
	}
	g := &finding{text: f.text, start: offset, end: offset + len(trimmed), secretFrom: offset, secret: offset + len(trimmed)}
	// The groups are those of the match searched once more on its own, as in Gitleaks.
	if from, to := group(r, trimmed); from >= 0 {
		g.secretFrom, g.secret = offset+from, offset+to
	}
	if r.entropy != 0 && entropy(f.text[g.secretFrom:g.secret]) <= r.entropy {
		return
	}
	if drops(f.set.global, g, f.lines) || drops(r.allow, g, f.lines) {
		return
	}
	if st.count++; st.count >= MaxFindings {
		st.full = true
	}
	h := held{Match{rule, g.secretFrom, g.secret}, start}
	if r.generic() || f.engine.pending[rule] {
		f.held = append(f.held, h)
		return
	}
	f.named = append(f.named, h)
	f.give(h.Match)
}

// group returns where the secret is in a match: -1 if it is all of it.
func group(r *rule, match []byte) (from, to int) {
	at := r.expr.compile().FindSubmatchIndex(match)
	if r.group > 0 && at != nil {
		return max(at[2*r.group], 0), max(at[2*r.group+1], 0) // a group that took no part is an empty secret
	}
	for i := 2; i+1 < len(at); i += 2 {
		if at[i] < at[i+1] {
			return at[i], at[i+1]
		}
	}
	return -1, -1
}

func (f *finder) give(m Match) {
	if !f.stopped && !f.found(m) {
		f.stopped = true
	}
}

// betterNamed reports whether a rule that is not generic found the secret too, on the line where the match begins.
func (f *finder) betterNamed(h *held) bool {
	for i := range f.named {
		n := &f.named[i]
		if bytes.Contains(f.text[n.Start:n.End], f.text[h.Start:h.End]) && f.sameLine(n.matched, h.matched) {
			return true
		}
	}
	return false
}

// sameLine reports whether two positions are on one line. A line feed belongs to the line after it, and lines longer
// than maxFollow are several.
func (f *finder) sameLine(a, b int) bool {
	a, b = min(a, b), max(a, b)
	return b == a || b-a <= maxFollow && bytes.IndexByte(f.text[a+1:b+1], '\n') < 0
}
