package actionref

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"
)

// check reports, anywhere in a document, what the runner's YAML reader
// refuses: keys that repeat (it ignores case then), merge keys, keys that are
// not text, anchors in an action, and nesting beyond its depth. Aliases are
// not followed, so each place is looked at once.
func (f *finder) check(n *yaml.Node, action bool, depth int) {
	if depth > maxDepth {
		if depth == maxDepth+1 {
			f.problemAt(n, "nested deeper than %d", maxDepth)
		}
		return
	}
	if action && n.Anchor != "" && n.Kind != yaml.AliasNode {
		f.problemAt(n, "anchors are not supported in an action")
	}
	if n.Kind == yaml.MappingNode {
		f.checkKeys(n)
	}
	for _, child := range n.Content {
		f.check(child, action, depth+1)
	}
}

func (f *finder) checkKeys(m *yaml.Node) {
	seen := make(map[string]bool, len(m.Content)/2)
	for i := 0; i+1 < len(m.Content); i += 2 {
		key := m.Content[i]
		if isMerge(key) {
			f.problemAt(key, "merge keys are not supported")
			continue
		}
		scalar := deref(key)
		if scalar.Kind != yaml.ScalarNode {
			f.problemAt(key, "a key must be text")
			continue
		}
		folded := strings.ToLower(scalar.Value)
		if seen[folded] {
			f.problemAt(key, "duplicate key %s", scalar.Value)
		}
		seen[folded] = true
	}
}

// maxProblems bounds the problems that are kept of one file; the last says so.
const maxProblems = 1000

func (f *finder) problemAt(n *yaml.Node, format string, args ...any) {
	line, col := f.lines.place(f.lines.offset(n.Line, n.Column))
	f.problem(line, col, format, args...)
}

func (f *finder) problem(line, col int, format string, args ...any) {
	switch n := len(f.file.Problems); {
	case n == maxProblems:
		f.file.Problems = append(f.file.Problems, Problem{line, col, "and more: the rest is not listed"})
	case n < maxProblems:
		f.file.Problems = append(f.file.Problems, Problem{line, col, fmt.Sprintf(format, args...)})
	}
}
