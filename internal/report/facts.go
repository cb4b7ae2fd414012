package report

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

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
		Claims map[string]json.RawMessage `json:"claims"`
		JWT    struct {                   // of Witness'
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
	}{{"Claims of the job's token", body.Claims}, {"Claims of the job's token, as Witness records it", body.JWT.Claims}, {"What the runner's context said", body.Context}} {
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

// pretty is JSON as json.Indent writes it, as far as it is shown. It stops there:
// the indentation of a deeply nested text is hundreds of times its length.
func pretty(text []byte) string {
	var b strings.Builder
	depth, quoted, opened := 0, false, false
	line := func() { b.WriteString("\n" + strings.Repeat("  ", max(0, depth))) }
	for i := 0; i < len(text); i++ {
		c := text[i]
		if b.Len() >= maxRaw && (utf8.RuneStart(c) || b.Len() >= maxRaw+utf8.UTFMax) {
			return fmt.Sprintf("%s… (%d more bytes)", b.String(), len(text)-i)
		}
		switch {
		case quoted && c == '\\' && i+1 < len(text):
			b.Write(text[i : i+2])
			i++
			continue
		case quoted:
			b.WriteByte(c)
			quoted = c != '"'
			continue
		case c == ' ', c == '\t', c == '\r', c == '\n':
			continue
		case c == '}', c == ']':
			depth--
			opened = !opened // what is empty stays on its line
		}
		if opened {
			line()
		}
		opened = c == '{' || c == '['
		b.WriteByte(c)
		switch c {
		case '{', '[':
			depth++
		case ',':
			line()
		case ':':
			b.WriteByte(' ')
		}
		quoted = c == '"'
	}
	return b.String()
}
