package secretscan

import (
	"cmp"
	"slices"
	"strings"

	"github.com/org/cilock-action/pkg/secretscan/internal/rules"
)

// RedactFound replaces what a rule of tier high finds in text, as it stands and undecoded, by [REDACTED:RULE], and the masks
// that a stream has announced so far. Text in which nothing is found comes back as it is.
func (s *Scanner) RedactFound(text string) string {
	s.mu.Lock()
	masks := s.masks
	s.mu.Unlock()
	for _, mask := range masks {
		text = strings.ReplaceAll(text, mask, "[REDACTED:add-mask]")
	}
	type span struct {
		start, end int
		rule       string
	}
	var found []span
	b := []byte(text)
	s.rules.Find(b, func(m rules.Match) bool {
		if s.rules.Tier(b, m) == rules.High {
			found = append(found, span{m.Start, m.End, s.rules.Info(m.Rule).ID})
		}
		return true
	})
	if len(found) == 0 {
		return text
	}
	slices.SortFunc(found, func(a, b span) int { return cmp.Or(a.start-b.start, b.end-a.end) })
	var out strings.Builder
	end := 0
	for _, f := range found {
		if f.start < end { // inside another
			if f.end > end {
				end = f.end
			}
			continue
		}
		out.WriteString(text[end:f.start])
		out.WriteString("[REDACTED:" + f.rule + "]")
		end = f.end
	}
	out.WriteString(text[end:])
	return out.String()
}
