package secretscan

import (
	"cmp"
	"slices"
	"strings"

	"github.com/org/cilock-action/pkg/secretscan/internal/rules"
)

// RedactFound replaces what a rule of tier high finds in text, as it stands and undecoded, by [REDACTED:RULE]. Text in which
// nothing is found comes back as it is.
func (s *Scanner) RedactFound(text string) string {
	type span struct {
		start, end int
		rule       string
	}
	var found []span
	s.rules.Find([]byte(text), func(m rules.Match) bool {
		if info := s.rules.Info(m.Rule); info.Tier == rules.High {
			found = append(found, span{m.Start, m.End, info.ID})
		}
		return true
	})
	if len(found) == 0 {
		return text
	}
	slices.SortFunc(found, func(a, b span) int { return cmp.Or(a.start-b.start, b.end-a.end) })
	var b strings.Builder
	end := 0
	for _, f := range found {
		if f.start < end { // inside another
			if f.end > end {
				end = f.end
			}
			continue
		}
		b.WriteString(text[end:f.start])
		b.WriteString("[REDACTED:" + f.rule + "]")
		end = f.end
	}
	b.WriteString(text[end:])
	return b.String()
}
