package rules

import (
	"fmt"
	"sync"
)

// engine is what scanning needs of a set: a plan for each rule, and one automaton over all literals and keywords.
type engine struct {
	plans    []*plan
	literals *automaton
	places   [][]place // by string of the automaton: the rules that look there
	keys     [][]int   // by string of the automaton: the rules of which it is a keyword
	pending  []bool    // by rule: its findings count only if a keyword is seen
	unaided  []int     // rules without literals
	patience int       // how many bytes of windows an anchored rule may have beside [dense] times the text
	spaces   sync.Pool // of *workspace
}

// place says that a rule's matches may be at a string.
type place struct {
	rule   int
	length int // of the string
}

func newEngine(rules []*rule) (*engine, error) {
	e := &engine{patience: 256 << 10}
	var strings []string
	ids := map[string]int{}
	id := func(s string) int {
		i, ok := ids[s]
		if !ok {
			i = len(strings)
			ids[s] = i
			strings = append(strings, s)
			e.places, e.keys = append(e.places, nil), append(e.keys, nil)
		}
		return i
	}
	for i, r := range rules {
		p, err := newPlan(r)
		if err != nil {
			return nil, fmt.Errorf("rule %q: %w", r.ID, err)
		}
		e.plans = append(e.plans, p)
		if p.way == runs || p.way == whole {
			e.unaided = append(e.unaided, i)
		}
		for _, l := range p.literals {
			s := id(l)
			e.places[s] = append(e.places[s], place{i, len(l)})
		}
		pending := p.way != none && !p.implied && len(r.keywords) > 0
		e.pending = append(e.pending, pending)
		if pending {
			for _, k := range r.keywords {
				s := id(k)
				e.keys[s] = append(e.keys[s], i)
			}
		}
	}
	// Keywords need not be ASCII; the automaton takes any bytes.
	var err error
	e.literals, err = newAutomaton(strings)
	return e, err
}

// workspace is what one Find needs, kept for the next one.
type workspace struct {
	states []state // one for each rule, as they are before a text
	sets   scratch
}

// borrow returns a workspace.
func (e *engine) borrow() *workspace {
	if w, ok := e.spaces.Get().(*workspace); ok {
		return w
	}
	w := &workspace{states: make([]state, len(e.plans))}
	for i := range w.states {
		w.states[i].need = -1
	}
	return w
}
