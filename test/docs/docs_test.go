package docs

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
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

// TestTroubleshooting: the texts that the README explains are texts that the
// program says.
func TestTroubleshooting(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(readme), "\n## Troubleshooting\n")
	table, _, _ = strings.Cut(table, "\n## ")
	sources := sources(t)
	rows := 0
	for line := range strings.Lines(table) {
		rest, is := strings.CutPrefix(line, "| `")
		if !is {
			continue
		}
		rows++
		text, _, _ := strings.Cut(rest, "` |")
		if !strings.Contains(sources, text) {
			t.Errorf("nothing says %q", text)
		}
	}
	if !ok || rows < 10 {
		t.Errorf("the table has %d rows", rows)
	}
}

// sources is the text of everything that can say something.
func sources(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, dir := range []string{"cmd", "internal", "pkg", "install.sh"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, ".sh") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			all.Write(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}

// TestLinks: what the documentation points to within the repository is there.
func TestLinks(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "policies/README.md", "docker/README.md"} {
		files = append(files, filepath.Join(root, filepath.FromSlash(name)))
	}
	link := regexp.MustCompile(`\]\(([^)#:]*)(#[^)]*)?\)`)
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			target := filepath.Join(filepath.Dir(path), m[1])
			if m[1] == "" {
				target = path
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: there is no %s", path, m[1])
			} else if m[2] != "" && !hasHeading(t, target, m[2][1:]) {
				t.Errorf("%s: %s has no heading %s", path, m[1], m[2])
			}
		}
	}
}

// hasHeading reports whether a page has a heading that GitHub gives this anchor.
func hasHeading(t *testing.T, path, anchor string) bool {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dropped := regexp.MustCompile(`[^\w\- ]`)
	for line := range strings.Lines(string(text)) {
		title := strings.TrimLeft(line, "#")
		if title == line {
			continue
		}
		title = dropped.ReplaceAllString(strings.ToLower(strings.TrimSpace(title)), "")
		if strings.ReplaceAll(title, " ", "-") == anchor {
			return true
		}
	}
	return false
}
