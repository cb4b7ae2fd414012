// Package docs makes the parts of the documentation that would otherwise be
// copies: the inputs and outputs of action.yml, and the reference of the evidence
// out of the Go types. A test compares them with what is committed.
package docs

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Inputs is the table of action.yml's inputs and outputs, in Markdown.
func Inputs(root string) (string, error) {
	src, err := os.ReadFile(filepath.Join(root, "action.yml"))
	if err != nil {
		return "", err
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(src, &doc); err != nil {
		return "", fmt.Errorf("read action.yml: %w", err)
	}
	var b strings.Builder
	for _, part := range []string{"inputs", "outputs"} {
		fmt.Fprintf(&b, "| %s | |\n|---|---|\n", strings.TrimSuffix(part, "s"))
		for _, e := range entries(child(doc.Content[0], part)) {
			text := child(e.value, "description").Value
			if d := child(e.value, "default"); d != nil && d.Value != "" && !strings.Contains(text, "efault is") {
				text = strings.TrimSuffix(text, ".") + ". Default is `" + d.Value + "`."
			}
			fmt.Fprintf(&b, "| `%s` | %s |\n", e.key, cell(text))
		}
		b.WriteString("\n")
	}
	return b.String(), nil
}

type entry struct {
	key   string
	value *yaml.Node
}

func entries(n *yaml.Node) (list []entry) {
	if n == nil {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		list = append(list, entry{n.Content[i].Value, n.Content[i+1]})
	}
	return list
}

func child(n *yaml.Node, key string) *yaml.Node {
	for _, e := range entries(n) {
		if e.key == key {
			return e.value
		}
	}
	return nil
}

func cell(text string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", `\|`)
}

// Replace puts text between two marks of a document, <!-- NAME --> and
// <!-- end of NAME -->.
func Replace(document, name, text string) (string, error) {
	begin, end := "<!-- "+name+" -->\n", "<!-- end of "+name+" -->"
	i, j := strings.Index(document, begin), strings.Index(document, end)
	if i < 0 || j < i {
		return "", fmt.Errorf("the marks of %s are not there", name)
	}
	return document[:i+len(begin)] + "\n" + strings.TrimRight(text, "\n") + "\n\n" + document[j:], nil
}
