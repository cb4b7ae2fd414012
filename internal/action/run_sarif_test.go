package action

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/org/cilock-action/internal/refs"
	"github.com/org/cilock-action/internal/sarif"
	"github.com/org/cilock-action/internal/scandoc"
	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/actionref"
	"github.com/org/cilock-action/pkg/attest"
	"github.com/org/cilock-action/pkg/secretscan"
)

const hostile = "a\n::error::b\u202e\x1b[2J ##[error] [x](javascript:y) \xff"

// runReport has one of everything, in names that want to be commands, links and
// structure; pid is what changes from run to run.
func runReport(pid int) Report {
	job := refs.Report{Job: true}
	job.Add(refs.Workflow{Path: ".github/workflows/ci.yml", Src: []byte("on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: acme/tool@v1\n")})
	job.Add(refs.Workflow{Path: ".github/workflows/called.yml", Repository: "octo-org/other", SHA: strings.Repeat("5", 40), Src: []byte("on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: acme/other@v1\n")})
	job.Use("action-ref", actionref.Parse("acme/wrapped@v1", actionref.InStep))
	scan := attest.SecretScan{High: 2, Low: 2, NotListed: 3, Findings: []attest.SecretFinding{
		{RuleID: "github-pat", Description: "A token.", Tier: secretscan.TierHigh, Digest: strings.Repeat("ab", 32), Length: 40, Location: "dist/" + hostile + ".txt", StartLine: 3, Offset: int64(pid), Count: 1},
		{RuleID: "github-pat", Description: "A token.", Tier: secretscan.TierHigh, Digest: strings.Repeat("cd", 32), Length: 40, Location: "stdout", StartLine: 7, Count: 2, EncodingPath: []string{"base64", "gzip"}},
		{RuleID: secretscan.RuleValue, Description: "The value of NAME.", Tier: secretscan.TierLow, Digest: "x", Length: 9, Location: "dist/x.zip", Member: "in\u202eside", StartLine: 1, Count: 1, LocationApproximate: true},
		{RuleID: "odd", Tier: secretscan.TierLow, Length: 9, Location: "attestation:git", StartLine: 1, Count: 1},
	}}
	late := refs.Judge(job)[0]
	late.Line, late.Message, late.Fix, late.Replace = 9, "correct-horse-battery", "correct-horse-battery", "correct-horse-battery"
	return Report{
		Plan:    Plan{Name: "build", Dir: "/w/sub", Root: "/w", Outfile: "/tmp/e.json", Redactor: NewRedactor([]string{"MY_SECRET=correct-horse-battery"})},
		Verdict: verdict.Fail,
		Findings: []verdict.Finding{
			{Verdict: verdict.Warn, Rule: "step-succeeded", Step: "build", Expected: "exit code 0", Found: "exit code 41"},
			{Verdict: verdict.Fail, Rule: "module " + hostile, Step: "build", Expected: "no denial", Found: fmt.Sprintf("process %d read correct-horse-battery", pid), Fix: "do not"},
			{Verdict: verdict.Fail, Rule: "module " + hostile, Step: "build", Expected: "no denial", Found: fmt.Sprintf("PID %d went to [2001:db8::1]", pid)},
			{Verdict: verdict.Incomplete, Rule: "complete", Step: "build", Expected: "no gap in trace", Found: hostile},
			{Verdict: verdict.Warn, Rule: verdict.RuleSecrets, Step: "build", Expected: "no credential", Found: "said below"},
		},
		Lost: []string{"write evidence " + hostile}, References: append(refs.Judge(job), late), Place: Place{File: ".github/workflows/ci.yml", Line: 6},
		Secrets: Row{Section: Section{Body: scan}},
		Seen:    Seen{Processes: []attest.Process{{ProcessID: pid, ParentPID: 1, Program: "/bin/curl"}}},
	}
}

func runLog(t *testing.T, r Report) (text string, run sarif.Run) {
	t.Helper()
	text, err := r.SARIF()
	if err != nil {
		t.Fatal(err)
	}
	var log struct{ Runs []sarif.Run }
	if err := json.Unmarshal([]byte(text), &log); err != nil {
		t.Fatal(err)
	}
	return text, log.Runs[0]
}

// TestRunSARIF: the document as a whole. test/sarif holds run.sarif against its schema.
func TestRunSARIF(t *testing.T) {
	text, run := runLog(t, runReport(4321))
	text = strings.Replace(text, `          "version": "`+buildVersion()+"\",\n", "", 1)
	const path = "testdata/run.sarif"
	if os.Getenv("CILOCK_UPDATE") == "1" {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(path); err != nil || text != string(want) {
		t.Errorf("%s is not current (%v); it is now:\n%s", path, err, text)
	}
	if strings.ContainsAny(text, "\u202e\x1b") || strings.Contains(text, "##[") || strings.Contains(text, "correct-horse") || strings.Contains(text, "abababab") {
		t.Error("a terminal or the runner would obey it, or it has a secret or its digest")
	}
	if docs, err := scandoc.Recognise([]byte(text)); err != nil || len(docs) != 1 || docs[0].Kind != scandoc.SARIF {
		t.Errorf("our own reader takes it for %+v, %v", docs, err)
	}
	want := "error module:6 error module:6 warning complete:6 warning step-succeeded:6 " + // the verdict, the worst first
		"warning github-pat:3 warning github-pat:6 note environment-value:0 note odd:6 " +
		"warning unpinned-reference:6 warning unpinned-reference:6 warning unpinned-reference:6 warning unpinned-reference:9 "
	var got strings.Builder
	for _, r := range run.Results {
		line := 0
		if at := r.Locations[0].Physical; at.Region != nil {
			line = at.Region.StartLine
		}
		rule, _, _ := strings.Cut(r.RuleID, " ")
		fmt.Fprintf(&got, "%s %s:%d ", r.Level, rule, line)
		if strings.Contains(strings.ReplaceAll(r.Message.Text, `\](`, ""), "](") {
			t.Errorf("a link in %q", r.Message.Text)
		}
	}
	if got.String() != want {
		t.Errorf("results are\n%s, want\n%s", got.String(), want)
	}
}

// TestRunSARIFPrints: a result has the same fingerprint in the next run, in
// another line of the workflow, and with other process ids; two have two.
func TestRunSARIFPrints(t *testing.T) {
	_, before := runLog(t, runReport(4321))
	moved := runReport(99)
	moved.Place.Line = 60
	scan := moved.Secrets.Section.Body.(attest.SecretScan)
	for i := range scan.Findings {
		scan.Findings[i].Digest, scan.Findings[i].StartLine, scan.Findings[i].Length = "another", 100, 77
	}
	_, after := runLog(t, moved)
	seen := map[string]bool{}
	for i, r := range before.Results {
		if fmt.Sprint(r.Fingerprints) != fmt.Sprint(after.Results[i].Fingerprints) {
			t.Errorf("result %d: %v, then %v", i, r.Fingerprints, after.Results[i].Fingerprints)
		}
		for _, print := range r.Fingerprints {
			if seen[print] || len(print) != 64 {
				t.Errorf("result %d: fingerprint %q", i, print)
			}
			seen[print] = true
		}
	}
	if len(seen) != len(before.Results) {
		t.Errorf("%d fingerprints of %d results", len(seen), len(before.Results))
	}
}

// TestRunSARIFOutside: where there is no workflow, results that are in no file
// have a name and no file.
func TestRunSARIFOutside(t *testing.T) {
	r := runReport(1)
	r.Place, r.Lost = Place{}, nil
	_, run := runLog(t, r)
	if at := run.Results[0].Locations[0]; at.Physical != nil || at.Logical[0].Name != "build" {
		t.Errorf("place is %+v", at)
	}
	if run.Invocations[0].Successful {
		t.Error("there was a gap, and the run says that it was complete")
	}
}

// TestRuleTexts: every rule of a finding that is made with its name written out,
// in the judgement and here, is explained.
func TestRuleTexts(t *testing.T) {
	known := map[string]bool{verdict.RuleSecrets: true} // a result each
	for _, r := range ruleTexts() {
		if r.short == "" || !strings.HasSuffix(r.help, ".") || known[r.id] {
			t.Errorf("rule %+v", r)
		}
		known[r.id] = true
	}
	used := 0
	own, _ := filepath.Glob("*.go") // an error is one of the pattern
	judge, _ := filepath.Glob("../verdict/*.go")
	for _, name := range append(own, judge...) {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for n := range ast.Preorder(file) {
			if id := ruleIn(n); id != "" {
				used++
				if !known[id] {
					t.Errorf("%s: rule %q has no text", name, id)
				}
			}
		}
	}
	if used < 20 {
		t.Errorf("only %d findings were looked at", used)
	}
}

// ruleIn is the rule that a literal Finding names, or empty.
func ruleIn(n ast.Node) string {
	lit, ok := n.(*ast.CompositeLit)
	if !ok || len(lit.Elts) < 4 {
		return ""
	}
	e := lit.Elts[1]
	if kv, ok := e.(*ast.KeyValueExpr); ok {
		if key, ok := kv.Key.(*ast.Ident); !ok || key.Name != "Rule" {
			return ""
		}
		e = kv.Value
	} else if first, ok := lit.Elts[0].(*ast.Ident); !ok || !strings.Contains("Pass Warn Incomplete Fail", first.Name) {
		return ""
	}
	if basic, ok := e.(*ast.BasicLit); ok && basic.Kind == token.STRING {
		id, _ := strconv.Unquote(basic.Value)
		return id
	}
	return ""
}
