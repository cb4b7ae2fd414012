package refs

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/actionref"
	"github.com/org/cilock-action/pkg/actionref/ghresolve"
	"github.com/org/cilock-action/pkg/actionref/treecheck"
)

// use is the row of a reference in a step.
func use(line int, text string) Row {
	return useRow("ci.yml", actionref.Use{Ref: actionref.Parse(text, actionref.InStep), Line: line, Col: 15, Count: 1})
}

// judged is the first finding of a row as "level rule", or "".
func judged(row Row) string {
	f := Judge(Report{Rows: []Row{row}})
	if len(f) == 0 {
		return ""
	}
	return string(f[0].Level) + " " + f[0].Rule
}

func TestJudgeLevels(t *testing.T) {
	for text, want := range map[string]string{
		pinnedUse: "", "./local": "", "$/own": "", "docker://alpine@sha256:" + strings.Repeat("ab", 32): "",
		"acme/tool@v1": "warning unpinned-reference", "acme/tool@main": "warning unpinned-reference",
		"docker://alpine:3": "warning unpinned-reference", "${{ matrix.x }}": "warning unpinned-reference",
		"./../outside": "warning unpinned-reference",
		"acme/tool":    "error invalid-reference", "a/b@v1@v2": "error invalid-reference", "": "error invalid-reference",
	} {
		if got := judged(use(1, text)); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if got := judged(errorRow(Problem{File: "x"}, false)); got != "error refused-file" {
		t.Errorf("a refused file: %q", got)
	}
	if got := judged(errorRow(Problem{File: "x"}, true)); got != "error unread-file" {
		t.Errorf("an unread file: %q", got)
	}
}

func TestJudgeOrder(t *testing.T) {
	r := Report{
		Rows:       []Row{use(2, "a/b@v1"), use(1, "a/b@v2"), errorRow(Problem{File: "z.yml", Line: 7}, false), use(9, "a/b")},
		Injections: []Injection{{File: "ci.yml", Line: 1, Col: 3, Expression: "${{ x }}"}},
	}
	var got []string
	for _, f := range Judge(r) {
		got = append(got, string(f.Level)+" "+f.File+" "+f.Rule)
	}
	want := []string{
		"error ci.yml invalid-reference", "error z.yml refused-file", "warning ci.yml script-injection",
		"warning ci.yml unpinned-reference", "warning ci.yml unpinned-reference",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if f := Judge(r); !strings.Contains(f[3].Message, "a/b@v2") {
		t.Errorf("line 2 before line 1: %+v", f)
	}
}

func TestVerdictAndFailOn(t *testing.T) {
	warning, failure := []Finding{{Level: Warning}}, []Finding{{Level: Error}, {Level: Warning}}
	for _, test := range []struct {
		failOn   string
		findings []Finding
		verdict  verdict.Verdict
		code     int
	}{
		{"", nil, verdict.Pass, 0},
		{"", warning, verdict.Warn, 0},
		{"error", warning, verdict.Warn, 0},
		{"fail", warning, verdict.Warn, 0},
		{"warning", warning, verdict.Warn, 3},
		{"warn", warning, verdict.Warn, 3},
		{"", failure, verdict.Fail, 3},
		{"warning", failure, verdict.Fail, 3},
		{"warning", nil, verdict.Pass, 0},
	} {
		failOn, err := ParseFailOn(test.failOn)
		if v := Verdict(test.findings); err != nil || v != test.verdict || failOn.Code(v) != test.code {
			t.Errorf("%+v: verdict %s, %v", test, v, err)
		}
	}
	for _, word := range []string{"none", "incomplete", "Error"} {
		if _, err := ParseFailOn(word); err == nil {
			t.Errorf("%q is accepted", word)
		}
	}
}

// answers is a resolver that knows its answers beforehand. All actions use
// nothing, and no commit can be had.
type answers struct {
	by    map[string]ghresolve.Answer
	asked []string
	lose  bool // the answers
}

func (a *answers) Resolve(_ context.Context, refs []actionref.Ref) []ghresolve.Answer {
	var out []ghresolve.Answer
	for _, r := range refs {
		a.asked = append(a.asked, r.Canonical())
		out = append(out, a.by[r.Canonical()])
	}
	if a.lose {
		return nil
	}
	return out
}

func (a *answers) ReadFile(context.Context, string, string, []string, int64) (string, []byte, error) {
	return "action.yml", []byte("runs:\n  using: node24\n"), nil
}

func (a *answers) Commit(context.Context, string, string) (ghresolve.Git, error) {
	return nil, errors.New("no commits here")
}

// TestResolve: each distinct reference is asked for once, its answer is in
// every row, and what is no answer is undetermined.
func TestResolve(t *testing.T) {
	sha := strings.Repeat("5", 40)
	report := func() Report {
		return Report{Rows: []Row{use(1, "Acme/Tool@v1"), use(2, "./local"), use(3, "acme/tool@v1"), use(4, pinnedUse), use(5, "a/b"), use(6, "docker://x")}}
	}
	a := &answers{by: map[string]ghresolve.Answer{
		"acme/tool@v1": {Verdict: ghresolve.ReachableDefault, SHA: sha, Tags: []string{"v1", "v1.0.2"}},
		pinnedUse:      {Verdict: ghresolve.Unreachable, Reason: "no branch has it"},
	}}
	r := report()
	r.Follow(t.Context(), World{Resolver: a})
	if !slices.Equal(a.asked, []string{"acme/tool@v1", pinnedUse}) {
		t.Errorf("asked for %q", a.asked)
	}
	if !r.Resolved || r.Rows[0].ResolvedSHA != sha || r.Rows[2].Reachable != ghresolve.ReachableDefault || r.Rows[1].Reachable != "" {
		t.Errorf("rows are %+v", r.Rows)
	}
	f := Judge(r)
	if f[0].Rule != ruleUnreachable || !strings.Contains(f[0].Message, "no branch has it") {
		t.Errorf("first finding is %+v", f[0])
	}
	if f[2].Replace != "Acme/Tool@"+sha || f[2].Fix != "write Acme/Tool@"+sha+" # v1.0.2" {
		t.Errorf("finding is %+v", f[2])
	}
	for _, bad := range []*answers{{lose: true}, {by: map[string]ghresolve.Answer{pinnedUse: {Verdict: "fine"}}}} {
		r := report()
		r.Follow(t.Context(), World{Resolver: bad})
		if r.Rows[3].Reachable != ghresolve.Undetermined || !slices.ContainsFunc(Judge(r), func(f Finding) bool { return f.Rule == ruleUndetermined }) {
			t.Errorf("no answer counts as %q", r.Rows[3].Reachable)
		}
	}
}

// TestProvedRules: every answer but the two clean ones is a finding.
func TestProvedRules(t *testing.T) {
	for _, c := range []struct {
		answer ghresolve.Answer
		bytes  treecheck.State
		want   string
	}{
		{ghresolve.Answer{Verdict: ghresolve.ReachableDefault}, treecheck.True, ""},
		{ghresolve.Answer{Verdict: ghresolve.ReachableRef}, "", ""},
		{ghresolve.Answer{Verdict: ghresolve.ReachableRef}, treecheck.Unverified, "warning undetermined-reference"},
		{ghresolve.Answer{}, treecheck.Unverified, ""}, // nobody was asked
		{ghresolve.Answer{Verdict: ghresolve.TagOnly}, "", "warning pinned-tag"},
		{ghresolve.Answer{Verdict: ghresolve.TagObject}, "", "warning pinned-tag"},
		{ghresolve.Answer{Verdict: ghresolve.Undetermined}, "", "warning undetermined-reference"},
		{ghresolve.Answer{Verdict: ghresolve.Unreachable}, "", "error unreachable-commit"},
		{ghresolve.Answer{Verdict: ghresolve.Missing}, "", "error unreachable-commit"},
		{ghresolve.Answer{Verdict: ghresolve.ReachableDefault}, treecheck.False, "error changed-action"},
		{ghresolve.Answer{Verdict: ghresolve.Undetermined, Denied: "stealer"}, "", "error denied-commit"},
		{ghresolve.Answer{Verdict: ghresolve.ReachableDefault, RenamedTo: "new/name"}, "", "warning renamed-repository"},
		{ghresolve.Answer{Verdict: ghresolve.ReachableDefault, Archived: new(true)}, "", "warning archived-repository"},
		{ghresolve.Answer{Verdict: ghresolve.ReachableDefault, Ambiguous: true}, "", "warning ambiguous-reference"},
	} {
		row := use(1, pinnedUse)
		row.answer, row.Reachable, row.bytes.State = c.answer, c.answer.Verdict, c.bytes
		if got := judged(row); got != c.want {
			t.Errorf("%+v %s: %q, want %q", c.answer, c.bytes, got, c.want)
		}
	}
}

func TestRedactReachesEveryText(t *testing.T) {
	row := use(1, "s3cret/tool@s3cret")
	row.File, row.Comment, row.Job, row.answer.Reason, row.answer.Verdict = "s3cret", "s3cret", "s3cret", "s3cret", ghresolve.Unreachable
	r := Report{Rows: []Row{row}, Injections: []Injection{{"s3cret", 1, 1, "s3cret", "s3cret"}}}
	r.Redact(func(s string) string { return strings.ReplaceAll(s, "s3cret", "***") })
	findings := Judge(r)
	texts := Lines(r, findings)
	for _, render := range []func() (string, error){
		func() (string, error) { return JSON(r) }, func() (string, error) { return SARIF(findings, filetree.Checkout{}) },
	} {
		text, err := render()
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, text)
	}
	if all := strings.Join(texts, "\n"); strings.Contains(all, "s3cret") {
		t.Errorf("a secret is left:\n%s", all)
	}
}
