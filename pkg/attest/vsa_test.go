package attest

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestSummarize(t *testing.T) {
	good := SummaryOf{
		Passed: true, Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), ResourceURI: "pkg:generic/app",
		Policy: ResourceDescriptor{URI: "https://example.invalid/policy"},
		Inputs: []ResourceDescriptor{{URI: "e.json", Digest: SHA256(strings.Repeat("a", 64))}},
		Level:  "SLSA_BUILD_LEVEL_1", NotHigher: "signed by a key",
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
