package witness

import (
	"path/filepath"
	"testing"

	"github.com/in-toto/go-witness/policy"
)

// required asks for a type, with one Rego module over its body.
func required(typ, rego string) policy.Attestation {
	return policy.Attestation{Type: typ, RegoPolicies: []policy.RegoPolicy{{Name: "scan", Module: []byte(rego)}}}
}

const (
	sbomType  = "https://cyclonedx.org/bom" // as Witness itself writes it
	sarifType = "https://witness.dev/attestations/sarif/v0.1"
	vexType   = "https://openvex.dev/ns"

	// The rules look at Witness' own fields.
	sbomRego = `package cilock
deny[msg] {
	input.components[_].name == "left-pad"
	msg := "no left-pad here"
}
deny[msg] {
	not input.bomFormat
	msg := "no bill of materials"
}`
	sarifRego = `package cilock
deny[msg] {
	input.report.runs[_].results[_].level == "error"
	msg := "the linter found an error"
}
deny[msg] {
	not input.reportDigestSet.sha256
	msg := "no digest"
}`
	vexRego = `package cilock
deny[msg] {
	input.vexDocument.statements[_].status == "affected"
	msg := "affected"
}`
)

// TestWitnessVerifiesScans: a Witness policy can ask whether the scan ran, and
// what it found. Without the document the policy fails.
func TestWitnessVerifiesScans(t *testing.T) {
	scans, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	bin := build(t)
	all := []policy.Attestation{required(sbomType, sbomRego), required(sarifType, sarifRego), required(vexType, vexRego)}
	for _, test := range []struct {
		name, script string
		more         []policy.Attestation
		accepted     bool
	}{
		{"all documents", "cp " + scans + "/good.* .", all, true},
		{"none is asked for", "cp " + scans + "/good.* .", nil, true},
		{"no document", "true", all[:1], false},
		{"a document by name alone", "echo {} > sbom.cdx.json", all[:1], false},
		{"a component that is denied", "cp " + scans + "/bad.bom .", all[:1], false},
		{"an error", "cp " + scans + "/bad.sarif .", all[1:2], false},
		{"two bills of materials", "cp " + scans + "/good.bom " + scans + "/bad.bom .", all[:1], false},
		// go-witness refuses the whole collection if one field does not fit.
		{"a report that go-sarif cannot hold", "cp " + scans + "/odd.sarif .", all[1:2], true},
		{"a VEX that go-vex cannot hold", "cp " + scans + "/odd.vex .", nil, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := wrap(t, bin, test.script+"; echo hi > out.txt")
			err := f.verify(t, f.envelope, f.product, allowRego, test.more...)
			if test.accepted && err != nil {
				t.Errorf("refused: %v", err)
			}
			if !test.accepted && err == nil {
				t.Error("accepted")
			}
		})
	}
}
