package filetree

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func describe(c Changes) string {
	var b strings.Builder
	for _, p := range c.Products {
		fmt.Fprintf(&b, "%s %s\n", p.Change, p.Path)
	}
	for _, p := range c.Deleted {
		fmt.Fprintf(&b, "deleted %s\n", p)
	}
	for _, o := range c.Others {
		fmt.Fprintf(&b, "%s %s %s\n", o.Kind, o.Path, o.Detail)
	}
	return b.String()
}

func wantChanges(t *testing.T, c Changes, lines ...string) {
	t.Helper()
	if got, want := describe(c), strings.Join(append(lines, ""), "\n"); got != want {
		t.Errorf("changes:\n%s\nwant:\n%s", got, want)
	}
}

func TestCompare(t *testing.T) {
	dir := t.TempDir()
	for _, p := range []string{"same", "rewritten", "replaced", "deleted", "moved", "tool", "private", "becomes-dir"} {
		write(t, dir, p, p)
	}
	at := func(p string) string { return filepath.Join(dir, p) }
	s := newScanner(t, dir, Options{})
	before := scan(t, s)

	write(t, dir, "rewritten", "REWRITTEN")
	write(t, dir, "tmp", "new content")
	must(t, os.Rename(at("tmp"), at("replaced")))
	must(t, os.Remove(at("deleted")))
	must(t, os.Rename(at("moved"), at("moved-here")))
	must(t, os.Remove(at("becomes-dir")))
	write(t, dir, "becomes-dir/file", "x")
	write(t, dir, "made/new", "x")
	write(t, dir, "same", "same") // written again with the same content
	want := []string{"created becomes-dir/file", "created made/new", "created moved-here", "modified replaced", "modified rewritten"}
	if hasChangeTime { // elsewhere there is no executable bit
		must(t, os.Chmod(at("tool"), 0o755))
		must(t, os.Chmod(at("private"), 0o600))
		want = append(want, "mode tool")
	}
	want = append(want, "deleted becomes-dir", "deleted deleted", "deleted moved")
	wantChanges(t, Compare(before, scan(t, s), Globs{}), want...)
}

// What could not be seen afterwards is not called deleted, and what could not
// be hashed before is not called created.
func TestCompareWithHoles(t *testing.T) {
	file := func(p string) File { return File{Path: p} }
	before := &Snapshot{
		Files:  []File{file("%bytes:open/d/\xff"), file("d/x"), file("gone"), file("log"), file("open/d/x")},
		Others: []Other{{"busy", Changed, "r"}, {"link", Symlink, "a"}, {"same", Symlink, "a"}},
	}
	before.Files[0].Path = RecordedName("open/d/\xff")
	after := &Snapshot{
		Files:  []File{file("busy")},
		Others: []Other{{"link", Symlink, "b"}, {"log", Changed, "r"}, {"open/d", Unreadable, "r"}, {"same", Symlink, "a"}},
	}
	before.sort()
	wantChanges(t, Compare(before, after, Globs{}), "modified busy", "deleted d/x", "deleted gone",
		"symlink link b", "changed log r", "unreadable open/d r")
	after.Incomplete = "cut short"
	wantChanges(t, Compare(before, after, Globs{}), "modified busy", "symlink link b", "changed log r", "unreadable open/d r")
}

func TestGlobs(t *testing.T) {
	words := func(s string) []string { return strings.Fields(s) }
	for _, test := range []struct{ include, exclude, match, differ string }{
		{"", "", "a a/b .hidden", ""},
		{"*", "", "a a/b .hidden", ""},
		{"*.gz", "", "x.gz dist/x.gz a/b/x.gz", "x.tar x.gz/y"},
		{"./*.gz", "", "x.gz", "dist/x.gz"},
		{"dist/**", "", "dist/a dist/a/b", "a/dist/b distant"},
		{"dist/*", "", "dist/a", "dist/a/b"},
		{"**/*.{so,a}", "", "x.so lib/y.a", "x.o"},
		{"", "*.log", "a", "x.log a/x.log"},
		{"*.txt", "secret/**", "a.txt b/a.txt", "secret/a.txt secret/b/a.txt"},
		{"bin/*", "", "%bytes:bin/%FF", "%bytes:lib/%FF"},
	} {
		g, err := ParseGlobs(words(test.include), words(test.exclude))
		must(t, err)
		for _, p := range words(test.match) {
			if !g.Match(p) {
				t.Errorf("include %q, exclude %q: %q is not chosen", test.include, test.exclude, p)
			}
		}
		for _, p := range words(test.differ) {
			if g.Match(p) {
				t.Errorf("include %q, exclude %q: %q is chosen", test.include, test.exclude, p)
			}
		}
	}
	for _, bad := range []string{"[", "a{b", "", "./", strings.Repeat("a", maxPattern+1)} {
		if _, err := ParseGlobs(nil, []string{bad}); err == nil {
			t.Errorf("pattern %.20q was accepted", bad)
		}
	}
}

func TestDetectMIME(t *testing.T) {
	for content, want := range map[string]string{
		"":                                   "text/plain; charset=utf-8",
		"hello":                              "text/plain; charset=utf-8",
		"\x7fELF\x02\x01\x00":                "application/octet-stream",
		"\x1f\x8b\x08\x00":                   "application/x-gzip",
		"sha256:00":                          "text/sha256+text",
		`{"a":1}`:                            "text/plain; charset=utf-8",
		"{\n \"spdxVersion\": \"SPDX-2.3\"}": "application/spdx+json",
		`{"$schema":"x","bomFormat":"CycloneDX"}`:                    "application/vnd.cyclonedx+json",
		`{"@context":"https://openvex.dev/ns/v0.2.0"}`:               "application/vex+json",
		strings.Repeat(" ", sniffLen) + `{"spdxVersion":"SPDX-2.3"}`: "text/plain; charset=utf-8",
	} {
		if got := DetectMIME([]byte(content)); got != want {
			t.Errorf("DetectMIME(%.40q) = %q, want %q", content, got, want)
		}
	}
}
