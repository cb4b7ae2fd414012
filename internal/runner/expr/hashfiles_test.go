package expr

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// workspace makes a folder that has files, whose contents are their names, and
// links, written as name -> target.
func workspace(t testing.TB, names ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "ws")
	for _, name := range names {
		name, target, link := strings.Cut(name, " -> ")
		full := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if link {
			if err := os.Symlink(strings.ReplaceAll(target, "WS", dir), full); err != nil {
				t.Skip(err)
			}
		} else if err := os.WriteFile(full, []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// hashOf is the hash of files that hold these texts, in this order.
func hashOf(contents ...string) string {
	if len(contents) == 0 {
		return ""
	}
	all := sha256.New()
	for _, content := range contents {
		one := sha256.Sum256([]byte(content))
		all.Write(one[:])
	}
	return hex.EncodeToString(all.Sum(nil))
}

// TestHashFiles: test/oracle has more patterns.
func TestHashFiles(t *testing.T) {
	dir := workspace(t, "b.txt", "a.txt", "src/x.go", "src/.y/x.go", "src-2/x.go", "go.sum", "z/go.sum")
	for _, c := range []struct{ patterns, want string }{
		{"*.txt", "a.txt b.txt"},
		{"b.txt|a.txt", "b.txt a.txt"},
		{"**/go.sum", "go.sum z/go.sum"},
		{"src", "src/.y/x.go src/x.go"},
		{"**/x.go", "src/.y/x.go src/x.go src-2/x.go"},
		{"**/*.go|!src/**", "src-2/x.go"},
		{"!src|src/x.go", "src/x.go"},
		{"none", ""},
		{"", ""},
		{"src/x.go/", ""},
		{"[ab].txt|!a*", "b.txt"},
		{"[!a].txt", "b.txt"},
		{"[^b-z].txt", "a.txt"},
		{"# a.txt\n\n b.txt ", "b.txt"},
		{"./a.txt", "a.txt"},
		{filepath.ToSlash(dir) + "/a.txt", "a.txt"},
		{"/**/a.txt", "a.txt"},
		{"/*/nowhere", ""},
		{"!**", ""},
		{"--Follow-Symbolic-Links|a.txt", "a.txt"},
	} {
		got, err := HashFiles(t.Context(), dir, strings.Split(c.patterns, "|"))
		if want := hashOf(strings.Fields(c.want)...); err != nil || got != want {
			t.Errorf("%q: %q, %v; want %q", c.patterns, got, err, want)
		}
	}
	home := Files{Workspace: dir, Home: filepath.Dir(dir)}
	if got, err := home.Hash(t.Context(), []string{"~/ws/*.txt"}); err != nil || got != hashOf("a.txt", "b.txt") {
		t.Errorf("below the home directory: %q, %v", got, err)
	}
}

func TestHashFilesLinks(t *testing.T) {
	dir := workspace(t, "a", "real/b", "file -> a", "abs -> WS/a", "dir -> real", "real/up -> ..", "absdir -> WS/real",
		"far/out -> ../..", "far/passwd -> /etc/passwd", "far/gone -> nothing")
	for _, c := range []struct{ patterns, want, fails string }{
		{patterns: "file|abs", want: "a a"},
		{patterns: "dir"},
		{patterns: "dir/**"},
		{patterns: "dir/b", want: "real/b"},
		// A cycle ends at the first folder that is met inside itself.
		{patterns: "--follow-symbolic-links|real/**|!**/far/**", want: "real/b a a a"},
		{patterns: "**|!far/**|!real/up", want: "a a a real/b"},
		{patterns: "--follow-symbolic-links|absdir/b", want: "real/b"},
		{patterns: "far/out", fails: "the link far/out leads out of the workspace"},
		{patterns: "far/passwd", fails: "the link far/passwd leads out of the workspace"},
		{patterns: "--follow-symbolic-links|far/passwd", fails: "the link far/passwd leads out of the workspace"},
		{patterns: "--follow-symbolic-links|far/out", fails: "the link far/out leads out of the workspace"},
		{patterns: "far/out/**", fails: "far/out"},
		{patterns: "far/gone", fails: "follow the link far/gone"},
		{patterns: "--follow-symbolic-links|far/gone"},
	} {
		got, err := HashFiles(t.Context(), dir, strings.Split(c.patterns, "|"))
		if c.fails != "" {
			if err == nil || !strings.Contains(err.Error(), c.fails) {
				t.Errorf("%q: %q, error %v, want %q", c.patterns, got, err, c.fails)
			}
			continue
		}
		if want := hashOf(strings.Fields(c.want)...); err != nil || got != want {
			t.Errorf("%q: %q, %v; want %q", c.patterns, got, err, want)
		}
	}
}

func TestHashFilesMistakes(t *testing.T) {
	dir := workspace(t, "a", "b", "c")
	for patterns, want := range map[string]string{
		"--hidden|a": `hashFiles has no such option`, "../a": "has . or .. in it", "a/./b": "has . or .. in it", "!": "is empty",
		"~/a": "needs a home directory", strings.Repeat("x", 5000): "longer than 4096 bytes", strings.Repeat("x|", 1100): "more than 1000 patterns",
	} {
		if got, err := HashFiles(t.Context(), dir, strings.Split(patterns, "|")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %q, error %v, want %q", patterns, got, err, want)
		}
	}
	if _, err := HashFiles(t.Context(), filepath.Join(dir, "none"), []string{"a"}); err == nil {
		t.Error("a workspace that is not there has a hash")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := HashFiles(ctx, dir, []string{"**"}); !errors.Is(err, context.Canceled) {
		t.Errorf("after a cancel: error %v", err)
	}
	for want, h := range map[string]hasher{
		"files and folders to look at": {entries: 2, bytes: 100}, "the files have more than": {entries: 100, bytes: 2},
	} {
		h.ctx, h.sum = t.Context(), sha256.New()
		if got, err := h.hash(Files{Workspace: dir}, []string{"**"}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q, error %v, want %q", got, err, want)
		}
	}
}

// FuzzGlob: no pattern takes long, and where one matches, a search for it comes
// by.
func FuzzGlob(f *testing.F) {
	f.Add("**/a*b?[c-e]/**", "x/aqb1d/y")
	f.Add("!~/[!a]/\\*", "h/b/*")
	f.Add("./[]a]/[a", "w/]/[a")
	f.Add("a*a*a*a*a*a*a*a*a*b/**/**/**/x", "w/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/x")
	f.Fuzz(func(t *testing.T, line, path string) {
		if len(line) > maxPatternSize || strings.Trim(line, " ") == "" {
			return
		}
		p, err := parsePattern(line, "/w", "/h")
		if err != nil {
			return
		}
		names := split(path)
		for _, p := range []pattern{p, p.descendants()} {
			if !p.match(names, false) {
				continue
			}
			for i := range names {
				if !p.match(names[:i], true) {
					t.Errorf("%q matches %q and not partly %q", line, names, names[:i])
				}
			}
		}
	})
}
