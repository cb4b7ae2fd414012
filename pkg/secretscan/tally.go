package secretscan

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"slices"
)

// A tally adds up what is found in one source, window by window.
type tally struct {
	byDigest map[string]*entry
	findings []*Finding // in the order in which they were found
}

type entry struct {
	*Finding
	rank int
}

// A mark is the furthest occurrence of a group so far.
type mark struct {
	node  int // -1: of a window before
	local int // its end there
	end   int64
}

func newTally() tally {
	return tally{byDigest: map[string]*entry{}}
}

// add counts the occurrences of a window, the first place first. Two of a group that overlap are one: the same text found
// in two windows, or read by two decoders.
func (t *tally) add(st *strand, list []occurrence) {
	slices.SortStableFunc(list, func(a, b occurrence) int {
		return cmp.Or(a.span.start-b.span.start, len(a.path)-len(b.path), a.node-b.node, a.local.start-b.local.start, a.local.end-b.local.end)
	})
	for group, m := range st.last {
		if m.end <= st.base {
			delete(st.last, group)
			continue
		}
		m.node = -1
		st.last[group] = m
	}
	for _, o := range list {
		start, end := st.base+int64(o.span.start), st.base+int64(o.span.end)
		m, seen := st.last[o.group]
		again := seen && start < m.end
		if seen && m.node == o.node {
			again = o.local.start < m.local
		}
		if !again {
			m.node, m.local = o.node, o.local.end
		} else if m.node == o.node {
			m.local = max(m.local, o.local.end)
		}
		m.end = max(end, m.end)
		st.last[o.group] = m
		t.count(st, o, again)
	}
}

// count adds one occurrence. One that was counted before may still tell of a surer rule.
func (t *tally) count(st *strand, o occurrence, again bool) {
	known := t.byDigest[string(o.digest[:])]
	switch {
	case known != nil && o.rank > known.rank:
		known.rank, known.RuleID, known.Description, known.Tier = o.rank, o.rule, o.description, o.tier
	case known != nil && o.tier == TierHigh:
		known.Tier = TierHigh
	}
	switch {
	case again || st.packed && known != nil: // what is packed may show in both ways
	case known != nil:
		known.Count++
	case len(t.findings) >= maxSourceFindings:
		st.src.gap(fmt.Sprintf("findings beyond the first %d", maxSourceFindings))
	default:
		line, offset := st.where(o.span.start)
		f := &Finding{
			RuleID: o.rule, Description: o.description, Tier: o.tier, Digest: hex.EncodeToString(o.digest[:]), Length: o.length,
			EncodingPath: append([]string{}, o.path...), Source: st.src.shown, Member: st.src.s.member(o.member),
			Line: line, Offset: offset, Count: 1, LocationApproximate: o.approx,
		}
		t.findings = append(t.findings, f)
		t.byDigest[string(o.digest[:])] = &entry{f, o.rank}
	}
}

// maxMember bounds the name of an archive's member in a finding, in bytes.
const maxMember = 4096

func (s *Scanner) member(name string) string {
	if name == "" {
		return ""
	}
	return s.shown(name[:min(len(name), maxMember)])
}
