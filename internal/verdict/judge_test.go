package verdict

import (
	"encoding/json"
	"testing"

	"github.com/org/cilock-action/pkg/attest"
)

// whole is the least that a passing collection of ours says.
func whole() map[string]string {
	return map[string]string{
		attest.TypeMaterial: `{}`, attest.TypeProduct: `{}`, attest.TypeTrees: `{}`,
		attest.TypeCommandRun: `{"cmd":["true"],"exitcode":0}`,
		attest.TypeCompleteness: `{"started":true,"collectors":[{"name":"material","state":"ran"},{"name":"command-run","state":"ran"},
			{"name":"product","state":"ran"},{"name":"trees","state":"ran"},{"name":"git","state":"notapplicable"}]}`,
	}
}

// TestJudge: evidence that leaves something out is never as good as evidence
// that has it.
func TestJudge(t *testing.T) {
	for _, test := range []struct {
		name, typ, body string // body replaces that of typ; empty takes it away
		want            Verdict
	}{
		{"whole", attest.TypeMaterial, `{}`, Pass},
		{"exit code not 0", attest.TypeCommandRun, `{"exitcode":41}`, Warn},
		{"no exit code", attest.TypeCommandRun, `{}`, Incomplete},
		{"null command-run", attest.TypeCommandRun, `null`, Incomplete},
		{"two exit codes", attest.TypeCommandRun, `{"exitcode":41,"ExitCode":0}`, Incomplete},
		{"no command-run", attest.TypeCommandRun, "", Incomplete},
		{"no materials", attest.TypeMaterial, "", Incomplete},
		{"no products", attest.TypeProduct, "", Incomplete},
		{"no trees", attest.TypeTrees, "", Incomplete},
		{"no completeness", attest.TypeCompleteness, "", Incomplete},
		{"null completeness", attest.TypeCompleteness, "null", Incomplete},
		{"no collectors", attest.TypeCompleteness, `{"started":true}`, Incomplete},
		{"materials off", attest.TypeCompleteness, `{"started":true,"collectors":[{"name":"material","state":"off"},{"name":"command-run","state":"ran"},
			{"name":"product","state":"ran"},{"name":"trees","state":"ran"}]}`, Incomplete},
		{"unknown state", attest.TypeCompleteness, `{"started":true,"collectors":[{"name":"material","state":"ran"},{"name":"command-run","state":"ran"},
			{"name":"product","state":"ran"},{"name":"trees","state":"ran"},{"name":"git","state":"exploded"}]}`, Incomplete},
	} {
		bodies := whole()
		bodies[test.typ] = test.body
		c := attest.Collection{Name: "build"}
		for typ, body := range bodies {
			if body != "" {
				c.Attestations = append(c.Attestations, attest.Attestation{Type: typ, Body: json.RawMessage(body)})
			}
		}
		if got := Judge(attest.CollectionType, c); Of(got) != test.want {
			t.Errorf("%s: got %s %v, want %s", test.name, Of(got), got, test.want)
		}
	}
}
