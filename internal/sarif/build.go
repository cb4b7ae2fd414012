package sarif

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// Builder makes a run of results and their rules. The zero value is ready.
type Builder struct {
	Run
	index  map[string]int
	prints map[string]int
}

// AddRule lists a rule, once, whether it has results or not.
func (b *Builder) AddRule(rule Rule) (index int) {
	i, known := b.index[rule.ID]
	if !known {
		if b.index == nil {
			b.index = map[string]int{}
		}
		i = len(b.index)
		b.index[rule.ID] = i
		b.Tool.Driver.Rules = append(b.Tool.Driver.Rules, rule)
	}
	return i
}

// Add adds a result of a rule. A rule has the worst level of its results.
func (b *Builder) Add(rule Rule, r Result) {
	r.RuleID, r.RuleIndex = rule.ID, b.AddRule(rule)
	if listed := &b.Tool.Driver.Rules[r.RuleIndex]; rank(r.Level) < rank(listed.Default.Level) {
		listed.Default.Level = r.Level
		if listed.Properties != nil {
			listed.Properties = Security(r.Level)
		}
	}
	b.Results = append(b.Results, r)
}

// Document is the log of the run: see the function of that name. Lists that must
// be there are there.
func (b *Builder) Document() (string, error) {
	run := b.Run
	if run.Results == nil {
		run.Results = []Result{}
	}
	if run.Tool.Driver.Rules == nil {
		run.Tool.Driver.Rules = []Rule{}
	}
	return Document(run)
}

// Print is a fingerprint that stays while a result moves: it is made of what the
// result is about, and of the how-manieth of these it is.
func (b *Builder) Print(parts ...string) string {
	if b.prints == nil {
		b.prints = map[string]int{}
	}
	key := strings.Join(parts, "\x00")
	b.prints[key]++
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d", key, b.prints[key]))
	return hex.EncodeToString(sum[:])
}

// Security marks a rule as one about security. Code scanning calls a severity
// from 7.0 high and one from 4.0 medium, and shows the level of other rules alone.
func Security(level string) *RuleProperties {
	severity := "5.0"
	switch level {
	case Error:
		severity = "8.0"
	case Note:
		severity = "2.0"
	}
	return &RuleProperties{severity, []string{"security"}}
}
