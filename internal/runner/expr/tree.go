package expr

import "strings"

// node is one of the types below. Offsets are those in the text, for errors.
type node interface{ children() []node }

type literal struct{ value Value }

type named struct { // a context
	name   string // in lower case
	offset int
}

type index struct {
	left   node
	key    node // nil: *
	offset int
}

type call struct {
	name   string // in lower case
	args   []node
	offset int
}

type not struct{ operand node }

type binary struct {
	op          string
	left, right node
	offset      int
}

type logical struct { // && or ||, of two or more
	op   string
	args []node
}

func (*literal) children() []node { return nil }
func (*named) children() []node   { return nil }
func (n *index) children() []node {
	if n.key == nil {
		return []node{n.left}
	}
	return []node{n.left, n.key}
}
func (n *call) children() []node    { return n.args }
func (n *not) children() []node     { return []node{n.operand} }
func (n *binary) children() []node  { return []node{n.left, n.right} }
func (n *logical) children() []node { return n.args }

// deeper reports whether a tree has more than the given number of levels.
func deeper(n node, levels int) bool {
	if levels == 0 {
		return true
	}
	for _, child := range n.children() {
		if deeper(child, levels-1) {
			return true
		}
	}
	return false
}

// Uses reports whether the expression may read context.key: literally, by an
// index that is computed, by *, or because it takes the whole context, as
// toJSON(github) does. What is never evaluated counts too.
func (e *Expression) Uses(context, key string) bool {
	return uses(e.root, strings.ToLower(context), fold(key))
}

func uses(n node, context, key string) bool {
	if i, ok := n.(*index); ok {
		if left, ok := i.left.(*named); ok && left.name == context {
			if k, ok := i.key.(*literal); ok {
				return fold(Text(k.value)) == key
			}
			return true
		}
	}
	if c, ok := n.(*named); ok {
		return c.name == context
	}
	for _, child := range n.children() {
		if uses(child, context, key) {
			return true
		}
	}
	return false
}

// Calls reports whether the expression has a call of a function anywhere.
func (e *Expression) Calls(function string) bool { return calls(e.root, function) }

func calls(n node, functions ...string) bool {
	if c, ok := n.(*call); ok && listed(functions, c.name) {
		return true
	}
	for _, child := range n.children() {
		if calls(child, functions...) {
			return true
		}
	}
	return false
}
