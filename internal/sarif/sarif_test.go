package sarif

import (
	"strings"
	"testing"

	"github.com/org/cilock-action/internal/filetree"
)

func TestURI(t *testing.T) {
	for file, want := range map[string]string{
		".github/workflows/ci.yml": ".github/workflows/ci.yml", "a b/ü#?%.yml": "a%20b/%C3%BC%23%3F%25.yml",
		"c:x.yml": "c%3Ax.yml", "%bytes:bad%FF.yml": "bad%FF.yml", "a\n::error::.yml": "a%0A%3A%3Aerror%3A%3A.yml",
	} {
		if got := URI(file, filetree.Checkout{}); got != want {
			t.Errorf("%q: %q, want %q", file, got, want)
		}
	}
}

// TestPlain: a text has no link, whoever wrote it.
func TestPlain(t *testing.T) {
	if got := Plain("[click](javascript:x) [y]").Text; got != `\[click\](javascript:x) \[y\]` {
		t.Errorf("%q", got)
	}
	if got := Plain(`\[click\](javascript:x) \`).Text; got != `\\\[click\\\](javascript:x) \\` {
		t.Errorf("%q", got)
	}
	if got := Plain("a[0] = 1").Text; got != "a[0] = 1" {
		t.Errorf("%q", got)
	}
}

// TestDocument: what a terminal obeys is escaped, and there is one tool.
func TestDocument(t *testing.T) {
	text, err := Document(Run{Results: []Result{{Message: Text{"a\u202eb\x1b ##[error]"}, Locations: []Location{}}}})
	if err != nil || strings.ContainsAny(text, "\u202e\x1b") || strings.Contains(text, "##[") || !strings.Contains(text, `"name": "cilock"`) {
		t.Errorf("%v: %s", err, text)
	}
}
