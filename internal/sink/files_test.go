package sink

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/org/cilock-action/test/runner"
)

// file makes a file of the runner's and a Sink that knows it.
func file(t *testing.T, variable, content string) (*Sink, func() string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return New(Options{Getenv: actions(map[string]string{variable: path})}), func() string {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
}

func TestPairsReachTheRunnerAsMeant(t *testing.T) {
	for _, before := range []string{"", "a=1\n", "a=1", "a<<E\n1\nE"} {
		s, read := file(t, "GITHUB_OUTPUT", before)
		values := []string{"", "pass", "two\nlines", "ends in a line feed\n", "cr\r", "\r\n", "x=y", "x<<E\n1\nE", "\xff"}
		for _, v := range values {
			if err := s.SetOutput("evidence-path", v); err != nil {
				t.Fatal(err)
			}
		}
		if !utf8.ValidString(read()) {
			t.Error("the file is not UTF-8: how it is read would be the runner's guess")
		}
		got, err := runner.ParsePairs(read())
		if err != nil {
			t.Fatal(err)
		}
		if before != "" {
			if got[0] != (runner.Pair{Key: "a", Value: "1"}) {
				t.Errorf("after %q the earlier output is %q", before, got[0])
			}
			got = got[1:]
		}
		for i, v := range values {
			want := runner.Pair{Key: "evidence-path", Value: strings.ToValidUTF8(v, "\uFFFD")}
			if i >= len(got) || got[i] != want {
				t.Fatalf("after %q value %q is missing in %q", before, v, got)
			}
		}
	}
}

// TestPassOutput: an output of a wrapped action has whatever name the runner takes.
func TestPassOutput(t *testing.T) {
	s, content := file(t, "GITHUB_OUTPUT", "")
	for _, key := range []string{"my.out put", "<a", "1"} {
		if err := s.PassOutput(key, "x\ny"); err != nil {
			t.Errorf("%q: %v", key, err)
		}
		pairs, err := ParseFileCommand([]byte(content()))
		if err != nil || pairs[key] != "x\ny" {
			t.Errorf("%q: got %q, %v", key, pairs, err)
		}
	}
	before := content()
	for _, key := range []string{"", "a=b", "a<<b", "a\nb", "a\rb", "a\x00"} {
		if err := s.PassOutput(key, "x"); err == nil {
			t.Errorf("%q is set", key)
		}
	}
	if content() != before {
		t.Error("what is refused is written")
	}
}

func TestDelimiterIsNeverTheSame(t *testing.T) {
	s, read := file(t, "GITHUB_STATE", "")
	for range 2 {
		if err := s.SaveState("k", "v"); err != nil {
			t.Fatal(err)
		}
	}
	lines := strings.Split(read(), "\n")
	if len(lines) != 7 || lines[2] == lines[5] || len(lines[2]) < 26 {
		t.Errorf("delimiters %q", lines)
	}
	if _, err := heredoc("k", "a\nD\nb=1", "D"); err == nil {
		t.Error("a value that contains the delimiter is accepted")
	}
}

func TestRefusedPairs(t *testing.T) {
	s, read := file(t, "GITHUB_OUTPUT", "")
	for _, key := range []string{"", "a b", "a=b", "a<<b", "a\nb", "1a", "-a", "ä", "a\r", strings.Repeat("k", 256)} {
		if err := s.SetOutput(key, "v"); err == nil {
			t.Errorf("key %.20q is accepted", key)
		}
	}
	if err := s.SetOutput("k", "a\x00b"); err == nil {
		t.Error("a NUL is accepted")
	}
	if err := s.SetOutput("k", strings.Repeat("v", maxFile)); err == nil {
		t.Error("more than 1 MiB is accepted")
	}
	if read() != "" {
		t.Errorf("something was written: %.80q", read())
	}
	half := strings.Repeat("v", maxFile/2)
	if err := s.SetOutput("a", half); err != nil {
		t.Error(err)
	}
	if err := s.SetOutput("b", half); err == nil {
		t.Error("two halves of 1 MiB are accepted together")
	}
}

func TestSetEnvRefusesWhatTheRunnerDoesNotAllow(t *testing.T) {
	s, read := file(t, "GITHUB_ENV", "")
	for _, key := range []string{"GITHUB_SHA", "github_sha", "RUNNER_OS", "NODE_OPTIONS", "node_options"} {
		if err := s.SetEnv(key, "v"); err == nil {
			t.Errorf("%s is accepted", key)
		}
	}
	if err := s.SetEnv("BIG", strings.Repeat("v", maxEnv)); err == nil {
		t.Error("a value that no program could be started with is accepted")
	}
	if err := s.SetEnv("CILOCK", "v"); err != nil || !strings.HasPrefix(read(), "CILOCK<<") {
		t.Errorf("%v, file %q", err, read())
	}
}

func TestFilesThatAreNotThere(t *testing.T) {
	dir := t.TempDir()
	for name, path := range map[string]string{"gone": filepath.Join(dir, "gone"), "directory": dir, "device": os.DevNull} {
		s := New(Options{Getenv: actions(map[string]string{"GITHUB_OUTPUT": path})})
		var missing *MissingFileError
		if err := s.SetOutput("k", "v"); !errors.As(err, &missing) || !strings.Contains(err.Error(), "GITHUB_OUTPUT") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "gone")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a file was created")
	}
}

func TestSummary(t *testing.T) {
	s, read := file(t, "GITHUB_STEP_SUMMARY", "# theirs")
	if err := errors.Join(s.Summary("# ours"), s.Summary(" \n"), s.Summary("second\x00\u202e\n")); err != nil {
		t.Fatal(err)
	}
	if want := "# theirs\n# ours\nsecond\n"; read() != want {
		t.Errorf("summary %q, want %q", read(), want)
	}
}

func TestSummaryIsCutAtALine(t *testing.T) {
	s, read := file(t, "GITHUB_STEP_SUMMARY", "")
	if err := s.Summary(strings.Repeat("0123456789\n", 10_000)); err != nil {
		t.Fatal(err)
	}
	got := read()
	kept := strings.Count(got, "0123456789\n")
	if len(got) > aimSummary || len(got) < aimSummary-50 || !strings.HasSuffix(got, fmt.Sprintf("\n_%d more lines left out._\n", 10_000-kept)) {
		t.Errorf("%d bytes, %d lines kept, ends in %q", len(got), kept, got[len(got)-60:])
	}
	if err := s.Summary("one more\nline\n"); err == nil || read() != got {
		t.Errorf("a full summary grew, or nothing was said: %v", err)
	}
}

// Beyond 1 MiB the runner drops the whole file, so a step that nearly filled it
// leaves us the rest, and one that filled it nothing.
func TestSummaryRespectsWhatIsThere(t *testing.T) {
	for room, fits := range map[int]bool{-1: false, 0: false, 20: false, 100: true, 2500: true, 2501: true} {
		s, read := file(t, "GITHUB_STEP_SUMMARY", strings.Repeat("x", maxFile-room))
		err := s.Summary(strings.Repeat("line\n", 500))
		if n := len(read()); (err == nil) != fits || n > max(maxFile, maxFile-room) || fits && n == maxFile-room {
			t.Errorf("room %d: %d bytes, %v", room, n, err)
		}
	}
}

func TestEscapeMarkdown(t *testing.T) {
	for in, want := range map[string]string{
		"cmd/action/main.go":         "cmd/action/main&#46;go",
		"<img src=x>":                "&#60;img src=x&#62;",
		"a | b":                      "a &#124; b",
		"`x` **y**":                  "&#96;x&#96; &#42;&#42;y&#42;&#42;",
		"- [x](https://a.b)":         "&#45; &#91;x&#93;&#40;https&#58;//a&#46;b&#41;",
		"# no\n\nheading":            `&#35; no&#92;n&#92;nheading`,
		"evil\u202egpj.exe\u200b":    "evilgpj&#46;exe",
		"&lt;":                       "&#38;lt;",
		"  1. x":                     "1&#46; x",
		"\x1b]8;;https://x\x07y\xff": "&#93;8;;https&#58;//xy\ufffd",
	} {
		if got := EscapeMarkdown(in); got != want {
			t.Errorf("EscapeMarkdown(%q) = %q, want %q", in, got, want)
		}
	}
	if got, want := Code("a`b|c"), "<code>a&#96;b&#124;c</code>"; got != want {
		t.Errorf("Code = %q, want %q", got, want)
	}
}
