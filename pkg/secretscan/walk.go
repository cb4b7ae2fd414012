package secretscan

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/org/cilock-action/pkg/secretscan/internal/decode"
	"github.com/org/cilock-action/pkg/secretscan/internal/rules"
)

// maxOccurrences bounds what is kept of one window until it is added up.
const maxOccurrences = 20_000

// A node is a text of the tree: the window, or what a decoder made of a part of another node.
type node struct {
	text   []byte
	path   []string // of decoders
	span   span     // of the window, that it comes from
	member string   // of an archive, that it is in
	approx bool
	id     int // 0 is the window
}

// An occurrence is a secret at one place.
type occurrence struct {
	rule, description string
	tier              string
	digest            [sha256.Size]byte
	length            int
	group             string // of occurrences that are one and the same if their places overlap
	node              int
	local, span       span // in the node, in the window
	path              []string
	member            string
	approx            bool
	rank              int // which rule is to be named for a secret that several find
}

// A walk scans one window.
type walk struct {
	src    *source
	strand *strand
	budget *decode.Budget
	dull   bool // the window is noise, but for values
	nodes  int
	masks  []span
	size   int  // of the window
	last   bool // nothing follows it
	next   int  // where the next one begins
	here   node // whose parts are decoded
	found  []occurrence
	full   bool
}

// visit scans a node, and the nodes that it decodes to. A panic in it is a gap; its other parts are looked at all the same.
func (w *walk) visit(n node) {
	n.id = w.nodes
	w.nodes++
	certain := w.guarded(n, "values", func() []occurrence { return w.valuesIn(n) })
	if w.dull {
		w.keep(certain)
		return
	}
	matches := w.guarded(n, "rules", func() []occurrence { return w.rulesIn(n, certain) })
	w.keep(certain)
	plain := map[[sha256.Size]byte]bool{}
	for _, o := range slices.Concat(certain, matches) {
		plain[o.digest] = true
	}
	var parts []decoded
	if len(n.path)-w.strand.plain < w.src.s.depth {
		w.guarded(n, "decoders", func() []occurrence {
			w.here = n
			w.src.s.decode(n.text, w.budget, func(c decode.Child) {
				before := len(w.found)
				w.visit(n.child(c))
				w.here = n
				if c.Decoder == "unwrapped" { // it may add a word too much, or nothing
					w.found = append(w.found[:before], unlessPlain(w.found[before:], plain)...)
				} else if found := w.found[before:]; len(found) > 0 {
					parts = append(parts, decoded{span{c.Start, c.End}, found})
				}
			})
			return nil
		})
	}
	w.keep(unlessDecoded(matches, parts))
}

// cut notes a stream that goes on behind the window, and begins before the next one: what it holds from there on nobody sees.
func (w *walk) cut(decoder string, start int) {
	const near = 256 // bytes of the window that a decoder may leave: what is no whole group, a line end
	at, end := w.here.span.start, w.here.span.end
	if w.here.id == 0 {
		at += start
	}
	if !w.last && at < w.next && end+near >= w.size {
		w.src.gap(decoder + ": too long to be read within other text")
	}
}

// guarded runs part of the work on a node.
func (w *walk) guarded(n node, what string, f func() []occurrence) (found []occurrence) {
	defer func() {
		if recover() != nil { // its text could hold anything
			w.src.gap(strings.Join(append([]string{"panic of the " + what}, n.path...), " in "))
		}
	}()
	return f()
}

func (w *walk) keep(list []occurrence) {
	for _, o := range list {
		if slices.ContainsFunc(w.masks, func(m span) bool { return m.start <= o.span.start && o.span.end <= m.end }) {
			continue
		}
		if len(w.found) >= maxOccurrences {
			if !w.full {
				w.src.gap(fmt.Sprintf("secrets beyond %d in one window", maxOccurrences))
			}
			w.full = true
			return
		}
		w.found = append(w.found, o)
	}
}

// child makes a node of what a decoder made of a part of n. Where that is, is known exactly of the window's own parts.
func (n node) child(c decode.Child) node {
	out := node{text: c.Data, path: append(slices.Clone(n.path), c.Decoder), span: n.span, member: n.member, approx: n.approx || c.Approximate}
	if n.id == 0 {
		out.span = span{c.Start, c.End}
	}
	if c.Name != "" {
		out.member = c.Name
	}
	return out
}

// at makes an occurrence of a part of n.
func (w *walk) at(n node, start, end int) occurrence {
	o := occurrence{node: n.id, local: span{start, end}, span: n.span, path: n.path, member: n.member, approx: n.approx}
	if n.id == 0 {
		o.span = o.local
	}
	return o
}

// valuesIn returns the step's own values in a node.
func (w *walk) valuesIn(n node) (out []occurrence) {
	for _, v := range []*Values{w.src.s.values, w.src.masked} {
		v.Find(n.text, n.id == 0 && w.strand.layers() == 0, func(h Hit) bool {
			value := v.list[h.Value]
			o := w.at(n, h.Start, h.End)
			o.rule, o.description, o.tier, o.rank = RuleValue, "The value of "+markName(value.Name)+".", TierHigh, 2
			o.digest, o.length, o.group = w.src.s.digest([]byte(value.Text)), len(value.Text), "value "+value.Name
			if h.Form != "" {
				o.path = append(slices.Clone(n.path), strings.Split(h.Form, ",")...)
			}
			out = append(out, o)
			return len(out) <= maxOccurrences
		})
	}
	return out
}

// rulesIn returns what rules find in a node, without what is part of a value, or of what a surer rule found.
func (w *walk) rulesIn(n node, certain []occurrence) []occurrence {
	var high, low []occurrence
	path := w.src.path
	if n.member != "" {
		path = n.member
	}
	truncated := w.src.s.rules.Find(n.text, func(m rules.Match) bool {
		if m.End == len(n.text) && n.span.end == w.size && !w.last {
			return true // it may go on in the next window, and is whole there
		}
		if w.src.s.rules.Integrity(n.text, m) {
			return true // the digest of something public
		}
		info := w.src.s.info(m.Rule)
		o := w.at(n, m.Start, m.End)
		secret := n.text[m.Start:m.End]
		o.rule, o.description, o.tier = info.ID, info.Description, TierLow
		o.digest, o.length = w.src.s.digest(secret), len(secret)
		o.group = string(o.digest[:])
		if w.src.s.rules.Tier(n.text, m) == rules.High && !w.src.s.rules.LowersTier(m.Rule, path) && !examplePath(path) {
			o.tier, o.rank = TierHigh, 1
			high = append(high, o)
		} else {
			low = append(low, o)
		}
		return len(high)+len(low) <= maxOccurrences
	})
	for _, rule := range truncated {
		w.src.gap("rule " + w.src.s.info(rule).ID + ": too many matches, the rest was not looked at")
	}
	high = outside(high, certain, 80)
	return append(high, outside(outside(low, certain, 1), high, 100)...)
}

// outside returns the occurrences that do not lie to so many percent or more in one of others.
func outside(list, others []occurrence, percent int) []occurrence {
	spans := make([]span, 0, len(others))
	for _, o := range others {
		spans = append(spans, o.local)
	}
	slices.SortFunc(spans, func(a, b span) int { return a.start - b.start })
	return slices.DeleteFunc(list, func(o occurrence) bool {
		// Those of one node hardly overlap one another, so the ones around are near.
		i, _ := slices.BinarySearchFunc(spans, o.local.end, func(s span, at int) int { return s.start - at })
		for k := i - 1; k >= max(0, i-nearby); k-- {
			common := min(spans[k].end, o.local.end) - max(spans[k].start, o.local.start)
			if common > 0 && common*100 >= percent*(o.local.end-o.local.start) {
				return true
			}
		}
		return false
	})
}

// nearby is how many of a node's occurrences before the end of another one are compared with it.
const nearby = 64

// decoded is a part of a node, and what was found in what it decodes to.
type decoded struct {
	span
	found []occurrence
}

// unlessDecoded leaves out matches of encoded text that, decoded, is found by the same rule or is a value, and mild ones if
// anything is found: it is the same secret, and the decoded one says more. What is repeated is decoded once, so repeats are
// told by their digests.
func unlessDecoded(list []occurrence, parts []decoded) []occurrence {
	same := map[[sha256.Size]byte]bool{}
	for _, o := range list {
		size := o.local.end - o.local.start
		for _, p := range parts {
			if o.local.start >= p.end || p.start >= o.local.end || p.end-p.start > 2*size+16 {
				continue
			}
			if o.tier == TierLow || slices.ContainsFunc(p.found, func(f occurrence) bool { return f.rule == o.rule || f.rule == RuleValue }) {
				same[o.digest] = true
			}
		}
	}
	return slices.DeleteFunc(list, func(o occurrence) bool { return same[o.digest] })
}

// unlessPlain leaves out what was found without decoding too, as its place is known then, and what is mild: two lines of
// a program that are one look random soon.
func unlessPlain(list []occurrence, plain map[[sha256.Size]byte]bool) []occurrence {
	return slices.DeleteFunc(list, func(o occurrence) bool { return o.tier == TierLow || plain[o.digest] })
}

// shown makes a source's name fit to be shown: secrets in it are replaced, and all of it should a rule panic.
func (s *Scanner) shown(path string) (name string) {
	defer func() {
		if recover() != nil {
			name = "[REDACTED]"
		}
	}()
	text := []byte(path)
	var spans []span
	s.values.Find(text, true, func(h Hit) bool { spans = append(spans, span{h.Start, h.End}); return true })
	s.rules.Find(text, func(m rules.Match) bool { spans = append(spans, span{m.Start, m.End}); return true })
	slices.SortFunc(spans, func(a, b span) int { return a.start - b.start })
	var out bytes.Buffer
	at := 0
	for _, sp := range spans {
		if sp.start >= at {
			out.Write(text[at:sp.start])
			out.WriteString("[REDACTED]")
		}
		at = max(at, sp.end)
	}
	out.Write(text[at:])
	return out.String()
}
