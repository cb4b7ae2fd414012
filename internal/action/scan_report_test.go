package action

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/internal/sarif"
	"github.com/org/cilock-action/internal/scandoc"
	"github.com/org/cilock-action/internal/sink"
	"github.com/org/cilock-action/pkg/secretscan"
)

// scanReport has one of everything, in texts that want to be commands, links and structure.
func scanReport(lasting bool) ScanReport {
	digest := strings.Repeat("0123456789abcdef", 4)
	r := secretscan.Result{Incomplete: true, Canary: true, Sources: 4, ScannedBytes: 99, Allowed: 1, Gaps: []string{"a\n::error::b: [x](y)"}}
	r.Findings = []secretscan.Finding{
		{RuleID: "x[a](b)\u202e", Description: "[click](javascript:x) ##[error]\x1b", Tier: secretscan.TierLow, Digest: digest, Length: 20, Source: "a\n::error::c ü.txt", Line: 7, Offset: 40, Count: 1},
		{RuleID: "github-pat", Description: "A token.", Tier: secretscan.TierHigh, Digest: digest, Length: 40, Source: "x.zip", Member: "in\u202eside", EncodingPath: []string{"zip"}, Line: 1, Count: 2, LocationApproximate: true},
		{RuleID: secretscan.RuleValue, Description: "The value of NAME.", Tier: secretscan.TierHigh, Digest: digest, Length: 9, Source: "-", Line: 3, Count: 1},
		{RuleID: "github-pat", Description: "A token.", Tier: secretscan.TierLow, Digest: digest, Length: 40, Source: "%bytes:b%FF", Line: 2, Count: 1},
	}
	in := ScanInputs{}
	if lasting {
		in.DigestKey = "key"
	}
	return NewScanReport(r, []string{"d: 1 symlinks"}, in, func(s string) string { return s })
}

// TestScanSARIF: the document as a whole. test/sarif holds scan.sarif against its schema.
func TestScanSARIF(t *testing.T) {
	text, err := scanReport(true).SARIF(filetree.Checkout{})
	if err != nil {
		t.Fatal(err)
	}
	text = strings.Replace(text, `          "version": "`+buildVersion()+"\",\n", "", 1)
	const path = "testdata/scan.sarif"
	if os.Getenv("CILOCK_UPDATE") == "1" {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(path); err != nil || text != string(want) {
		t.Errorf("%s is not current (%v); it is now:\n%s", path, err, text)
	}
	if strings.ContainsAny(text, "\u202e\x1b") || strings.Contains(text, "##[") {
		t.Error("a terminal or the runner would obey it")
	}
	if docs, err := scandoc.Recognise([]byte(text)); err != nil || len(docs) != 1 || docs[0].Kind != scandoc.SARIF {
		t.Errorf("our own reader takes it for %+v, %v", docs, err)
	}
}

// TestScanSARIFPlaces: levels, rules, places, and fingerprints only where they stay the same.
func TestScanSARIFPlaces(t *testing.T) {
	text, err := scanReport(false).SARIF(filetree.Checkout{})
	if err != nil {
		t.Fatal(err)
	}
	var log struct{ Runs []sarif.Run }
	if err := json.Unmarshal([]byte(text), &log); err != nil {
		t.Fatal(err)
	}
	run := log.Runs[0]
	if len(run.Tool.Driver.Rules) != 3 || len(run.Results) != 4 || run.Invocations[0].Successful || len(run.Invocations[0].Notifications) != 2 {
		t.Errorf("run is %+v", run)
	}
	for i, want := range []string{sarif.Warning, sarif.Error, sarif.Error, sarif.Warning} {
		r := run.Results[i]
		if r.Level != want || run.Tool.Driver.Rules[r.RuleIndex].ID != r.RuleID || len(r.Fingerprints) > 0 {
			t.Errorf("result %d: %+v", i, r)
		}
	}
	at := func(i int) sarif.Location { return run.Results[i].Locations[0] }
	if at(0).Physical.Region.StartLine != 7 || at(1).Physical.Region != nil || at(2).Physical != nil || at(3).Physical.Artifact.URI != "b%FF" {
		t.Errorf("places are %+v", run.Results)
	}
	if got := run.Tool.Driver.Rules[2].Short.Text; strings.Contains(got, "NAME") {
		t.Errorf("the rule is described by one of its findings: %q", got)
	}
}

// TestScanAnnotate: the gap and the high findings are errors, with a place where there is one.
func TestScanAnnotate(t *testing.T) {
	var b bytes.Buffer
	s := sink.New(sink.Options{Writer: &b, Getenv: func(name string) string { return map[string]string{"GITHUB_ACTIONS": "true"}[name] }})
	r := scanReport(false)
	rest, err := r.Annotate(filetree.Checkout{}, s)
	if err != nil || rest.Total() != 0 {
		t.Fatalf("%+v, %v", rest, err)
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	for i, want := range []string{
		"::error title=cilock%3A incomplete::not everything was scanned", "::error file=x.zip,title=cilock%3A github-pat::high",
		"::error title=cilock%3A environment-value::high", `::warning file=a\n%3A%3Aerror%3A%3Ac ü.txt,line=7,title=cilock%3A x[a](b)::low`, "::warning file=b",
	} {
		if i >= len(lines) || !strings.HasPrefix(lines[i], want) {
			t.Errorf("line %d of\n%s\nshould begin %q", i, b.String(), want)
		}
	}
	if text := r.Markdown(rest); !strings.Contains(text, "### cilock: fail, secrets") || strings.Contains(text, "[x](y)") {
		t.Errorf("summary is %s", text)
	}
}

// TestScanReportRedacts: a secret of the environment shows nowhere, wherever a file or a rule has it.
func TestScanReportRedacts(t *testing.T) {
	const made = "made-for-this-test-5x0q"
	f := secretscan.Finding{RuleID: made, Description: made, Source: made, Member: made}
	r := NewScanReport(secretscan.Result{Findings: []secretscan.Finding{f}, Gaps: []string{made}}, []string{made}, ScanInputs{},
		func(s string) string { return strings.ReplaceAll(s, made, "[REDACTED]") })
	doc, err := r.JSON()
	log, err2 := r.SARIF(filetree.Checkout{})
	if text := doc + log + strings.Join(r.Lines(), "\n") + r.Markdown(sink.Rest{}); err != nil || err2 != nil || strings.Contains(text, made) {
		t.Errorf("%v, %v: %s", err, err2, text)
	}
}
