package api

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write down what is exported now")

const root = "../.."

// TestExported: what others can use of us changes only together with its record,
// so that nobody breaks a caller without seeing it.
func TestExported(t *testing.T) {
	dirs, err := Packages(root)
	if err != nil || len(dirs) < 10 {
		t.Fatalf("packages: %v, %v", dirs, err)
	}
	known := map[string]bool{}
	for _, dir := range dirs {
		name := strings.ReplaceAll(dir, "/", "_") + ".txt"
		known[name] = true
		got, err := Exported(filepath.Join(root, filepath.FromSlash(dir)))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s exports something else than test/api/%s says. If that is meant, say so in the commit and run\n  go test ./test/api -update\n%s", dir, path, firstDifference(string(want), got))
		}
	}
	entries, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !known[e.Name()] {
			t.Errorf("testdata/%s is of no package", e.Name())
		}
	}
}

func firstDifference(want, got string) string {
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return "  was: " + a[i] + "\n  is:  " + b[i]
		}
	}
	return "  one is longer than the other"
}

// TestExamples: each package that others may import has an example that is built,
// and run where it can be.
func TestExamples(t *testing.T) {
	dirs, err := Packages(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		tests, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(dir), "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, name := range tests {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			found = found || strings.Contains(string(text), "\nfunc Example")
		}
		if !found {
			t.Errorf("%s has no example", dir)
		}
	}
}

// TestReadme: the program in the README is the one that is built here.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile("program/main.go")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), "```go\n"+string(program)+"```\n") {
		t.Error("README.md has another program than test/api/program/main.go")
	}
	if lines := strings.Count(string(program), "\n"); lines > 35 {
		t.Errorf("it has %d lines", lines)
	}
}
