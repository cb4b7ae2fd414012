package decode

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/secretscan/internal/corpus"
)

// layers is the depth of the tree in these tests, as the scanner's default.
const layers = 3

// node is a text of a tree and how it was reached.
type node struct {
	text []byte
	path []string
}

// walk calls visit for a text and everything below it, breadth first.
func walk(b *Budget, text []byte, visit func(node) bool) {
	level := []node{{text: text}}
	for depth := 0; len(level) > 0; depth++ {
		var next []node
		for _, n := range level {
			if !visit(n) {
				return
			}
			if depth < layers {
				Children(n.text, b, func(c Child) {
					next = append(next, node{c.Data, append(slices.Clone(n.path), c.Decoder)})
				})
			}
		}
		level = next
	}
}

// find returns the path to the first node with the needle, and whether there is one.
func find(text, needle []byte) (path []string, found bool, b *Budget) {
	b = NewBudget(Limits{})
	b.strict = true
	walk(b, text, func(n node) bool {
		if bytes.Contains(n.text, needle) {
			path, found = n.path, true
		}
		return !found
	})
	return path, found, b
}

// score counts what was found by encoding.
type score struct {
	name         string
	found, cases int
	missed       []string
	paths        map[string]int
}

type scores struct{ rows []*score }

func (s *scores) add(name, kind string, path []string, found bool) {
	i := slices.IndexFunc(s.rows, func(r *score) bool { return r.name == name })
	if i < 0 {
		i = len(s.rows)
		s.rows = append(s.rows, &score{name: name, paths: map[string]int{}})
	}
	r := s.rows[i]
	r.cases++
	if found {
		r.found++
		r.paths[strings.Join(path, " ")]++
	} else {
		r.missed = append(r.missed, kind)
	}
}

// check prints the table and fails for each row below least.
func (s *scores) check(t *testing.T, least float64) {
	t.Helper()
	found, cases := 0, 0
	for _, r := range s.rows {
		found, cases = found+r.found, cases+r.cases
		line := fmt.Sprintf("%-32s %3d of %3d %5.1f %%  %v", r.name, r.found, r.cases, 100*float64(r.found)/float64(r.cases), r.paths)
		if r.found < r.cases {
			line += fmt.Sprintf("  missed: %v", r.missed)
		}
		if float64(r.found) < least*float64(r.cases) {
			t.Errorf("%s", line)
		} else {
			t.Log(line)
		}
	}
	t.Logf("%-32s %3d of %3d %5.1f %%", "all", found, cases, 100*float64(found)/float64(cases))
}

// Every secret of the corpus is in the clear in some node of its tree.
func TestCorpus(t *testing.T) {
	var s scores
	for _, c := range corpus.Read(t) {
		path, found, b := find(c.Data, []byte(c.Needle))
		s.add(c.Encoding, c.Kind, path, found)
		for _, g := range b.Gaps() {
			t.Errorf("%s in %s: gap %v", c.Kind, c.Encoding, g)
		}
	}
	s.check(t, 1)
}
