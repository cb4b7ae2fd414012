package oracle

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/org/cilock-action/internal/runner/expr"
)

// hashTree are the files below the workspace, and links with their targets.
var hashTree = map[string]string{
	"a.txt": "1", "b.txt": "2", "B.txt": "3", ".hidden": "4", "go.mod": "5", "go.sum": "6", "package-lock.json": "7",
	"src/a.go": "8", "src/b.go": "9", "src/a_test.go": "10", "src/.x/a.go": "11", "src/deep/er/a.go": "12", "src/deep/go.sum": "13",
	"node_modules/x/package-lock.json": "14", "node_modules/x/index.js": "15", "z/é.txt": "16", "z/a b.txt": "17", "z/{a}.txt": "18",
	"z/[a].txt": "19", "z/a!b.txt": "20", "z/#c.txt": "21", "z/+(a).txt": "22", "a/a/a/a.txt": "23", "a.dir/x": "24", "a-dir/x": "25", "empty.txt": "",
	"link.txt": "-> a.txt", "src/link": "-> ../z", "z/loop": "-> ..", "z/up.txt": "-> ../src/a.go",
}

// hashCases are lists of patterns; WS is the workspace. None begins at the root:
// the oracle would walk through the whole machine.
var hashCases = []string{
	"a.txt", "./a.txt", "*.txt", "**", "**/*", "*", ".", "./", "src", "src/", "src/**", "src/**/", "src/*", "src/*.go", "**/*.go", "**/a.go", "src/**/a.go",
	"**/go.sum", "**/package-lock.json", "**/package-lock.json\n!node_modules/**", "**/package-lock.json\n!**/node_modules", "!a.txt", "**\n!**",
	"!**/*.go\n**/*.go", "**\n!src\nsrc/a.go", "**\n!src/\nsrc/a.go", "!!a.txt", "! a.txt\n*.txt", "*.txt\n!a.txt\na.txt", "none", "none/**", "none\na.txt",
	"?.txt", "[ab].txt", "[!a].txt", "[^a].txt", "[a-z].txt", "[A-Z].txt", "[z-a].txt", "[]a].txt", "[a.txt", "z/[[]a[]].txt", `z/\[a\].txt`, "z/{a}.txt", "{a,b}.txt",
	"z/#c.txt", "#a.txt", "# comment\n\n  a.txt  ", "z/+(a).txt", "+(a).txt", "*.TXT", "A.txt", ".*", "**/.*", "**/.*/**", ".hidden", "src/.x", "*/", "**/", "*/*",
	"*/*/*", "**/**", "**/src/**", "a/**/a.txt", "a/**/a/**/a.txt", "**/a/**/a/**", "a**", "**a", "a**/x", "*.dir/x", "a?dir/x", "a[.-]dir/x", "src/a.go\nsrc", "src\nsrc/a.go",
	"z/*\nsrc/*", "src/*\nz/*", "z\na", "a.txt/", "a.txt/**", "a.txt/*", "z/é.txt", "z/?.txt", "z/a b.txt", "z/a!b.txt", "..", "../x", "a/../b", "a/./b", "a//a//a", "a/.",
	"WS/a.txt", "WS/**", "WS", "!WS/src/**\n**", "/nowhere/**", "WS/../**", "link.txt", "src/link", "src/link/*", "src/link/**", "**/loop/**", "z/up.txt",
	"empty.txt", "", "\n", "!", "*.txt\r\n*.go", "[[]", "[", "]", `\a.txt`, `a\`, "z/*é*", "**/[é-ë].txt", "src/*_test.go\n!src/a*", "a*a*a*a*t", "**/*/**/*.go",
}

// TestHashFiles compares with the hash of @actions/glob, which is the runner's.
func TestHashFiles(t *testing.T) {
	dir := expressionsOracle(t)
	workspace := makeTree(t)
	type question struct {
		Patterns []string `json:"patterns"`
		Follow   bool     `json:"follow"`
	}
	var questions []question
	for _, text := range hashCases {
		patterns := strings.Split(strings.ReplaceAll(text, "WS", workspace), "\n")
		questions = append(questions, question{patterns, false}, question{patterns, true})
	}
	input, err := json.Marshal(questions)
	if err != nil {
		t.Fatal(err)
	}
	var theirs []*string
	if err := json.Unmarshal(ask(t, dir, workspace, "hash.mjs", input), &theirs); err != nil || len(theirs) != len(questions) {
		t.Fatalf("%d answers for %d questions: %v", len(theirs), len(questions), err)
	}
	found, refused := 0, 0
	for i, q := range questions {
		patterns := q.Patterns
		if q.Follow {
			patterns = append([]string{"--follow-symbolic-links"}, patterns...)
		}
		ours, err := expr.HashFiles(t.Context(), workspace, patterns)
		switch {
		case (err != nil) != (theirs[i] == nil):
			t.Errorf("%q, follow %v: ours %q, %v; theirs fails: %v", q.Patterns, q.Follow, ours, err, theirs[i] == nil)
		case err != nil:
			refused++
		case ours != *theirs[i]:
			t.Errorf("%q, follow %v: ours %q, theirs %q", q.Patterns, q.Follow, ours, *theirs[i])
		case ours != "":
			found++
		}
	}
	t.Logf("%d questions: %d have a hash, %d are refused", len(questions), found, refused)
}

func makeTree(t *testing.T) string {
	t.Helper()
	workspace, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range hashTree {
		full := filepath.Join(workspace, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if target, ok := strings.CutPrefix(content, "-> "); ok {
			err = os.Symlink(target, full)
		} else {
			err = os.WriteFile(full, []byte(content), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return workspace
}
