package verdict

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/attest"
)

// withAction is a passing collection with one more attestation.
func withAction(typ, body string) attest.Collection {
	c := attest.Collection{Name: "build"}
	for typ, body := range whole() {
		c.Attestations = append(c.Attestations, attest.Attestation{Type: typ, Body: json.RawMessage(body)})
	}
	c.Attestations = append(c.Attestations,
		attest.Attestation{Type: attest.TypeGitHubAction, Body: json.RawMessage(`{"actionref":"a/fine@v1"}`)},
		attest.Attestation{Type: typ, Body: json.RawMessage(body)})
	return c
}

// TestJudgeActions: what is known to be bad fails, of whatever type the action
// is and however many are fine; what is not known does not.
func TestJudgeActions(t *testing.T) {
	for body, want := range map[string]string{
		`{"actionref":"a/b@v1","refpinned":false}`:                                                                                       "",
		`{"actionref":"a/b@v1","reachable":"undetermined","treeverified":"unverified","reason":"no network"}`:                            "",
		`{"actionref":"a/b@v1","reachable":"tag-only","treeverified":"true"}`:                                                            "",
		`{"actionref":"a/b@v1","reachable":"not-asked"}`:                                                                                 "",
		`{"actionref":"a/b@v1","treeverified":"false","reason":"it differs","differences":[{"path":"x.js","kind":"content"}]}`:           `fail action-bytes: expected a/b@v1 on disk to be what its commit holds, found "x.js" content: it differs`,
		`{"actionref":"a/b@v1","treeverified":"false"}`:                                                                                  "fail action-bytes: expected a/b@v1 on disk to be what its commit holds, found ;",
		`{"actionref":"a/b@v1","treeverified":"false","differences":[{"path":"1"},{"path":"2"},{"path":"3"},{"path":"4"},{"path":"5"}]}`: `found "1" , "2" , "3" , and 2 more`,
		`{"actionref":"a/b@v1","reachable":"unreachable","reason":"no branch has it"}`:                                                   "fail action-origin: expected a/b@v1 to be a commit of its repository, found unreachable: no branch has it",
		`{"actionref":"a/b@v1","reachable":"missing"}`:                                                                                   "fail action-origin: expected a/b@v1 to be a commit of its repository, found missing",
		`{"actionref":"a/b@v1","reachable":"undetermined","denied":"stealer"}`:                                                           "fail action-denied: expected a/b@v1 not to be on the deny-list, found it is there: stealer",
		`{"actionref":"a/b@v1","reachable":"unreachable","treeverified":"false","denied":"x"}`:                                           "fail action-bytes",
		`null`: "incomplete actions: ",
		`{}`:   "incomplete actions: ",
		`{"actionref":"a/b@v1","treeverified":true}`:                                "incomplete actions: ",
		`{"actionref":"a/b@v1","treeverified":"False"}`:                             "incomplete actions: ",
		`{"actionref":"a/b@v1","reachable":"worse"}`:                                "incomplete actions: ",
		`{"actionref":"a/b@v1","denied":"x","Denied":""}`:                           "incomplete actions: ",
		`{"actionref":"a/b@v1","treeverified":"unverified","TreeVerified":"false"}`: "fail action-bytes",
	} {
		for _, typ := range []string{attest.TypeGitHubAction, attest.TypeActionSelf, attest.TypeActionLocal} {
			findings := Judge(attest.CollectionType, withAction(typ, body))
			var text strings.Builder
			for _, f := range findings {
				text.WriteString(string(f.Verdict) + " " + f.String() + "\n")
				if f.Step != "build" || f.Verdict == Fail && f.Fix == "" {
					t.Errorf("%s: %+v", body, f)
				}
			}
			if want == "" && len(findings) > 0 || !strings.Contains(text.String(), want) {
				t.Errorf("%s %s:\n%swant %q", typ, body, text.String(), want)
			}
		}
	}
}
