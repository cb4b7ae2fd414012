package secretscan

import (
	"errors"
	"fmt"
	"regexp/syntax"
	"strings"
	"unicode"

	"github.com/org/cilock-action/pkg/secretscan/internal/rules"
)

// Bounds of what a user's rule says of itself, in bytes.
const (
	maxRuleID   = 100
	maxRuleText = 300
)

// info is what a finding says of its rule. Rules of a user may be anybody's text, and somebody may have written the secret
// itself into them, so that theirs are treated as names of sources are.
func (s *Scanner) info(rule int) rules.Info {
	info := s.rules.Info(rule)
	if !s.ownRules {
		return info
	}
	if known, ok := s.infos.Load(rule); ok {
		return known.(rules.Info)
	}
	info.ID, info.Description = s.ruleText(info.ID, maxRuleID), s.ruleText(info.Description, maxRuleText)
	s.infos.Store(rule, info)
	return info
}

// ruleText makes a user's text fit to be shown: what cannot be seen goes first, since it may stand inside a secret, and
// what is too long last, since half of a secret is not known as one.
func (s *Scanner) ruleText(text string, limit int) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	text = s.shown(text)
	if len(text) <= limit {
		return text
	}
	const mark = "…"
	return strings.ToValidUTF8(text[:limit-len(mark)], "") + mark
}

// rulesError is an error about a user's rules without their text: of TOML that is none it has the place, of an expression
// what is wrong with it.
func rulesError(err error, values *Values) error {
	var toml interface{ Position() (row, column int) }
	if errors.As(err, &toml) {
		row, column := toml.Position()
		return fmt.Errorf("make a scanner: read the rules: it is no TOML of rules in line %d, column %d", row, column)
	}
	text := err.Error()
	if bad := new(syntax.Error); errors.As(err, &bad) {
		text = strings.ReplaceAll(text, ": `"+bad.Expr+"`", "")
	}
	set, err := rules.Load(nil)
	if err != nil {
		return errors.New("make a scanner: read the rules")
	}
	return errors.New("make a scanner: " + (&Scanner{rules: set, values: values}).ruleText(text, maxRuleText))
}
