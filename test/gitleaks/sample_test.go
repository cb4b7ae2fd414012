package gitleaks

import (
	"fmt"
	"math/rand/v2"
	"regexp/syntax"
	"strings"
	"testing"
)

// sampler writes random matches of expressions. Nothing that it writes was ever a secret.
type sampler struct {
	rand *rand.Rand
	out  strings.Builder
}

// match writes something that re matches, its assertions aside.
func (s *sampler) match(re *syntax.Regexp) {
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			if re.Flags&syntax.FoldCase != 0 && s.rand.IntN(2) == 0 {
				r = []rune(strings.ToUpper(string(r)))[0]
			}
			s.out.WriteRune(r)
		}
	case syntax.OpCharClass:
		s.class(re.Rune)
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		if s.rand.IntN(2) == 0 { // what a dot that was not escaped was meant for
			s.out.WriteByte('.')
			return
		}
		s.out.WriteByte(" abcdefghijklmnopqrstuvwxyz0123456789\"'=:-_"[s.rand.IntN(43)])
	case syntax.OpCapture:
		s.match(re.Sub[0])
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			s.match(sub)
		}
	case syntax.OpAlternate:
		s.match(re.Sub[s.rand.IntN(len(re.Sub))])
	case syntax.OpStar:
		s.repeat(re.Sub[0], 0, 12)
	case syntax.OpPlus:
		s.repeat(re.Sub[0], 1, 12)
	case syntax.OpQuest:
		s.repeat(re.Sub[0], 0, 1)
	case syntax.OpRepeat:
		high := re.Max
		if high < 0 {
			high = re.Min + 30
		}
		s.repeat(re.Sub[0], re.Min, high)
	}
}

// repeat prefers both ends of what is allowed: that is where a mistake would be.
func (s *sampler) repeat(re *syntax.Regexp, low, high int) {
	n := low + s.rand.IntN(high-low+1)
	switch s.rand.IntN(4) {
	case 0:
		n = low
	case 1:
		n = high
	}
	for range n {
		s.match(re)
	}
}

// class writes a member of a class, an ASCII one if it can.
func (s *sampler) class(ranges []rune) {
	var members []rune
	for i := 0; i < len(ranges); i += 2 {
		for r := max(ranges[i], '\t'); r <= min(ranges[i+1], '~'); r++ {
			if r >= ' ' || r == '\t' || r == '\n' {
				members = append(members, r)
			}
		}
	}
	if len(members) > 0 {
		s.out.WriteRune(members[s.rand.IntN(len(members))])
	}
}

// between is what stands before and after a sample.
var between = []string{"", "", " ", "\n", "\"", "'", ";", "=", "x", "9", "_", "-", "\r\n", "\\n", "`", " key = ", "password: ", "curl -H ", "é", "\xff", "sourcegraph facebook airtable\n"}

// text writes samples of some expressions, most of them whole, with other things between them.
func (s *sampler) text(exprs []*syntax.Regexp) []byte {
	s.out.Reset()
	for range 1 + s.rand.IntN(4) {
		re := exprs[s.rand.IntN(len(exprs))]
		s.out.WriteString(between[s.rand.IntN(len(between))])
		from := s.out.Len()
		s.match(re)
		if s.rand.IntN(4) == 0 && s.out.Len() > from { // spoil one byte
			text := []byte(s.out.String())
			text[from+s.rand.IntN(len(text)-from)] = byte(' ' + s.rand.IntN(95))
			s.out.Reset()
			s.out.Write(text)
		}
		s.out.WriteString(between[s.rand.IntN(len(between))])
	}
	s.out.WriteByte('\n')
	return []byte(s.out.String())
}

// TestSameOnSamples compares on text that is made to match: each rule alone, and mixed.
func TestSameOnSamples(t *testing.T) {
	d, own := detector(t), scanner(t)
	s := &sampler{rand: rand.New(rand.NewPCG(*seed, 1))}
	var all []*syntax.Regexp
	ids := map[*syntax.Regexp]string{}
	for _, id := range d.Config.OrderedRules {
		if rule := d.Config.Rules[id]; rule.Regex != nil {
			re, err := syntax.Parse(rule.Regex.String(), syntax.Perl)
			if err != nil {
				t.Fatal(err)
			}
			all, ids[re] = append(all, re), id
		}
	}
	found := map[string]int{}
	for i := range len(all) * *samples {
		exprs := all
		if i%4 != 0 {
			exprs = all[i%len(all) : i%len(all)+1]
		}
		text := s.text(exprs)
		want := theirs(d, text)
		got, full := ours(own, text)
		for w := range want {
			found[w.rule]++
			if !got[w] && !full[w.rule] {
				t.Errorf("only Gitleaks: %s: %q in %q", w.rule, w.secret, text)
			}
		}
		for g := range got {
			if !want[g] {
				t.Errorf("only ours: %s: %q in %q", g.rule, g.secret, text)
			}
		}
	}
	var never []string
	for _, re := range all {
		if found[ids[re]] == 0 {
			never = append(never, ids[re])
		}
	}
	if len(never) > 0 {
		t.Errorf("nothing was found by %s", fmt.Sprint(never))
	}
}
