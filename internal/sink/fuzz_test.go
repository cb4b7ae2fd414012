package sink

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/org/cilock-action/test/runner"
)

// hostile are texts that tried to be something else; the seeds of every target.
var hostile = []string{
	"", "plain", "::error::x", "\u00a0\u2003::add-mask::x", "##[error]x", "a ##[set-env name=A]b", "###[error]",
	"#\u200b#[error]x", ":\u202e:error::x", "\u200b::stop-commands::t", "a\r::error::b", "a\n##[group]b",
	"a\u2028::error::b", "\x00\x1b[31m::debug::\x7f", "%0A::error::%25", "::::", " : :", "\u0301 ##[error]x", "=x", "a,title=b",
	"\xff::error::\xfe", "K<<EOF\nv\nEOF\nL=1", "v\r", "\r\n", "\n", "x\n\n", "EOF", "\ufeff", strings.Repeat("é", 5000),
	strings.Repeat("😀", 3000), "|`<b>*_[x](y)\\&amp;#1 @me https://a.b", "\U000e0001\u034f\u3164",
}

func actions(extra map[string]string) func(string) string {
	return func(name string) string {
		if name == "GITHUB_ACTIONS" {
			return "true"
		}
		return extra[name]
	}
}

// laxly drops what a culture-sensitive comparison skips: characters of no weight,
// and combining marks.
func laxly(line string) string {
	return strings.Map(func(r rune) rune {
		if ignorable(r) || unicode.IsMark(r) || unicode.IsControl(r) {
			return -1
		}
		return r
	}, line)
}

func checkShown(t *testing.T, text string, limit int) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Errorf("invalid UTF-8: %q", text)
	}
	if n := len(utf16.Encode([]rune(text))); n > limit {
		t.Errorf("%d UTF-16 units, limit %d", n, limit)
	}
	for _, r := range text {
		if r != '\n' && (unicode.IsControl(r) || ignorable(r)) {
			t.Errorf("%U is left in %q", r, text)
		}
	}
}

func FuzzLine(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	for _, s := range []string{":\u302E:error::", "\u0301::error::x", " \u0301 ::error::x", "#\u0301#[error]x", "##\u0301[error]x", "a:\u0301:b"} {
		f.Add(s) // a mark that a culture skips
	}
	f.Fuzz(func(t *testing.T, text string) {
		var b bytes.Buffer
		s := New(Options{Writer: &b, Getenv: actions(nil)})
		if err := s.Line(text); err != nil {
			t.Fatal(err)
		}
		lines := runner.SplitLines(b.String())
		if len(lines) != 1 || !strings.HasSuffix(b.String(), "\n") {
			t.Fatalf("one line became %q", b.String())
		}
		for _, l := range []string{lines[0], laxly(lines[0])} {
			if c, ok := runner.ParseCommand(l, "", "x", "t"); ok {
				t.Errorf("the runner reads %q as %+v", l, c)
			}
		}
		checkShown(t, lines[0], maxLine)
	})
}

func FuzzAnnotate(f *testing.F) {
	for i, s := range hostile {
		f.Add(s, hostile[len(hostile)-1-i], hostile[(i+7)%len(hostile)], i-2, i-3, i, i-1)
	}
	f.Add("x", "f", "="+strings.Repeat("t", maxTitle), 1, 1, 1, 1) // the quote counts too
	f.Fuzz(func(t *testing.T, text, file, title string, line, endLine, col, endCol int) {
		var b bytes.Buffer
		s := New(Options{Writer: &b, Getenv: actions(nil)})
		p := Properties{file, line, endLine, col, endCol, title}
		s.Annotate(Warning, p, text)
		rest, err := s.Flush()
		if err != nil || rest.Total() != 0 {
			t.Fatal(rest, err)
		}
		if strings.TrimSpace(text) == "" {
			if b.Len() > 0 {
				t.Fatalf("an empty message became %q", b.String())
			}
			return
		}
		lines := runner.SplitLines(b.String())
		if len(lines) != 1 {
			t.Fatalf("one annotation became %q", b.String())
		}
		c, ok := runner.ParseCommand(lines[0])
		if !ok || c.Name != "warning" || c.Data != based(message(text)) {
			t.Fatalf("the runner reads %q as %+v", lines[0], c)
		}
		if r, _ := utf8.DecodeRuneInString(c.Data); unicode.IsMark(r) {
			t.Errorf("the separator in %q can be hidden by %U", lines[0], r)
		}
		want := map[string]string{}
		for k, v := range p.command() {
			want[strings.ToLower(k)] = v
		}
		if !maps.Equal(c.Properties, want) {
			t.Errorf("properties of %q: %v, want %v", lines[0], c.Properties, want)
		}
		if strings.Contains(lines[0], "##[") {
			t.Errorf("a second command in %q", lines[0])
		}
		checkShown(t, c.Data, maxMessage+1) // and the base character
		checkShown(t, c.Properties["title"], maxTitle)
	})
}

func FuzzSetOutput(f *testing.F) {
	for i, s := range hostile {
		f.Add("verdict", s, "", "second", hostile[len(hostile)-1-i])
		f.Add(s, "v", "x=1", "a-b", s)
	}
	f.Fuzz(func(t *testing.T, key, value, before, key2, value2 string) {
		meant, err := runner.ParsePairs(before)
		if err != nil {
			return // the step is lost already
		}
		path := filepath.Join(t.TempDir(), "set_output_1")
		if err := os.WriteFile(path, []byte(before), 0o600); err != nil {
			t.Fatal(err)
		}
		s := New(Options{Getenv: actions(map[string]string{"GITHUB_OUTPUT": path})})
		for _, p := range []runner.Pair{{Key: key, Value: value}, {Key: key2, Value: value2}} {
			if s.SetOutput(p.Key, p.Value) == nil {
				p.Value = strings.ToValidUTF8(p.Value, "\uFFFD")
				meant = append(meant, p)
			}
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := runner.ParsePairs(string(text))
		if err != nil {
			t.Fatalf("the runner refuses %q: %v", text, err)
		}
		if len(got) != len(meant) {
			t.Fatalf("the runner reads %q, want %q", got, meant)
		}
		for i := range got {
			if got[i] != meant[i] {
				t.Errorf("the runner reads %q, want %q", got[i], meant[i])
			}
		}
	})
}

func FuzzSummary(f *testing.F) {
	for i, s := range hostile {
		f.Add(s, i*40000, i*300)
	}
	f.Fuzz(func(t *testing.T, text string, before, times int) {
		before, times = min(max(before, 0), maxFile+9), min(max(times, 0), 9000)
		path := filepath.Join(t.TempDir(), "step_summary_1")
		if err := os.WriteFile(path, bytes.Repeat([]byte("x"), before), 0o600); err != nil {
			t.Fatal(err)
		}
		s := New(Options{Getenv: actions(map[string]string{"GITHUB_STEP_SUMMARY": path})})
		text = strings.Repeat(text+"\n", max(1, min(times, 200_000/(len(text)+1))))
		for range 3 {
			err := s.Summary(text)
			got, rerr := os.ReadFile(path)
			if rerr != nil {
				t.Fatal(rerr)
			}
			if before <= maxFile && len(got) > maxFile {
				t.Fatalf("%d bytes, limit %d", len(got), maxFile)
			}
			if len(got)-before > aimSummary+1 {
				t.Fatalf("%d bytes of ours, limit %d", len(got)-before, aimSummary)
			}
			if err == nil && len(got) > before && got[len(got)-1] != '\n' {
				t.Fatal("the last line is not ended")
			}
			if !utf8.Valid(got) {
				t.Fatal("invalid UTF-8")
			}
		}
	})
}

func FuzzEscapeMarkdown(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := EscapeMarkdown(text)
		checkShown(t, got, len(got))
		if strings.ContainsAny(got, "\n\\`*_{}[]<>()!|~\"':@$.") {
			t.Errorf("structure is left in %q", got)
		}
		if got != "" && strings.ContainsAny(got[:1], "-+= ") {
			t.Errorf("%q could start a block", got)
		}
		for part := range strings.SplitSeq(got, "&") { // "&" and "#" occur only in references
			number, _, ok := strings.Cut(strings.TrimPrefix(part, "#"), ";")
			if part != strings.Split(got, "&")[0] && (!ok || strings.Trim(number, "0123456789") != "") {
				t.Errorf("%q holds a bare ampersand", got)
			}
		}
	})
}
