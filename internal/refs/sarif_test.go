package refs

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/internal/sarif"
	"github.com/org/cilock-action/internal/sink"
)

// sarifLog is a log as a reader sees it.
type sarifLog struct {
	Version string
	Runs    []sarif.Run
}

// logOf decodes what SARIF wrote.
func logOf(t *testing.T, findings []Finding) (log sarifLog) {
	t.Helper()
	text, err := SARIF(findings, filetree.Checkout{})
	if err != nil {
		t.Fatal(err)
	}
	quiet(t, text)
	if err := json.Unmarshal([]byte(text), &log); err != nil {
		t.Fatal(err)
	}
	return log
}

// TestSARIF: the document as a whole, and what its schema and text demand of
// the parts that are written; test/sarif holds report.sarif against the schema of
// SARIF 2.1.0 errata 01.
func TestSARIF(t *testing.T) {
	_, findings := report(t)
	text, err := SARIF(findings, filetree.Checkout{})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "report.sarif", text)
	log := logOf(t, findings)
	run := log.Runs[0]
	if log.Version != "2.1.0" || len(log.Runs) != 1 || run.ColumnKind != "unicodeCodePoints" || run.Tool.Driver.Name == "" || len(run.Results) != len(findings) {
		t.Fatalf("log is %+v", log)
	}
	if run.Invocations[0].Successful {
		t.Error("a file could not be read, and the run says that it was complete")
	}
	for _, r := range run.Tool.Driver.Rules {
		if r.ID == "" || r.Short.Text == "" || r.Full.Text == "" || r.Help.Text == "" || r.Default.Level != sarif.Error && r.Default.Level != sarif.Warning {
			t.Errorf("rule %+v", r)
		}
	}
	unique := map[string]bool{}
	for i, r := range run.Results {
		at := r.Locations[0].Physical
		if run.Tool.Driver.Rules[r.RuleIndex].ID != r.RuleID || r.Message.Text == "" || r.Level != string(findings[i].Level) {
			t.Errorf("result %+v", r)
		}
		if at.Region.StartLine < 1 || at.Region.StartColumn < 0 || at.Region.EndColumn != 0 && at.Region.EndColumn <= at.Region.StartColumn {
			t.Errorf("region %+v", at.Region)
		}
		if u, err := url.Parse(at.Artifact.URI); err != nil || u.IsAbs() || strings.HasPrefix(u.Path, "/") {
			t.Errorf("uri %q: %v", at.Artifact.URI, err)
		}
		for name, value := range r.Fingerprints {
			if unique[value] || name != "cilockReference/v1" || !regexp.MustCompile("^[0-9a-f]{64}$").MatchString(value) {
				t.Errorf("fingerprint %s: %s", name, value)
			}
			unique[value] = true
		}
		if strings.Contains(r.Message.Text, "](") && !strings.Contains(r.Message.Text, `\](`) {
			t.Errorf("a link in %q", r.Message.Text)
		}
	}
}

// TestSARIFFix: the replacement covers the reference and nothing else, where
// both are known.
func TestSARIFFix(t *testing.T) {
	_, findings := report(t)
	n := 0
	for _, r := range logOf(t, findings).Runs[0].Results {
		for _, f := range r.Fixes {
			n++
			got := f.Changes[0].Replacements[0]
			if got.Deleted != (sarif.Region{StartLine: 5, StartColumn: 16, EndColumn: 28}) || got.Inserted.Text != "Acme/Tool@"+strings.Repeat("5", 40) || f.Changes[0].Artifact.URI != "ci.yml" {
				t.Errorf("fix %+v", f)
			}
		}
	}
	if n != 1 { // the second use of acme/tool stands in another spelling
		t.Errorf("%d fixes, want 1", n)
	}
}

// TestSARIFNoFindings: results is an array also when it is empty.
func TestSARIFNoFindings(t *testing.T) {
	text, err := SARIF(nil, filetree.Checkout{})
	if err != nil || !strings.Contains(text, `"results": []`) || !strings.Contains(text, `"executionSuccessful": true`) {
		t.Errorf("%v\n%s", err, text)
	}
}

// TestFingerprintStays: a finding that moves in its file keeps its fingerprint,
// and two of the same reference have two.
func TestFingerprintStays(t *testing.T) {
	prints := func(rows ...Row) (all []string) {
		for _, r := range logOf(t, Judge(Report{Rows: rows})).Runs[0].Results {
			all = append(all, r.Fingerprints[fingerprintName])
		}
		return all
	}
	before := prints(use(5, "a/b@v1"), use(9, "a/b@v1"))
	after := prints(use(2, "x/y@v1"), use(25, "A/b@v1"), use(40, "a/b@v1"))
	if before[0] == before[1] || after[1] != before[0] || after[2] != before[1] {
		t.Errorf("before %q, after %q", before, after)
	}
}

// TestNoPlace: what is about no file has a place that code scanning accepts, and
// an annotation without one.
func TestNoPlace(t *testing.T) {
	findings := Judge(Report{Gaps: []string{"more than can be followed"}, Files: 1})
	at := logOf(t, findings).Runs[0].Results[0].Locations
	if len(at) != 1 || at[0].Physical.Artifact.URI != ".github/workflows" || *at[0].Physical.Region != (sarif.Region{StartLine: 1}) {
		t.Errorf("locations are %+v", at)
	}
	var b strings.Builder
	s := sink.New(sink.Options{Writer: &b, Getenv: func(name string) string { return map[string]string{"GITHUB_ACTIONS": "true"}[name] }})
	if _, err := Annotate(findings, filetree.Checkout{Dir: "/a", Root: "/a"}, s); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); strings.Contains(got, "file=") || !strings.Contains(got, "more than can be followed") {
		t.Errorf("annotation is %q", got)
	}
	if text := strings.Join(Lines(Report{Files: 1}, findings), "\n"); !strings.Contains(text, "\nwarning: undetermined-reference: not all was looked at: more than can be followed; ") {
		t.Errorf("%s", text)
	}
}
