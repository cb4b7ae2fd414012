package refs

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/internal/sink"
	"github.com/org/cilock-action/pkg/actionref"
	"github.com/org/cilock-action/pkg/actionref/ghresolve"
)

// report is one of everything, with texts that want to be commands, links and
// structure.
func report(t *testing.T) (Report, []Finding) {
	t.Helper()
	hostile := "a\n::error::stolen ##[error]b\u202e\xff.yml"
	pin := use(4, pinnedUse)
	pin.Comment = "v1.2.3"
	quoted := use(5, "Acme/Tool@v1")
	quoted.exact = actionref.Exact{Line: 5, Col: 16, End: 28}
	r := Report{Files: 3, Rows: []Row{
		pin, quoted, use(6, "acme/tool@v1"), use(7, "./local"), use(8, "[click](javascript:x)@v1"),
		use(9, "docker://alpine:3"), use(10, "::error::x\n::set-output name=a::b"),
		errorRow(Problem{File: hostile, Line: 2, Col: 3, Why: "bad\r::error::why ##[add-mask]x\u009b31m"}, false),
		errorRow(Problem{File: "un%read:able.yml", Why: "cannot be read: permission denied"}, true),
	}, Injections: []Injection{{File: "ci.yml", Line: 12, Col: 20, Expression: "${{ github.event.issue.title }}", Job: "a"}}}
	sha := strings.Repeat("5", 40)
	r.Follow(t.Context(), World{Resolver: &answers{by: map[string]ghresolve.Answer{
		"acme/tool@v1": {Verdict: ghresolve.ReachableDefault, SHA: sha, Tags: []string{"v1.0.2"}},
		pinnedUse:      {Verdict: ghresolve.ReachableRef, SHA: sha, Tags: []string{"v1.2.3"}},
	}}})
	r.sort()
	return r, Judge(r)
}

// golden compares with testdata/NAME. CILOCK_UPDATE=1 writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("CILOCK_UPDATE") == "1" {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not current; it is now:\n%s", path, got)
	}
}

// quiet fails the test if a line of the text is a command to the runner.
func quiet(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(strings.ReplaceAll(text, "\r", "\n")) {
		if strings.HasPrefix(strings.TrimSpace(line), "::") || strings.Contains(line, "##[") {
			t.Errorf("a command to the runner: %q", line)
		}
	}
	if !utf8.ValidString(text) {
		t.Error("not valid UTF-8")
	}
	unseen := func(r rune) bool {
		return r >= 0x7f && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Variation_Selector))
	}
	if strings.IndexFunc(text, unseen) >= 0 {
		t.Errorf("a character that cannot be seen is left in %q", text)
	}
}

func TestText(t *testing.T) {
	r, findings := report(t)
	var b bytes.Buffer
	s := sink.New(sink.Options{Writer: &b})
	for _, line := range Lines(r, findings) {
		if err := s.Line(line); err != nil {
			t.Fatal(err)
		}
	}
	quiet(t, b.String())
	golden(t, "report.txt", b.String())
}

// TestTextSaysWhatNext: each end of a report names the next step, and says
// what was not checked.
func TestTextSaysWhatNext(t *testing.T) {
	for _, test := range []struct {
		r    Report
		want string
	}{
		{Report{}, "nothing-read: no workflow and no action was read; name a file"},
		{Report{Files: 1}, "next: --resolve online also proves"},
		{Report{Files: 1, Rows: []Row{use(1, "a/b@v1")}}, "next: do what each warning proposes"},
		{Report{Rows: []Row{use(1, "a/b")}}, "next: correct the errors"},
	} {
		text := strings.Join(Lines(test.r, Judge(test.r)), "\n")
		if !strings.Contains(text, test.want) || !strings.Contains(text, "not checked: whether commits belong") {
			t.Errorf("%+v:\n%s", test.r, text)
		}
	}
}

func TestJSON(t *testing.T) {
	r, _ := report(t)
	text, err := JSON(r)
	if err != nil {
		t.Fatal(err)
	}
	quiet(t, text)
	golden(t, "report.json", text)
	var back []Row
	if err := json.Unmarshal([]byte(text), &back); err != nil || len(back) != len(r.Rows) {
		t.Fatalf("%d rows, %v", len(back), err)
	}
	if back[1].Why != r.Rows[1].Why || back[0].Kind != actionref.KindError {
		t.Errorf("rows come back as %+v", back)
	}
	for _, empty := range []Report{{}, {Rows: []Row{}}} {
		if text, err := JSON(empty); err != nil || text != "[]\n" {
			t.Errorf("no rows are %q, %v", text, err)
		}
	}
}

// TestGitHub: the commands are exactly ours, and the summary has what they had
// no room for.
func TestGitHub(t *testing.T) {
	r, findings := report(t)
	var b bytes.Buffer
	s := sink.New(sink.Options{Writer: &b, Getenv: func(name string) string { return map[string]string{"GITHUB_ACTIONS": "true"}[name] }})
	rest, err := Annotate(findings, filetree.Checkout{}, s)
	if err != nil || rest.Total() != 0 {
		t.Fatalf("%+v, %v", rest, err)
	}
	golden(t, "report.commands", b.String())
	for line := range strings.Lines(b.String()) {
		if !strings.HasPrefix(line, "::error ") && !strings.HasPrefix(line, "::warning ") || strings.Contains(line, "##[") {
			t.Errorf("not a command of ours: %q", line)
		}
	}
	golden(t, "report.md", Markdown(r, findings, rest))
}

// TestGitHubTenOfEachLevel: the worst ten are annotations, the others are in
// the summary.
func TestGitHubTenOfEachLevel(t *testing.T) {
	var r Report
	for i := range 11 {
		r.Rows = append(r.Rows, use(i+1, "acme/tool"+string(rune('a'+i))+"@v1"), use(i+20, "broken"+string(rune('a'+i))))
	}
	findings := Judge(r)
	var b bytes.Buffer
	s := sink.New(sink.Options{Writer: &b, Getenv: func(name string) string { return map[string]string{"GITHUB_ACTIONS": "true"}[name] }})
	rest, err := Annotate(findings, filetree.Checkout{}, s)
	if err != nil {
		t.Fatal(err)
	}
	if e, w := strings.Count(b.String(), "::error "), strings.Count(b.String(), "::warning "); e != 10 || w != 10 {
		t.Errorf("%d errors, %d warnings", e, w)
	}
	text := Markdown(r, findings, rest)
	for _, want := range []string{"1 error, 1 warning", "brokenk", "acme/toolk&#64;v1", "ci&#46;yml&#58;11&#58;15", "- error: 11\n", "- warning: 11\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("the summary lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "toolj") {
		t.Errorf("the summary repeats an annotation:\n%s", text)
	}
}

// FuzzDocument: whatever is encoded comes back, is valid, and is no command.
func FuzzDocument(f *testing.F) {
	for _, s := range []string{"", "##[error]x", "\u202e\u009b\ufeff", "\xff\x00", "::error::", "\U000e0001", `\u005b##[`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text, err := sink.Document([]string{s})
		if err != nil {
			t.Fatal(err)
		}
		quiet(t, text)
		var back []string
		if err := json.Unmarshal([]byte(text), &back); err != nil || len(back) != 1 {
			t.Fatalf("%q: %v", text, err)
		}
		var want bytes.Buffer // what encoding/json makes of invalid UTF-8
		for _, r := range s {
			want.WriteRune(r)
		}
		if back[0] != want.String() {
			t.Fatalf("%q comes back as %q", s, back[0])
		}
	})
}
