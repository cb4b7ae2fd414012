package action

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/attest"
)

// TestScanForWitness: what the types of go-sarif and go-vex cannot hold does
// not get into the envelope, since Witness would refuse all of it.
func TestScanForWitness(t *testing.T) {
	vex := func(document string) string {
		return `{"vexDocument":` + document + `,"reportFileName":"v","reportDigestSet":{"sha256":"00"},"documents":[],"inlined":true}`
	}
	sarif := func(result string) string {
		return `{"report":{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},"results":[` + result + `]}]},"reportFileName":"r","reportDigestSet":{"sha256":"00"},"inlined":true}`
	}
	for _, test := range []struct {
		name, typ, body string
		ok              bool
	}{
		{"another type", attest.TypeGit, `{}`, true},
		{"SBOM", attest.TypeSBOM, `{"bomFormat":"CycloneDX","inlined":true}`, true},
		{"not inlined", attest.TypeSBOM, `{"documents":[],"inlined":false}`, false},
		{"VEX", attest.TypeVEX, vex(`{"@context":"x","timestamp":"2026-01-02T03:04:05Z","version":1,"statements":[{"products":[{"@id":"a"}]}]}`), true},
		{"VEX of no time", attest.TypeVEX, vex(`{"timestamp":"yesterday"}`), false},
		{"VEX version in words", attest.TypeVEX, vex(`{"version":"1"}`), false},
		{"VEX product in words", attest.TypeVEX, vex(`{"statements":[{"products":["a"]}]}`), false},
		{"SARIF", attest.TypeSARIF, sarif(`{"ruleId":"A","ruleIndex":-1,"message":{"text":"x"}}`), true},
		{"SARIF with a message in words", attest.TypeSARIF, sarif(`{"message":"x"}`), false},
	} {
		got, ok := scanForWitness(attest.Attestation{Type: test.typ, Body: json.RawMessage(test.body)})
		if ok != test.ok {
			t.Errorf("%s: ok is %t", test.name, ok)
		}
		if test.typ == attest.TypeSBOM && ok && got.Type != attest.TypeCycloneDX {
			t.Errorf("%s: type %s", test.name, got.Type)
		}
		if test.typ == attest.TypeSARIF && ok && (strings.Contains(string(got.Body), "ruleIndex") || !strings.Contains(string(got.Body), `"ruleId":"A"`)) {
			t.Errorf("%s: %s", test.name, got.Body)
		}
	}
}
