package sink

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/org/cilock-action/test/runner"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
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
		t.Errorf("%s differs; got:\n%s", path, got)
	}
}

func TestLine(t *testing.T) {
	for in, want := range map[string]string{
		"build ok":                       "build ok",
		"::error::x":                     ": :error::x",
		"\u3000\t::add-mask::x":          "\u3000 : :add-mask::x",
		"a::b":                           "a::b",
		"see ##[error]x":                 "see ## [error]x",
		"\u202e\u200b::error::x":         ": :error::x",
		"a\nb\r\nc\rd\u2028e":            `a\nb\nc\nd\ne`,
		strings.Repeat("😀", maxLine):     strings.Repeat("😀", maxLine/2-4) + "… (cut)",
		"\x1b[31mred\x07\u0085\xff":      "[31mred\ufffd",
		"#\u2066#[error]x":               "## [error]x",
		strings.Repeat("é", maxLine+100): strings.Repeat("é", maxLine-7) + "… (cut)",
	} {
		var b bytes.Buffer
		if err := New(Options{Writer: &b}).Line(in); err != nil {
			t.Fatal(err)
		}
		if got := b.String(); got != want+"\n" {
			t.Errorf("Line(%.60q) wrote %.60q, want %.60q", in, got, want)
		}
	}
}

func fill(s *Sink) {
	for i := 1; i <= 12; i++ {
		s.Annotate(Notice, Properties{}, fmt.Sprintf("notice %d", i))
		s.Annotate(Warning, Properties{File: "a/b.yml", Line: i, EndLine: i + i%2, Col: 3, EndCol: 9}, fmt.Sprintf("warning %d", i))
		s.Annotate(Error, Properties{File: "x:y,z.go", Title: "50% of ##[it]"}, fmt.Sprintf("error %d\n::error::second line", i))
	}
	s.Annotate("odd", Properties{Line: 3, Col: 2}, "an unknown level is an error")
	s.Annotate(Notice, Properties{}, " \n")
}

// The runner keeps the first 10 of each level, so the order of writing decides
// what people see.
func TestFlush(t *testing.T) {
	var b bytes.Buffer
	s := New(Options{Writer: &b, Getenv: actions(nil)})
	fill(s)
	rest, err := s.Flush()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "annotations.golden", b.String()+"-- summary --\n"+rest.Markdown())
	if rest.Count[Error] != 3 || rest.Count[Warning] != 2 || rest.Count[Notice] != 2 || rest.Total() != 7 {
		t.Errorf("rest counts %v", rest.Count)
	}
	b.Reset()
	s.Annotate(Error, Properties{}, "an eleventh error")
	if rest, err = s.Flush(); err != nil || rest.Total() != 1 || b.Len() > 0 {
		t.Errorf("the second Flush wrote %q and left %v, %v", b.String(), rest.Count, err)
	}
}

func TestFlushIsBounded(t *testing.T) {
	s := New(Options{Getenv: actions(nil)})
	for range maxHeld + 50 {
		s.Annotate(Warning, Properties{}, "w")
	}
	rest, err := s.Flush()
	if err != nil || rest.Count[Warning] != maxHeld+40 || len(rest.Annotations) != maxHeld-10 {
		t.Errorf("%d counted, %d kept, %v", rest.Count[Warning], len(rest.Annotations), err)
	}
}

func TestFlushReturnsWhatItCouldNotWrite(t *testing.T) {
	s := New(Options{Writer: failing{}, Getenv: actions(nil)})
	s.Annotate(Error, Properties{}, "e")
	s.Annotate(Notice, Properties{}, "n")
	rest, err := s.Flush()
	if !errors.Is(err, errFull) || rest.Total() != 2 {
		t.Errorf("rest %v, error %v", rest.Count, err)
	}
}

var errFull = errors.New("disk full")

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errFull }

func TestWriteErrorsAreReturned(t *testing.T) {
	s := New(Options{Writer: failing{}, Getenv: actions(nil)})
	for name, err := range map[string]error{
		"Line": s.Line("x"), "Break": s.Break(), "Group": s.Group("x"), "EndGroup": s.EndGroup(), "Mask": s.Mask("x"),
	} {
		if !errors.Is(err, errFull) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOutsideActions(t *testing.T) {
	var b bytes.Buffer
	s := New(Options{Writer: &b})
	fill(s)
	rest, err := s.Flush()
	if err != nil || rest.Total() != 0 || rest.Markdown() != "" {
		t.Errorf("left %v, %v", rest.Count, err)
	}
	if err := errors.Join(s.Mask("hunter2-hunter2"), s.Group("a group"), s.EndGroup(), s.Break()); err != nil {
		t.Error(err)
	}
	golden(t, "terminal.golden", b.String())
	for variable, err := range map[string]error{
		"GITHUB_OUTPUT": s.SetOutput("a", "b"), "GITHUB_ENV": s.SetEnv("a", "b"),
		"GITHUB_STATE": s.SaveState("a", "b"), "GITHUB_STEP_SUMMARY": s.Summary("a"),
	} {
		var missing *MissingFileError
		if !errors.As(err, &missing) || missing.Variable != variable || err.Error() != variable+" is not set" {
			t.Errorf("%s: %v", variable, err)
		}
	}
}

// Every line of a secret is masked, since logs are masked by the line, and a
// percent sign in it is not read as an escape.
func TestMask(t *testing.T) {
	var b bytes.Buffer
	s := New(Options{Writer: &b, Getenv: actions(nil)})
	for _, secret := range []string{"p%0Aq::x", "-----BEGIN\r\n\r\nabc\n-----END\n", " \n"} {
		if err := s.Mask(secret); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, l := range runner.SplitLines(b.String()) {
		c, ok := runner.ParseCommand(l)
		if !ok || c.Name != "add-mask" {
			t.Fatalf("the runner reads %q as %+v", l, c)
		}
		got = append(got, c.Data)
	}
	want := []string{"p%0Aq::x", "-----BEGIN", "abc", "-----END", "-----BEGIN\r\n\r\nabc\n-----END\n"}
	if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
		t.Errorf("masks %q, want %q", got, want)
	}
}

func TestGroup(t *testing.T) {
	var b bytes.Buffer
	s := New(Options{Writer: &b, Getenv: actions(nil)})
	if err := errors.Join(s.Group("50%\n::error::x"), s.EndGroup()); err != nil {
		t.Fatal(err)
	}
	if want := "::group::50%25\\n::error::x\n::endgroup::\n"; b.String() != want {
		t.Errorf("wrote %q, want %q", b.String(), want)
	}
}

// Lines of concurrent writers stay whole.
func TestConcurrentUse(t *testing.T) {
	var b bytes.Buffer
	path := filepath.Join(t.TempDir(), "out")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := New(Options{Writer: &b, Getenv: actions(map[string]string{"GITHUB_OUTPUT": path})})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 20 {
				s.Line("0123456789")
				s.Annotate(Warning, Properties{}, "w")
				s.SetOutput(fmt.Sprintf("k%d", i), "v\nw")
			}
			s.Flush()
		})
	}
	wg.Wait()
	warnings := 0
	for _, l := range runner.SplitLines(b.String()) {
		if c, ok := runner.ParseCommand(l); ok && c.Name == "warning" {
			warnings++
		} else if l != "0123456789" {
			t.Fatalf("a torn line: %q", l)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	pairs, err := runner.ParsePairs(string(text))
	if err != nil || len(pairs) != 160 || warnings != 10 {
		t.Errorf("%d pairs, %d warnings, %v", len(pairs), warnings, err)
	}
}
