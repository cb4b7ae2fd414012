package attest

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// TestLevels: what is proved decides the level, and the first thing that is
// missing is the reason.
func TestLevels(t *testing.T) {
	full := BuildFacts{
		Provenance: true, Signer: SignerCertificate, Issuer: githubIssuer, RunnerEnvironment: "github-hosted",
		BuildSigner: "https://github.com/org/builders/.github/workflows/go.yml@refs/tags/v1",
		BuildConfig: "https://github.com/me/app/.github/workflows/release.yml@refs/heads/main",
		TrustedBuilders: []string{
			"https://github.com/org/builders/.github/workflows/go.yml",
		},
	}
	for _, test := range []struct {
		name   string
		change func(f *BuildFacts)
		level  int
		why    string
	}{
		{"everything", func(*BuildFacts) {}, 3, "highest"},
		{"nothing", func(f *BuildFacts) { *f = BuildFacts{} }, 0, "how the artifact was built"},
		{"no provenance", func(f *BuildFacts) { f.Provenance = false }, 0, "how the artifact was built"},
		{"signer not checked", func(f *BuildFacts) { f.Signer = SignerNone }, 1, "not checked"},
		{"key", func(f *BuildFacts) { f.Signer = SignerKey }, 1, "signed by a key"},
		{"issuer", func(f *BuildFacts) { f.Issuer = "https://issuer.example.invalid" }, 1, "issuer.example.invalid"},
		{"self-hosted", func(f *BuildFacts) { f.RunnerEnvironment = "self-hosted" }, 1, "self-hosted"},
		{"runner not known", func(f *BuildFacts) { f.RunnerEnvironment = "" }, 1, "github-hosted"},
		{"own workflow", func(f *BuildFacts) { f.BuildSigner = f.BuildConfig }, 2, "could sign as well"},
		{"no signer workflow", func(f *BuildFacts) { f.BuildSigner = "" }, 2, "could sign as well"},
		{"unknown builder", func(f *BuildFacts) { f.TrustedBuilders = nil }, 2, "not among the builders"},
		{"look-alike builder", func(f *BuildFacts) {
			f.BuildSigner = "https://github.com/org/builders-evil/.github/workflows/go.yml@refs/tags/v1"
		}, 2, "builders-evil"},
		{"a builder with a ref in its name", func(f *BuildFacts) {
			f.BuildSigner = "https://github.com/org/builders/.github/workflows/go.yml@refs/heads/x@y"
		}, 2, "not among the builders"},
	} {
		f := full
		test.change(&f)
		if level, why := f.Level(); level != test.level || !strings.Contains(why, test.why) {
			t.Errorf("%s: level %d, %q", test.name, level, why)
		}
	}
}

func TestSummarize(t *testing.T) {
	good := SummaryOf{
		Passed: true, Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), ResourceURI: "pkg:generic/app",
		Policy: ResourceDescriptor{URI: "https://example.invalid/policy"},
		Inputs: []ResourceDescriptor{{URI: "e.json", Digest: SHA256(strings.Repeat("a", 64))}},
		Build:  BuildFacts{Provenance: true, Signer: SignerKey},
	}
	s, err := Summarize(good)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"verificationResult":"PASSED"`, `"verifiedLevels":["SLSA_BUILD_LEVEL_1"]`, `"timeVerified":"2026-01-02T03:04:05Z"`,
		`"policy":{"uri":"https://example.invalid/policy"}`, `signed by a key`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
	failed := good
	failed.Passed = false
	if s, err = Summarize(failed); err != nil || s.VerificationResult != "FAILED" || s.VerifiedLevels[0] != "FAILED" || len(s.VerifiedLevels) != 1 {
		t.Errorf("failed: %+v, %v", s, err)
	}
	for name, change := range map[string]func(s *SummaryOf){
		"no resource":     func(s *SummaryOf) { s.ResourceURI = "" },
		"no policy":       func(s *SummaryOf) { s.Policy = ResourceDescriptor{} },
		"no time":         func(s *SummaryOf) { s.Time = time.Time{} },
		"input by a name": func(s *SummaryOf) { s.Inputs = []ResourceDescriptor{{URI: "e.json"}} },
	} {
		s := good
		change(&s)
		if _, err := Summarize(s); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// TestStatementLimits: what no verifier accepts is not signed.
func TestStatementLimits(t *testing.T) {
	digests := DigestSet{}
	for i := range MaxDigests + 1 {
		digests[string(rune('a'+i))] = "00"
	}
	for name, subjects := range map[string][]Subject{
		"no subject":     nil,
		"many subjects":  make([]Subject, MaxSubjects+1),
		"no digest":      {{Name: "x"}},
		"many digests":   {{Name: "x", Digest: digests}},
		"one without":    {{Name: "x", Digest: SHA256("00")}, {Name: "y"}},
		"one with more ": {{Name: "x", Digest: SHA256("00")}, {Name: "y", Digest: digests}},
	} {
		if _, err := (Statement{Type: StatementType, Subject: subjects, PredicateType: "x", Predicate: []byte("{}")}).Marshal(); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
