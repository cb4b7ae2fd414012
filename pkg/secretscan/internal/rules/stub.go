// Package rules is a stub of what another branch builds: three rules, so that the scanner compiles and its tests run.
package rules

import (
	"errors"
	"regexp"
	"strings"
)

// Tier says how sure a rule is.
type Tier int

// The tiers.
const (
	Low Tier = iota
	High
)

// Match is a secret in a text, in bytes.
type Match struct{ Rule, Start, End int }

// Info describes a rule.
type Info struct {
	ID, Description string
	Tier            Tier
}

type rule struct {
	Info
	re  *regexp.Regexp
	max int
}

// Set is a set of rules.
type Set struct{ list []rule }

// Load returns the rules.
func Load(user []byte) (*Set, error) {
	if strings.Contains(string(user), "broken") {
		return nil, errors.New("parse rules: broken")
	}
	return &Set{[]rule{
		{Info{"github-pat", "A GitHub personal access token.", High}, regexp.MustCompile(`(ghp_[0-9a-zA-Z]{36})(?:[^0-9a-zA-Z]|$)`), 200},
		{Info{"generic-api-key", "A generic key.", Low}, regexp.MustCompile(`(?i)(?:key|token|secret)["']?\s*[:=]\s*["']?([\w.=-]{16,150})`), 200},
		{Info{"private-key", "A private key.", High}, regexp.MustCompile(`(?s)(-----BEGIN[ A-Z]* PRIVATE KEY-----.{64,900}?-----END[ A-Z]* PRIVATE KEY-----)`), 200},
	}}, nil
}

// Find calls found for each match.
func (s *Set) Find(text []byte, found func(Match) bool) (truncated []int) {
	for i, r := range s.list {
		n := 0
		for from := 0; ; {
			m := r.re.FindSubmatchIndex(text[from:])
			if m == nil {
				break
			}
			if n++; n > r.max {
				truncated = append(truncated, i)
				break
			}
			if !found(Match{i, from + m[2], from + m[3]}) {
				return truncated
			}
			from += m[3]
		}
	}
	return truncated
}

// Info describes one rule.
func (s *Set) Info(rule int) Info { return s.list[rule].Info }

// LowersTier says whether a path makes a rule's findings low.
func (s *Set) LowersTier(rule int, path string) bool {
	return rule == 1 && strings.HasSuffix(path, "go.sum")
}
