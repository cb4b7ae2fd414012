package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/org/cilock-action/pkg/attest"
)

// flat shows the plain values of an attestation's body by their names, and lists
// and objects as JSON. It is for bodies of which every field may matter.
func (e *evidence) flat(s *section, typ string, but ...string) {
	var body map[string]json.RawMessage
	if !e.decode(s, typ, &body) {
		return
	}
	for name, value := range sorted(body) {
		if slices.Contains(but, name) {
			continue
		}
		var text string
		switch {
		case json.Unmarshal(value, &text) == nil:
			s.fact(name, text)
		case string(value) == "null", string(value) == "[]", string(value) == "{}":
		default:
			s.fact(name, string(value))
		}
	}
}

func (e *evidence) git(s *section) { e.flat(s, attest.TypeGit) }

// job shows what the runner said; the token's claims have a table of their own.
func (e *evidence) job(s *section) {
	e.flat(s, attest.TypeGitHub, "jwt", "claims", "context")
	var body struct {
		JWT struct {
			Claims map[string]json.RawMessage `json:"claims"`
		} `json:"jwt"`
		Context map[string]json.RawMessage `json:"context"`
	}
	if !e.decode(s, attest.TypeGitHub, &body) {
		return
	}
	for _, list := range []struct {
		caption string
		of      map[string]json.RawMessage
	}{{"Claims of the job's token", body.JWT.Claims}, {"What the runner's context said", body.Context}} {
		t := table{Caption: list.caption, Head: []string{"Name", "Value"}}
		for name, value := range sorted(list.of) {
			t.add(name, strings.Trim(string(value), `"`))
		}
		s.table(t)
	}
}

func (e *evidence) environment(s *section) {
	e.flat(s, attest.TypeEnvironment, "variables", "othernames")
	var body struct {
		Variables map[string]string `json:"variables"`
		Others    []string          `json:"othernames"`
	}
	if !e.decode(s, attest.TypeEnvironment, &body) {
		return
	}
	t := table{Caption: "Variables whose values are recorded", Head: []string{"Name", "Value"}}
	for name, value := range sorted(body.Variables) {
		t.add(name, value)
	}
	s.table(t)
	if len(body.Others) > 0 {
		s.fact("Variables of which the name alone is recorded", strings.Join(body.Others, " "))
	}
}

func (e *evidence) phases(s *section) {
	t := table{Caption: "Attestations of the statement, in its order", Head: []string{"Type", "From", "Until", "Took", "Bytes"}}
	for _, a := range e.collection.Attestations {
		t.add(a.Type, clock(a.StartTime), clock(a.EndTime), span(a.StartTime, a.EndTime), fmt.Sprint(len(a.Body)))
	}
	s.table(t)
}

// Bounds of what is shown as JSON.
const (
	maxRaw     = 32 << 10 // bytes of one text
	maxRawMany = 24
)

// other shows the JSON of what no section reads: predicates that are no
// collection, and attestations of unknown types.
func (e *evidence) other(s *section) {
	if e.problem != "" {
		return
	}
	if e.collection == nil {
		s.Raw = append(s.Raw, raw{"Predicate", pretty(e.claims.Statement.Predicate)})
		return
	}
	shown := []string{
		attest.TypeCommandRun, attest.TypeMaterial, attest.TypeProduct, attest.TypeEnvironment, attest.TypeGit, attest.TypeGitHub,
		attest.TypeGitHubAction, attest.TypeActionSelf, attest.TypeActionLocal, attest.TypeTrees, attest.TypeCompleteness,
		attest.TypeTrace, attest.TypeSecretScan, attest.TypeSBOM, attest.TypeSARIF, attest.TypeVEX, attest.TypeVuln, attest.TypeReview, attest.TypeLockfile,
	}
	left := 0
	for _, a := range e.collection.Attestations {
		switch {
		case slices.Contains(shown, a.Type):
		case len(s.Raw) == maxRawMany:
			left++
		default:
			s.Raw = append(s.Raw, raw{cut(a.Type), pretty(a.Body)})
		}
	}
	if left > 0 {
		s.note("%s more are in the bundle alone.", count(left, "attestation", "attestations"))
	}
}

func pretty(text []byte) string {
	var b bytes.Buffer
	if err := json.Indent(&b, text, "", "  "); err != nil {
		return cutAt(string(text), maxRaw)
	}
	return cutAt(b.String(), maxRaw)
}
