// Package decode is a stub of what another branch builds: base64 alone, so that the scanner compiles and its tests run.
package decode

import (
	"encoding/base64"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Limits bounds the work.
type Limits struct{ Nodes, Bytes, Child, Ratio, Members, Work int }

// DefaultLimits are the usual ones.
func DefaultLimits() Limits {
	return Limits{Nodes: 20_000, Bytes: 256 << 20, Child: 64 << 20, Ratio: 200, Members: 4096, Work: 1 << 30}
}

// Child is what a decoder made of a part of a text.
type Child struct {
	Decoder     string
	Data        []byte
	Start, End  int
	Approximate bool
	Name        string
}

// Gap is something that was not looked at.
type Gap struct {
	Decoder, Limit string
	Count          int
}

// Budget bounds a tree.
type Budget struct {
	left int
	gaps int
	seen map[string]bool
}

// NewBudget returns a full budget.
func NewBudget(l Limits) *Budget {
	if l.Nodes <= 0 {
		l.Nodes = 20_000
	}
	return &Budget{left: l.Nodes, seen: map[string]bool{}}
}

// Gaps returns what was not looked at.
func (b *Budget) Gaps() []Gap {
	if b.gaps == 0 {
		return nil
	}
	return []Gap{{"base64", "nodes", b.gaps}}
}

var run = regexp.MustCompile(`[A-Za-z0-9+/]{16,}={0,2}`)

// Children decodes base64.
func Children(text []byte, b *Budget, each func(Child)) {
	for _, m := range run.FindAllIndex(text, -1) {
		s := strings.TrimRight(string(text[m[0]:m[1]]), "=")
		data, err := base64.RawStdEncoding.DecodeString(s[:len(s)/4*4+len(s)%4/2*(len(s)%4)])
		if err != nil || b.seen[string(data)] || !utf8.Valid(data) || strings.ContainsAny(string(data), "\x00\x01\x02") {
			continue
		}
		if b.left--; b.left < 0 {
			b.gaps++
			continue
		}
		b.seen[string(data)] = true
		each(Child{Decoder: "base64", Data: data, Start: m[0], End: m[1]})
	}
}
