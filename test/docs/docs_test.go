package docs

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the generated parts anew")

const root = "../.."

// compare holds a document against what it should be, or writes it.
func compare(t *testing.T, path, want string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil && !*update {
		t.Fatal(err)
	}
	if string(got) == want {
		return
	}
	if !*update {
		t.Fatalf("%s is not what the sources say: run\n  go test ./test/docs -update", path)
	}
	if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestInputs: the README's table is action.yml's.
func TestInputs(t *testing.T) {
	table, err := Inputs(root)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(root, "docs", "action.md")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want, err := Replace(string(text), "inputs", table)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, path, want)
}

// TestEvidence: the reference of the evidence is that of the Go types.
func TestEvidence(t *testing.T) {
	text, err := Evidence(root)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, filepath.Join(root, "docs", "evidence.md"), text)
}
