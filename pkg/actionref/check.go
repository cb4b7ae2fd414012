package actionref

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"
)

// maxNodes bounds the parts that the runner reads of a workflow, aliases
// followed (YamlObjectReader: c_maxYamlNodes). A scalar is one part; a mapping
// and a list have an end as well.
const maxNodes = 50_000

// check reports, anywhere in a document, what the runner's YAML reader
// refuses: keys that repeat (it ignores case then), merge keys, keys that are
// not text, tags that it does not know, and nesting beyond its depth. It
// numbers the anchors on the way. Aliases are not followed, so each place is
// looked at once.
func (f *finder) check(n *yaml.Node, depth int) {
	if depth > maxDepth {
		if depth == maxDepth+1 {
			f.problemAt(n, "nested deeper than %d", maxDepth)
		}
		return
	}
	f.anchors.add(n)
	if n.Kind == yaml.MappingNode {
		f.checkKeys(n)
	}
	if n.Kind == yaml.ScalarNode && n.Style&yaml.TaggedStyle != 0 && !knownTag(n) {
		f.problemAt(n, "the tag %s does not fit the value", n.Tag)
	}
	for _, child := range n.Content {
		f.check(child, depth+1)
	}
}

// knownTag reports whether the runner takes the tag of a scalar: !!str, or the
// type that the plain value has anyway.
func knownTag(n *yaml.Node) bool {
	if n.Tag == "!!str" {
		return true
	}
	plain := yaml.Node{Kind: yaml.ScalarNode, Value: n.Value}
	if n.Style&^yaml.TaggedStyle != 0 {
		return false
	}
	var value any
	if err := plain.Decode(&value); err != nil {
		return false
	}
	switch value.(type) {
	case nil:
		return n.Tag == "!!null"
	case bool:
		return n.Tag == "!!bool"
	case int, int64, uint64:
		return n.Tag == "!!int" || n.Tag == "!!float"
	case float64:
		return n.Tag == "!!float"
	}
	return false
}

// checkSize reports what depends on the kind of the file: the runner reads no
// anchors in an action, and only so many parts of a workflow.
func (f *finder) checkSize(root *yaml.Node, kind FileKind) {
	if kind != Action {
		parts := f.anchors.parts
		if len(f.anchors.order) > 0 {
			parts = f.parts(root, map[*yaml.Node]int{})
		}
		if parts > maxNodes {
			f.cut = true // aliases that multiply need not be reported again
			f.problemAt(root, "more than %d parts, which is what the runner reads (aliases count as often as they are followed)", maxNodes)
		}
		return
	}
	for _, n := range f.anchors.all {
		f.problemAt(n, "anchors are not supported in an action")
	}
}

// parts counts a node as the runner reads it, and stops soon after maxNodes.
// It reports an alias inside its own anchor, which has no end there.
func (f *finder) parts(n *yaml.Node, known map[*yaml.Node]int) int {
	const open = -1
	from := n
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Kind == yaml.ScalarNode {
		return 1
	}
	if count, ok := known[n]; ok {
		if count == open {
			f.problemAt(from, cyclic)
			return 0
		}
		return count
	}
	known[n] = open
	count := 2
	for _, child := range n.Content {
		if count += f.parts(child, known); count > maxNodes {
			break
		}
	}
	known[n] = count
	return count
}

func (f *finder) checkKeys(m *yaml.Node) {
	seen := make(map[string]bool, len(m.Content)/2)
	for i := 0; i+1 < len(m.Content); i += 2 {
		key := m.Content[i]
		if isMerge(key) {
			f.problemAt(key, "merge keys are not supported")
			continue
		}
		scalar := f.meaning(key)
		if scalar.Kind != yaml.ScalarNode {
			f.problemAt(key, "a key must be text")
			continue
		}
		name := f.key(key)
		if strings.Contains(name, "${{") {
			continue // the runner lets expressions repeat
		}
		folded := strings.ToLower(name)
		if seen[folded] {
			f.problemAt(key, "duplicate key %s", name)
		}
		seen[folded] = true
	}
}

// maxProblems bounds the problems that are kept of one file; the last says so.
const maxProblems = 1000

// maxReasons is the length, in bytes, from which a place gets no more reasons.
const maxReasons = 500

func (f *finder) problemAt(n *yaml.Node, format string, args ...any) {
	line, col := f.lines.place(f.lines.offset(n.Line, n.Column))
	f.problem(line, col, format, args...)
}

func (f *finder) problem(line, col int, format string, args ...any) {
	why := fmt.Sprintf(format, args...)
	at := [2]int{line, col}
	if i, again := f.told[at]; again { // one row for a place
		if p := &f.file.Problems[i]; len(p.Why) < maxReasons && !strings.Contains(p.Why, why) {
			p.Why += "; " + why
		}
		return
	}
	switch n := len(f.file.Problems); {
	case n == maxProblems:
		f.file.Problems = append(f.file.Problems, Problem{line, col, "and more: the rest is not listed"})
	case n < maxProblems:
		f.told[at] = n
		f.file.Problems = append(f.file.Problems, Problem{line, col, why})
	}
}
