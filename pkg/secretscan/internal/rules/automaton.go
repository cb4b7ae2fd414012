package rules

import (
	"errors"
)

// automaton finds every occurrence of a set of strings, in any case (of ASCII), in one pass: Aho and Corasick's, with
// a dense table over the bytes that the strings use.
type automaton struct {
	class     [256]uint8 // of each byte; 0: in none of the strings
	shift     uint       // a state's row in next begins at state<<shift
	next      []uint16
	output    [][]int // by state, from accepting on: which strings end there
	accepting uint16  // states from here on have output
}

const maxStates = 60_000

// newAutomaton builds the automaton of strings, which are in lower case and not empty.
func newAutomaton(strings []string) (*automaton, error) {
	t, err := newTrie(strings)
	if err != nil {
		return nil, err
	}
	order := t.link()
	a := &automaton{class: t.class}
	for 1<<a.shift < t.classes {
		a.shift++
	}
	// Number the states so that those with output come last: the scan then asks one comparison of each byte.
	number := make([]uint16, len(t.nodes))
	n := uint16(0)
	for _, withOutput := range []bool{false, true} {
		if withOutput {
			a.accepting = n
		}
		for _, s := range order {
			if len(t.nodes[s].output) > 0 == withOutput {
				number[s] = n
				n++
			}
		}
	}
	a.next = make([]uint16, len(t.nodes)<<a.shift)
	a.output = make([][]int, n-a.accepting)
	for s, node := range t.nodes {
		for c, to := range node.next {
			a.next[int(number[s])<<a.shift|c] = number[to]
		}
		if number[s] >= a.accepting {
			a.output[number[s]-a.accepting] = node.output
		}
	}
	return a, nil
}

// trie is an automaton as it is built. State 0 is the root, and stays it.
type trie struct {
	class   [256]uint8
	classes int
	nodes   []trieNode
}

type trieNode struct {
	next   []int // by class; 0 stands for none until link has run
	output []int
}

func newTrie(strings []string) (*trie, error) {
	t := &trie{classes: 1}
	for _, s := range strings {
		for i := range len(s) {
			if t.class[s[i]] == 0 {
				t.class[s[i]] = uint8(t.classes)
				t.classes++
			}
		}
	}
	for b := 'a'; b <= 'z'; b++ {
		t.class[b-0x20] = t.class[b]
	}
	t.grow()
	for id, s := range strings {
		at := 0
		for i := range len(s) {
			c := t.class[s[i]]
			if t.nodes[at].next[c] == 0 {
				if len(t.nodes) == maxStates {
					return nil, errors.New("too many different keywords, literals or stop words")
				}
				t.nodes[at].next[c] = t.grow()
			}
			at = t.nodes[at].next[c]
		}
		t.nodes[at].output = append(t.nodes[at].output, id)
	}
	return t, nil
}

func (t *trie) grow() int {
	t.nodes = append(t.nodes, trieNode{next: make([]int, t.classes)})
	return len(t.nodes) - 1
}

// link completes the transitions and outputs, and returns the states from the root outwards.
func (t *trie) link() (order []int) {
	suffix := make([]int, len(t.nodes)) // the longest proper suffix of a state that is a state
	order = []int{0}
	for i := 0; i < len(order); i++ {
		at := order[i]
		for c, to := range t.nodes[at].next {
			fallback := 0
			if at != 0 {
				fallback = t.nodes[suffix[at]].next[c]
			}
			if to == 0 {
				t.nodes[at].next[c] = fallback
				continue
			}
			suffix[to] = fallback
			t.nodes[to].output = append(t.nodes[to].output, t.nodes[fallback].output...)
			order = append(order, to)
		}
	}
	return order
}

// contains reports whether one of the strings occurs in text.
func (a *automaton) contains(text []byte) bool { return a.first(text) >= 0 }

// first returns the end of the occurrence in text that ends first; -1: there is none.
func (a *automaton) first(text []byte) int {
	state := uint16(0)
	for i, b := range text {
		if state = a.next[int(state)<<a.shift|int(a.class[b])]; state >= a.accepting {
			return i + 1
		}
	}
	return -1
}
