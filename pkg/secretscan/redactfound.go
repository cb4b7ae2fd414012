package secretscan

import (
	"cmp"
	"slices"
	"strings"

	"github.com/org/cilock-action/pkg/secretscan/internal/decode"
	"github.com/org/cilock-action/pkg/secretscan/internal/rules"
)

const (
	// settleRounds is how often RedactFound looks at what it made before it gives a text up. What is left of one may decode
	// to something else than it did before.
	settleRounds = 8
	// unsettled stands for a text that was given up.
	unsettled = "[REDACTED]"
)

// RedactFound replaces in a text what a scan of it would find with tier high: what a rule finds by [REDACTED:RULE], values
// of the step by [REDACTED:NAME], and the masks that a stream has announced so far. A secret that is encoded, in as many
// layers as the scanner undoes, goes together with all of the text that encodes it. Text in which nothing is found comes
// back as it is, and so does what RedactFound returned. Its time and memory are bounded by the length of the text.
func (s *Scanner) RedactFound(text string) string {
	s.mu.Lock()
	masks := s.masks
	s.mu.Unlock()
	for range settleRounds {
		next := s.redactRound(text, masks)
		if next == text || next == unsettled {
			return next
		}
		text = next
	}
	return unsettled
}

// redactRound replaces what stands in a text as it is; only where that is nothing, what is encoded in it: otherwise the
// decoders that leave most of a text as it is would take all of it. A text whose scan panics is replaced whole.
func (s *Scanner) redactRound(text string, masks []string) (out string) {
	defer func() {
		if recover() != nil {
			out = unsettled
		}
	}()
	if text == unsettled {
		return text
	}
	for _, mask := range masks {
		text = strings.ReplaceAll(text, mask, "[REDACTED:add-mask]")
	}
	b := []byte(text)
	found := s.standing(b)
	if len(found) == 0 && s.depth > 0 && mayEncode(b) {
		found = s.encoded(b, masks)
	}
	return replaceSpans(text, found)
}

// A redaction is a part of a text, and the name that takes its place.
type redaction struct {
	span
	name string
}

// standing returns what is in a text as it is: values in all their forms, and what rules of tier high find.
func (s *Scanner) standing(b []byte) (found []redaction) {
	s.values.Find(b, true, func(h Hit) bool {
		found = append(found, redaction{span{h.Start, h.End}, markName(s.values.list[h.Value].Name)})
		return true
	})
	s.rules.Find(b, func(m rules.Match) bool {
		if s.rules.Tier(b, m) == rules.High {
			found = append(found, redaction{span{m.Start, m.End}, s.info(m.Rule).ID})
		}
		return true
	})
	return found
}

// A redactTree looks for a secret in what texts decode to, one text after the other. A budget takes long to make, and gives
// no text twice; so one is used for many texts as long as all that it has seen was looked at to the bottom, and is clean.
type redactTree struct {
	s      *Scanner
	budget *decode.Budget
	texts  int  // that the budget was used for
	spoilt bool // it has seen what must be looked at again
}

const (
	maxTreeTexts = 4096    // of one budget, which remembers them all
	maxTreeText  = 4 << 10 // bytes of a text that shares one
)

// encoded returns the parts of a text that decode to something with a secret in it.
func (s *Scanner) encoded(b []byte, masks []string) (found []redaction) {
	if len(b) > maxTreeText {
		t := &redactTree{s: s, budget: redactBudget(len(b))}
		return t.find(b, masks)
	}
	t, _ := s.trees.Get().(*redactTree)
	if t == nil {
		t = &redactTree{s: s, budget: redactBudget(maxTreeText)}
	}
	used := t.texts > 0
	found = t.find(b, masks)
	if t.spoilt && used { // not by this text alone, maybe
		t = &redactTree{s: s, budget: redactBudget(maxTreeText)}
		found = t.find(b, masks)
	}
	if t.texts++; !t.spoilt && t.texts < maxTreeTexts {
		s.trees.Put(t)
	}
	return found
}

// redactBudget is for a text of n bytes. A bomb in each of a hundred thousand names shall not take a minute, and what a
// secret is packed in is hardly larger than it.
func redactBudget(n int) *decode.Budget {
	return decode.NewBudget(decode.Limits{Nodes: 200, Bytes: 256 << 10, Child: 16<<10 + 2*n, Ratio: 100, Members: 16, Work: 1 << 20})
}

func (t *redactTree) find(b []byte, masks []string) (found []redaction) {
	t.s.decode(b, t.budget, func(c decode.Child) {
		if name := t.secretIn(c.Data, 1, masks); name != "" && c.Start < c.End {
			found = append(found, redaction{span{c.Start, min(c.End, len(b))}, name})
		}
	})
	t.spoilt = t.spoilt || len(found) > 0 || len(t.budget.Gaps()) > 0
	return found
}

// secretIn names a secret in a decoded text, or in what is encoded in that.
func (t *redactTree) secretIn(b []byte, depth int, masks []string) (name string) {
	s := t.s
	s.values.Find(b, false, func(h Hit) bool {
		name = markName(s.values.list[h.Value].Name)
		return false
	})
	if name == "" && slices.ContainsFunc(masks, func(mask string) bool { return strings.Contains(string(b), mask) }) {
		name = "add-mask"
	}
	if name == "" {
		s.rules.Find(b, func(m rules.Match) bool {
			if s.rules.Tier(b, m) == rules.High {
				name = s.info(m.Rule).ID
			}
			return name == ""
		})
	}
	if name != "" || depth >= s.depth {
		t.spoilt = true // its children were not looked at
		return name
	}
	s.decode(b, t.budget, func(c decode.Child) {
		if name == "" {
			name = t.secretIn(c.Data, depth+1, masks)
		}
	})
	return name
}

// replaceSpans puts marks in the place of parts of a text. Of parts that overlap the first one's mark stands for all.
func replaceSpans(text string, found []redaction) string {
	if len(found) == 0 {
		return text
	}
	slices.SortFunc(found, func(a, b redaction) int {
		return cmp.Or(a.start-b.start, b.end-a.end, cmp.Compare(a.name, b.name))
	})
	var out strings.Builder
	end := 0
	for i, f := range found {
		if i > 0 && f.start < end { // overlaps another
			end = max(end, f.end)
			continue
		}
		out.WriteString(text[end:f.start])
		out.WriteString("[REDACTED:" + f.name + "]")
		end = f.end
	}
	out.WriteString(text[end:])
	return out.String()
}
