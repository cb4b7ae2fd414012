package actionref

import (
	"os"
	"strings"
	"testing"
)

const lockText = `version: v0.0.3
workflows:
  .github/workflows/ci.yml: [Acme/Tool@v1]
  .github/workflows/empty.yml: []
dependencies:
  Acme/Tool@v1: {ref: refs/tags/v1, commit: sha1-` + testSHA + `, new: key}
`

// TestParseLock: a lock answers for the files that it names, without case in
// the repository and with it in the ref.
func TestParseLock(t *testing.T) {
	l, err := ParseLock([]byte(lockText))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path, text string
		locked     bool
	}{
		{".github/workflows/ci.yml", "acme/tool@v1", true},
		{".github/workflows/ci.yml", "ACME/TOOL/sub/dir@v1", true},
		{".github/workflows/ci.yml", "acme/tool@V1", false},
		{".github/workflows/ci.yml", "acme/tool@v2", false},
		{".github/workflows/ci.yml", "./acme/tool@v1", false},
		{".github/workflows/empty.yml", "acme/tool@v1", false},
		{".github/workflows/other.yml", "acme/tool@v1", false},
	} {
		r := Parse(c.text, InStep)
		sha, ok := l.Commit(c.path, r)
		if ok != c.locked || ok && sha != testSHA || r.Pinned() {
			t.Errorf("%s in %s: locked %v to %q, pinned %v", c.text, c.path, ok, sha, r.Pinned())
		}
	}
	if _, ok := (Lock{}).Commit("x", Parse("acme/tool@v1", InStep)); ok {
		t.Error("the zero Lock locks")
	}
}

// TestParseLockRefuses: what is not understood locks nothing and says so.
func TestParseLockRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"empty":            "",
		"no version":       "dependencies: {}\n",
		"other version":    strings.Replace(lockText, "v0.0.3", "v1.0.0", 1),
		"short commit":     strings.Replace(lockText, testSHA, testSHA[1:], 1),
		"other hash":       strings.Replace(lockText, "sha1-", "sha256-", 1),
		"no reference":     strings.Replace(lockText, "  Acme/Tool@v1:", "  tool:", 1),
		"two commits":      lockText + "  acme/tool@v1: {commit: sha1-" + strings.Repeat("1", 40) + "}\n",
		"two documents":    lockText + "---\n" + lockText,
		"not YAML":         "version: [",
		"list":             "- version: v0.0.3\n",
		"larger than read": lockText + "#" + strings.Repeat("x", MaxFile),
	} {
		if l, err := ParseLock([]byte(text)); err == nil || l.commits != nil {
			t.Errorf("%s: %v, error %v", name, l, err)
		}
	}
}

// TestDependencies: a file's own entries lock, and only those of the known form.
func TestDependencies(t *testing.T) {
	src, err := os.ReadFile("testdata/cases/66-dependencies.yml")
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range Find(src).Uses {
		want := strings.HasPrefix(u.Ref.Text(), "acme/tool")
		if u.Locked != want || want && u.LockedSHA != testSHA || u.Ref.Pinned() {
			t.Errorf("%s: locked %v to %q", u.Ref, u.Locked, u.LockedSHA)
		}
	}
}
