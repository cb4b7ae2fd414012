package verdict

import (
	"encoding/json"
	"testing"

	"github.com/org/cilock-action/pkg/attest"
)

// TestJudgeTrace: counts are added up again, and half a list of processes is
// never taken for a whole one.
func TestJudgeTrace(t *testing.T) {
	const (
		counts  = `"counts":[{"class":"file","attempted":9,"received":7,"deduplicated":2,"lost":0}]`
		inlined = `{"cmd":["true"],"exitcode":0,"processes":[]}`
		none    = `{"cmd":["true"],"exitcode":0}`
		beside  = `"root":"aa","leafcount":3,"sidecar":{"sha256":"bb"}`
	)
	for _, test := range []struct {
		name, trace, run, state string
		want                    Verdict
	}{
		{"inlined", `{"inlined":true,` + counts + `}`, inlined, "ran", Pass},
		{"beside", `{"inlined":false,` + beside + `,` + counts + `}`, none, "ran", Pass},
		{"off", "", none, "off", Pass},
		{"off, and there", `{"inlined":true,` + counts + `}`, inlined, "off", Incomplete},
		{"ran, and not there", "", none, "ran", Incomplete},
		{"null", "null", none, "ran", Incomplete},
		{"inlined, no list", `{"inlined":true,` + counts + `}`, none, "ran", Incomplete},
		{"beside, half a list", `{"inlined":false,` + beside + `,` + counts + `}`, inlined, "ran", Incomplete},
		{"beside, not named", `{"inlined":false,` + counts + `}`, none, "ran", Incomplete},
		{"a loss that is no gap", `{"inlined":true,"counts":[{"class":"file","attempted":9,"received":7,"deduplicated":1,"lost":1}]}`, inlined, "ran", Incomplete},
		{"not accounted for", `{"inlined":true,"counts":[{"class":"file","attempted":9,"received":7}]}`, inlined, "ran", Incomplete},
	} {
		bodies := whole()
		bodies[attest.TypeCommandRun], bodies[attest.TypeTrace] = test.run, test.trace
		bodies[attest.TypeCompleteness] = `{"started":true,"collectors":[{"name":"material","state":"ran"},{"name":"command-run","state":"ran"},
			{"name":"product","state":"ran"},{"name":"trees","state":"ran"},{"name":"trace","state":"` + test.state + `"}]}`
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
