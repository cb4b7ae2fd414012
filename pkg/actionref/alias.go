package actionref

import (
	"sort"
	"strings"

	"go.yaml.in/yaml/v4"
)

// anchors are the places of a document where each anchor's name is defined, in
// the order of the document, and where its aliases stand in that order.
type anchors struct {
	named map[string][]anchored
	order map[*yaml.Node]int // of aliases
	count int                // nodes numbered so far
	parts int                // that these are for the runner, aliases not followed
	all   []*yaml.Node       // that have an anchor
}

type anchored struct {
	order int
	node  *yaml.Node
}

func newAnchors() *anchors {
	return &anchors{named: map[string][]anchored{}, order: map[*yaml.Node]int{}}
}

// add numbers a node; nodes are added in the order of the document.
func (a *anchors) add(n *yaml.Node) {
	a.count++
	a.parts++
	if n.Kind == yaml.MappingNode || n.Kind == yaml.SequenceNode {
		a.parts++ // its end
	}
	switch {
	case n.Kind == yaml.AliasNode:
		a.order[n] = a.count
	case n.Anchor != "":
		a.all = append(a.all, n)
		a.named[n.Anchor] = append(a.named[n.Anchor], anchored{a.count, n})
	}
}

// meaning is the node that an alias stands for, or the node itself.
//
// The runner keeps the words of an anchor and reads them again for each alias
// (YamlObjectReader), where YAML would share one node. So an alias inside what
// is read again means what its name means there, not what it meant where the
// anchor stands: f.replaying, the outermost alias, decides.
func (f *finder) meaning(n *yaml.Node) *yaml.Node {
	if n.Kind != yaml.AliasNode {
		return n
	}
	at := n
	if f.replaying != nil {
		at = f.replaying
	}
	// They are in order, and a file can repeat one name as often as it likes.
	named := f.anchors.named[n.Value]
	last := sort.Search(len(named), func(i int) bool { return named[i].order > f.anchors.order[at] }) - 1
	if last < 0 {
		return n.Alias
	}
	return named[last].node
}

// key is the text of a key. The runner reads the expression of one quoted text
// as that text, also where it takes no expressions (TemplateReader, ParseScalar).
func (f *finder) key(n *yaml.Node) string { return literal(f.meaning(n).Value) }

// literal returns the text of an expression that is nothing but quoted text,
// such as ${{ 'uses' }}, and everything else as it is.
func literal(s string) string {
	inner, isExpression := strings.CutPrefix(s, "${{")
	inner, closed := strings.CutSuffix(inner, "}}")
	inner = strings.TrimSpace(inner)
	if !isExpression || !closed || len(inner) < 2 || inner[0] != '\'' || quoteEnd(inner, 0) != len(inner) || inner[len(inner)-1] != '\'' {
		return s
	}
	return strings.ReplaceAll(inner[1:len(inner)-1], "''", "'")
}
