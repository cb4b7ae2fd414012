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
	number := make([]uint16, len(t.output))
	n := uint16(0)
	for _, withOutput := range []bool{false, true} {
		if withOutput {
			a.accepting = n
		}
		for _, s := range order {
			if len(t.output[s]) > 0 == withOutput {
				number[s] = n
				n++
			}
		}
	}
	a.next = make([]uint16, len(t.output)<<a.shift)
	a.output = make([][]int, n-a.accepting)
	for s := range t.output {
		row := a.next[int(number[s])<<a.shift:]
		for c, to := range t.row(s) {
			row[c] = number[to]
		}
		if number[s] >= a.accepting {
			a.output[number[s]-a.accepting] = t.output[s]
		}
	}
	return a, nil
}

// trie is an automaton as it is built. State 0 is the root, and stays it.
type trie struct {
	class   [256]uint8
	classes int
	next    []uint16 // by state and class; 0 stands for none until link has run
	output  [][]int  // by state
}

func newTrie(strings []string) (*trie, error) {
	t := &trie{classes: 1}
	size := 1
	for _, s := range strings {
		size += len(s)
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
	size = min(size, maxStates)
	t.next, t.output = make([]uint16, 0, size*t.classes), make([][]int, 0, size)
	t.grow()
	for id, s := range strings {
		at := 0
		for i := range len(s) {
			c := t.class[s[i]]
			if t.row(at)[c] == 0 {
				if len(t.output) == maxStates {
					return nil, errors.New("too many different keywords, literals or stop words")
				}
				t.row(at)[c] = t.grow()
			}
			at = int(t.row(at)[c])
		}
		t.output[at] = append(t.output[at], id)
	}
	return t, nil
}

// row returns the transitions of a state.
func (t *trie) row(state int) []uint16 { return t.next[state*t.classes : (state+1)*t.classes] }

// grow adds a state, within the room that there is.
func (t *trie) grow() uint16 {
	t.next = t.next[:len(t.next)+t.classes]
	t.output = append(t.output, nil)
	return uint16(len(t.output) - 1)
}

// link completes the transitions and outputs, and returns the states from the root outwards.
func (t *trie) link() []uint16 {
	suffix := make([]uint16, len(t.output)) // the longest proper suffix of a state that is a state
	order := make([]uint16, 1, len(t.output))
	for i := 0; i < len(order); i++ {
		at := int(order[i])
		row, fallbacks := t.row(at), t.row(int(suffix[at]))
		for c, to := range row {
			fallback := uint16(0)
			if at != 0 {
				fallback = fallbacks[c]
			}
			if to == 0 {
				row[c] = fallback
				continue
			}
			suffix[to] = fallback
			t.output[to] = append(t.output[to], t.output[fallback]...)
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
