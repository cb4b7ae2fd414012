package secretscan

import (
	"github.com/org/cilock-action/pkg/secretscan/internal/rules"
)

// TextScanner finds secrets in single texts with Gitleaks' default rules, as they stand: nothing is decoded. It is safe
// for concurrent use.
type TextScanner struct{ set *rules.Set }

// RuleMatch is a secret, text[Start:End], and the Gitleaks rule that found it.
type RuleMatch struct {
	RuleID     string
	Start, End int  // bytes
	High       bool // the secret says what it is: a fixed prefix, a PEM block, a JWT
}

// NewTextScanner reads the rules.
func NewTextScanner() (*TextScanner, error) {
	set, err := rules.Load(nil)
	if err != nil {
		return nil, err
	}
	return &TextScanner{set}, nil
}

// ScanText returns what the rules find in one text, in no order that counts. Truncated names the rules that stopped at
// their limit of findings in one text: there may be more.
func (s *TextScanner) ScanText(text []byte) (found []RuleMatch, truncated []string) {
	full := s.set.Find(text, func(m rules.Match) bool {
		found = append(found, RuleMatch{s.set.Info(m.Rule).ID, m.Start, m.End, s.set.Tier(text, m) == rules.High})
		return true
	})
	for _, rule := range full {
		truncated = append(truncated, s.set.Info(rule).ID)
	}
	return found, truncated
}
