package secretscan

import (
	"github.com/org/cilock-action/pkg/secretscan/internal/decode"
	"github.com/org/cilock-action/pkg/secretscan/internal/rules"
)

// A ruleEngine finds what looks like a secret: a [rules.Set].
type ruleEngine interface {
	Find(text []byte, found func(rules.Match) bool) (truncated []int)
	Info(rule int) rules.Info
	Tier(text []byte, m rules.Match) rules.Tier
	Integrity(text []byte, m rules.Match) bool
	LowersTier(rule int, path string) bool
}

// A decoder yields what is encoded in a text: [decode.Children].
type decoder func(text []byte, b *decode.Budget, each func(decode.Child))

// Limits bound the decoding of one window of a source; 0 is a default. They grow with the window, so that only what
// becomes much more than it was meets them. Ratio and Members hold for archives that are read as streams too, where the
// defaults are other ones: see bounds.
type Limits struct {
	Nodes   int // texts that others are decoded to
	Bytes   int // of all of them together
	Child   int // bytes of one
	Ratio   int // bytes that one byte of a compressed text may become
	Members int // of one archive
	Work    int // bytes that decoders read or write
}

// laterShare is the part of the usual limits that a window after a source's first has: a source of many windows shall not
// have the allowance of many sources.
const laterShare = 8

// budget makes the budget of a window.
func (l Limits) budget(first bool) *decode.Budget {
	d := decode.DefaultLimits()
	for _, f := range []struct {
		own    *int
		normal int
		shared bool
	}{
		{&l.Nodes, d.Nodes, true},
		{&l.Bytes, d.Bytes, true},
		{&l.Child, d.Child, false},
		{&l.Ratio, d.Ratio, false},
		{&l.Members, d.Members, false},
		{&l.Work, d.Work, true},
	} {
		if *f.own <= 0 {
			*f.own = f.normal
		}
		if f.shared && !first {
			*f.own = max(1, *f.own/laterShare)
		}
	}
	return decode.NewBudget(decode.Limits(l))
}
