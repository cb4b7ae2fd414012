package refs

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/org/cilock-action/internal/sink"
)

// sarif decodes what SARIF wrote.
func sarif(t *testing.T, findings []Finding) sarifLog {
	t.Helper()
	text, err := SARIF(findings, Checkout{})
	if err != nil {
		t.Fatal(err)
	}
	quiet(t, text)
	var log sarifLog
	if err := json.Unmarshal([]byte(text), &log); err != nil {
		t.Fatal(err)
	}
	return log
}

// TestSARIF: the document as a whole, and what its schema and text demand of
// the parts that are written. report.sarif was held against the schema of
// SARIF 2.1.0 errata 01.
func TestSARIF(t *testing.T) {
	_, findings := report(t)
	text, err := SARIF(findings, Checkout{})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "report.sarif", text)
	log := sarif(t, findings)
	run := log.Runs[0]
	if log.Version != "2.1.0" || len(log.Runs) != 1 || run.ColumnKind != "unicodeCodePoints" || run.Tool.Driver.Name == "" || len(run.Results) != len(findings) {
		t.Fatalf("log is %+v", log)
	}
	if run.Invocations[0].Successful {
		t.Error("a file could not be read, and the run says that it was complete")
	}
	for _, r := range run.Tool.Driver.Rules {
		if r.ID == "" || r.Short.Text == "" || r.Full.Text == "" || r.Help.Text == "" || r.Default.Level != Error && r.Default.Level != Warning {
			t.Errorf("rule %+v", r)
		}
	}
	unique := map[string]bool{}
	for i, r := range run.Results {
		at := r.Locations[0].Physical
		if run.Tool.Driver.Rules[r.RuleIndex].ID != r.RuleID || r.Message.Text == "" || r.Level != findings[i].Level {
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
	for _, r := range sarif(t, findings).Runs[0].Results {
		for _, f := range r.Fixes {
			n++
			got := f.Changes[0].Replacements[0]
			if got.Deleted != (sarifRegion{5, 16, 28}) || got.Inserted.Text != "Acme/Tool@"+strings.Repeat("5", 40) || f.Changes[0].Artifact.URI != "ci.yml" {
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
	text, err := SARIF(nil, Checkout{})
	if err != nil || !strings.Contains(text, `"results": []`) || !strings.Contains(text, `"executionSuccessful": true`) {
		t.Errorf("%v\n%s", err, text)
	}
}

// TestFingerprintStays: a finding that moves in its file keeps its fingerprint,
// and two of the same reference have two.
func TestFingerprintStays(t *testing.T) {
	prints := func(rows ...Row) (all []string) {
		for _, r := range sarif(t, Judge(Report{Rows: rows})).Runs[0].Results {
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

func TestArtifactURI(t *testing.T) {
	for file, want := range map[string]string{
		".github/workflows/ci.yml": ".github/workflows/ci.yml", "a b/ü#?%.yml": "a%20b/%C3%BC%23%3F%25.yml",
		"c:x.yml": "c%3Ax.yml", "%bytes:bad%FF.yml": "bad%FF.yml", "a\n::error::.yml": "a%0A%3A%3Aerror%3A%3A.yml",
	} {
		if got := artifactURI(file, Checkout{}); got != want {
			t.Errorf("%q: %q, want %q", file, got, want)
		}
	}
}

// TestNoPlace: what is about no file has a place that code scanning accepts, and
// an annotation without one.
func TestNoPlace(t *testing.T) {
	findings := Judge(Report{Gaps: []string{"more than can be followed"}, Files: 1})
	at := sarif(t, findings).Runs[0].Results[0].Locations
	if len(at) != 1 || at[0].Physical.Artifact.URI != ".github/workflows" || at[0].Physical.Region != (sarifRegion{StartLine: 1}) {
		t.Errorf("locations are %+v", at)
	}
	var b strings.Builder
	s := sink.New(sink.Options{Writer: &b, Getenv: func(name string) string { return map[string]string{"GITHUB_ACTIONS": "true"}[name] }})
	if _, err := Annotate(findings, Checkout{Dir: "/a", Root: "/a"}, s); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); strings.Contains(got, "file=") || !strings.Contains(got, "more than can be followed") {
		t.Errorf("annotation is %q", got)
	}
	if text := strings.Join(Lines(Report{Files: 1}, findings), "\n"); !strings.Contains(text, "\nwarning: undetermined-reference: not all was looked at: more than can be followed; ") {
		t.Errorf("%s", text)
	}
}
