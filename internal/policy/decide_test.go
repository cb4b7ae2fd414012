package policy

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/attest"
)

const (
	artifact = "1111111111111111111111111111111111111111111111111111111111111111"
	another  = "2222222222222222222222222222222222222222222222222222222222222222"
	source   = "3333333333333333333333333333333333333333333333333333333333333333"
)

// now is before the policies of these tests expire.
var now = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

func newKey(t testing.TB) *attest.Key {
	t.Helper()
	key, err := attest.NewEphemeralKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// record is the evidence of a step before it is signed.
type record struct {
	step     string
	bodies   map[string][]string
	subject  string
	start    time.Time
	typ      string // of the predicate; empty: a collection
	document string // the predicate, where it is none
}

func build() record {
	return record{step: "build", subject: artifact, start: now.Add(-time.Hour), bodies: map[string][]string{
		attest.TypeCommandRun: {`{"cmd":["make"],"exitcode":0,"processes":[]}`},
		attest.TypeMaterial:   {`{"main.go":{"sha256":"` + source + `"}}`},
		attest.TypeProduct:    {`{"app":{"mime_type":"x","digest":{"sha256":"` + artifact + `"}}}`},
		attest.TypeGit:        {`{"commithash":"c0ffee"}`},
		attest.TypeGitHubAction: {
			`{"actionref":"actions/checkout@0123456789012345678901234567890123456789","refpinned":true,"resolvedsha":"0123456789012345678901234567890123456789"}`,
			`{"actionref":"actions/cache@1123456789012345678901234567890123456789","refpinned":true}`,
		},
		attest.TypeCompleteness: {`{"started":true,"collectors":[{"name":"command-run","state":"ran"},{"name":"material","state":"ran"},{"name":"product","state":"ran"},
			{"name":"git","state":"ran"},{"name":"github-action","state":"ran"},{"name":"trace","state":"ran"}]}`},
	}}
}

func checkout() record {
	r := build()
	r.step, r.subject = "checkout", another
	r.bodies[attest.TypeMaterial] = []string{`{}`}
	r.bodies[attest.TypeProduct] = []string{`{"main.go":{"mime_type":"x","digest":{"sha256":"` + source + `"}}}`}
	return r
}

// signed is the record as a bundle.
func (r record) signed(t testing.TB, key *attest.Key) []byte {
	t.Helper()
	c := attest.Collection{Name: r.step}
	for _, typ := range []string{attest.TypeCommandRun, attest.TypeMaterial, attest.TypeProduct, attest.TypeGit, attest.TypeGitHubAction, attest.TypeCompleteness} {
		for _, body := range r.bodies[typ] {
			c.Attestations = append(c.Attestations, attest.Attestation{Type: typ, Body: json.RawMessage(body), StartTime: r.start, EndTime: r.start})
		}
	}
	predicate, err := attest.Encode(c)
	if err != nil {
		t.Fatal(err)
	}
	st := attest.Statement{Type: attest.StatementType, PredicateType: attest.CollectionType, Predicate: predicate, Subject: []attest.Subject{{Name: "app", Digest: attest.SHA256(r.subject)}}}
	if r.typ != "" {
		st.PredicateType, st.Predicate = r.typ, json.RawMessage(r.document)
	}
	payload, err := st.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	s, err := key.Sign(context.Background(), payload)
	if err != nil {
		t.Fatal(err)
	}
	bundle, err := s.Bundle()
	if err != nil {
		t.Fatal(err)
	}
	return bundle
}

// document is a policy over the step build, signed by key's functionary.
func document(key *attest.Key, modules map[string]string) *Document {
	public := key.Public()
	d := &Document{
		Expires:    now.Add(24 * time.Hour),
		PublicKeys: map[string]PublicKey{public.ID(): {KeyID: public.ID(), Key: public.PEM()}},
		Steps:      map[string]Step{},
		Ours:       &Extension{},
	}
	s := Step{Name: "build", Functionaries: []Functionary{{Type: FunctionaryKey, PublicKeyID: public.ID()}}}
	for _, typ := range []string{attest.TypeCommandRun, attest.TypeMaterial, attest.TypeProduct, attest.TypeGitHubAction} {
		a := Attestation{Type: typ, RegoPolicies: []RegoPolicy{}}
		if text := modules[typ]; text != "" {
			a.RegoPolicies = []RegoPolicy{{Name: ShortType(typ) + ".rego", Module: []byte(text)}}
		}
		s.Attestations = append(s.Attestations, a)
	}
	d.Steps["build"] = s
	return d
}

// decided is the decision over records, each signed by key. The document is
// encoded and read again first, as it would be.
func decided(t testing.TB, d *Document, key *attest.Key, records ...record) Decision {
	t.Helper()
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	if d, err = ParseDocument(text); err != nil {
		t.Fatal(err)
	}
	roles, err := d.Roles(Verifier{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	q := Question{
		Subjects: []attest.Subject{{Name: "app", Digest: attest.SHA256(artifact)}},
		Evaluate: func(ctx context.Context, b *Batch) []Answer { return b.Evaluate(ctx) },
	}
	for i, r := range records {
		b, err := attest.ParseBundle(r.signed(t, key))
		if err != nil {
			t.Fatal(err)
		}
		v, err := attest.Verify(b, roles.Trust())
		if err != nil {
			t.Fatal(err)
		}
		q.Evidence = append(q.Evidence, Evidence{Path: fmt.Sprintf("%d.json", i), Verified: v})
	}
	return roles.Decide(context.Background(), q)
}

func lines(d Decision) string {
	var out strings.Builder
	for _, f := range d.Findings {
		fmt.Fprintf(&out, "%s %s %s\n", f.Verdict, f.Step, f)
	}
	return out.String()
}

const noUnpinned = "package p\ndeny contains sprintf(\"unpinned: %s\", [input.actionref]) if not input.refpinned"

// TestDecide: each way in which evidence falls short of a policy, and the stage
// that says so. None passes.
func TestDecide(t *testing.T) {
	for _, test := range []struct {
		name string
		make func(d *Document, records []record) []record
		want string // prefix of a finding; empty: a pass
	}{
		{"as asked", func(_ *Document, r []record) []record { return r }, ""},
		{"no evidence", func(*Document, []record) []record { return nil }, "fail build evidence: expected evidence of step build, found none; give the bundle of that step too"},
		{"another step alone", func(_ *Document, r []record) []record { r[0].step = "test"; return r }, "fail build evidence: expected evidence of step build, found none"},
		{"an attestation is missing", func(_ *Document, r []record) []record { delete(r[0].bodies, attest.TypeProduct); return r }, "fail build attestation: expected product in 0.json, found none"},
		{"a collector was off", func(_ *Document, r []record) []record {
			delete(r[0].bodies, attest.TypeGitHubAction)
			r[0].complete(`"github-action","state":"ran"`, `"github-action","state":"off"`)
			return r
		}, "incomplete build complete: expected an attestation of github-action in 0.json, found none: its collector is off"},
		{"nothing is there", func(_ *Document, r []record) []record {
			r[0].bodies = nil
			r[0].bodies = map[string][]string{attest.TypeGit: {`{}`}}
			return r
		}, "fail build attestation: expected command-run in 0.json"},
		{"one of several is denied", func(_ *Document, r []record) []record {
			r[0].bodies[attest.TypeGitHubAction][1] = `{"actionref":"acme/tool@v1","refpinned":false}`
			return r
		}, "fail build module github-action.rego: expected no denial, found unpinned: acme/tool@v1"},
		{"not as its schema says", func(_ *Document, r []record) []record {
			r[0].bodies[attest.TypeGitHubAction][1] = `{"actionref":"acme/tool@v1"}`
			return r
		}, "fail build module github-action.rego: expected an answer about github-action of 0.json, found the attestation is not as its schema says: / fails required"},
		{"the artifact is another", func(_ *Document, r []record) []record { r[0].subject = another; return r }, "fail build binding: expected evidence that names the artifact"},
		{"in the future", func(_ *Document, r []record) []record { r[0].start = now.Add(time.Hour); return r }, "fail build time: expected a record from before 2026-11-28T12:00:00Z"},
		{"expired", func(d *Document, r []record) []record { d.Expires = now; return r }, "fail  policy expiry: expected a policy that is valid at 2026-11-28T12:00:00Z"},
		{"a gap", func(_ *Document, r []record) []record {
			r[0].complete(`"material","state":"ran"`, `"material","state":"ran","gaps":["a.bin: unreadable"]`)
			return r
		}, "incomplete build complete: expected no gap in material, found a.bin: unreadable"},
		{"a gap in what nobody asked for", func(_ *Document, r []record) []record {
			r[0].complete(`"git","state":"ran"`, `"git","state":"failed","gaps":["broken"]`)
			return r
		}, ""},
		{"events lost", func(_ *Document, r []record) []record {
			r[0].complete(`"product","state":"ran"`, `"product","state":"ran","lost":3`)
			return r
		}, "incomplete build complete: expected no event of product to be lost, found 3"},
		{"failed", func(_ *Document, r []record) []record {
			r[0].complete(`"product","state":"ran"`, `"product","state":"failed","reason":"disk"`)
			return r
		}, "incomplete build complete: expected product to have run, found failed: disk"},
		{"no completeness", func(_ *Document, r []record) []record { delete(r[0].bodies, attest.TypeCompleteness); return r }, "incomplete build complete: expected a completeness attestation in 0.json, found none"},
		{"incomplete, and allowed", func(d *Document, r []record) []record {
			d.Ours.Steps = map[string]StepExtension{"build": {Completeness: CompletenessAllowed}}
			delete(r[0].bodies, attest.TypeCompleteness)
			return r
		}, ""},
		{"incomplete, and a policy of Witness", func(d *Document, r []record) []record {
			d.Ours = nil
			delete(r[0].bodies, attest.TypeCompleteness)
			return r
		}, ""},
		{"never started", func(_ *Document, r []record) []record {
			r[0].complete(`"started":true`, `"started":false,"reason":"denied"`)
			return r
		}, "fail build started: expected a step that ran, found one that was not started: denied"},
		{"processes, and the trace was off", func(d *Document, r []record) []record {
			d.rego(attest.TypeCommandRun, "package p\ndeny contains p.program if some p in input.processes")
			r[0].complete(`"trace","state":"ran"`, `"trace","state":"off"`)
			return r
		}, "incomplete build complete: expected trace to have run, found off"},
		{"no processes", func(d *Document, r []record) []record {
			d.rego(attest.TypeCommandRun, "package p\ndeny contains p.program if some p in input.processes")
			r[0].bodies[attest.TypeCommandRun] = []string{`{"cmd":["make"],"exitcode":0}`}
			return r
		}, "fail build module command-run.rego: expected an answer about command-run of 0.json, found the module looks at processes"},
		{"a commit that is denied", func(d *Document, r []record) []record {
			d.Ours.DenySHAs = []string{"1123456789012345678901234567890123456789"}
			return r
		}, "fail build denySHAs: expected no action of a commit that the policy denies, found actions/cache@1123456789012345678901234567890123456789 is commit"},
		{"a statement is missing", func(d *Document, r []record) []record { d.artifact(""); return r }, "fail  statement: expected a statement of type https://slsa.dev/provenance/v1, found none; give the bundle that has it too"},
		{"a statement", func(d *Document, r []record) []record {
			d.artifact("")
			return append(r, provenance("builder", artifact))
		}, ""},
		{"a statement about something else", func(d *Document, r []record) []record {
			d.artifact("")
			return append(r, provenance("builder", another))
		}, "fail  subject: expected a statement about the artifact in 1.json"},
		{"a statement that is denied", func(d *Document, r []record) []record {
			d.artifact("# METADATA\n# scope: package\n# schemas:\n#   - input: {type: object, required: [builder], properties: {builder: {type: string}}, additionalProperties: false}\npackage p\ndeny contains \"no such builder\" if input.builder != \"mine\"")
			return append(r, provenance("builder", artifact))
		}, "fail  module statement.rego: expected no denial, found no such builder"},
		{"a statement that is not as its module says", func(d *Document, r []record) []record {
			d.artifact("# METADATA\n# scope: package\n# schemas:\n#   - input: {type: object, required: [x], properties: {x: {type: string}}, additionalProperties: false}\npackage p\ndeny contains \"no\" if input.x != \"mine\"")
			return append(r, provenance("builder", artifact))
		}, "fail  module statement.rego: expected an answer"},
		{"two signers", func(d *Document, r []record) []record {
			second, s := newKey(t).Public(), d.Steps["build"]
			d.PublicKeys[second.ID()] = PublicKey{KeyID: second.ID(), Key: second.PEM()}
			s.Functionaries = append(s.Functionaries, Functionary{Type: FunctionaryKey, PublicKeyID: second.ID()})
			d.Steps["build"], d.Ours.Steps = s, map[string]StepExtension{"build": {Threshold: 2}}
			return append(r, r[0]) // the same signer twice is one
		}, "fail build functionary: expected 2 distinct signers, found 1"},
		{"files from an earlier step", func(d *Document, r []record) []record { d.from(); return append(r, checkout()) }, ""},
		{"a file that was changed in between", func(d *Document, r []record) []record {
			d.from()
			r[0].bodies[attest.TypeMaterial] = []string{`{"main.go":{"sha256":"` + another + `"}}`}
			return append(r, checkout())
		}, `fail build artifacts from checkout: expected "main.go" as checkout left it`},
		{"no file in common", func(d *Document, r []record) []record {
			d.from()
			r[0].bodies[attest.TypeMaterial] = []string{`{"other.go":{"sha256":"` + source + `"}}`}
			return append(r, checkout())
		}, "fail build artifacts from checkout: expected files that checkout left, found none of them among the materials"},
		{"an earlier step is missing", func(d *Document, r []record) []record { d.from(); return r }, "fail checkout evidence: expected evidence of step checkout, found none"},
		{"a step of another build", func(d *Document, r []record) []record {
			d.from()
			d.Steps["build"] = func(s Step) Step { s.ArtifactsFrom = nil; return s }(d.Steps["build"])
			other := checkout()
			other.bodies[attest.TypeGit] = []string{`{"commithash":"badbad"}`}
			return append(r, other)
		}, "fail checkout binding: expected evidence that names the artifact"},
		{"an artifact that another step names than the one that makes it", func(d *Document, r []record) []record {
			d.from()
			d.Steps["build"] = func(s Step) Step { s.ArtifactsFrom = nil; return s }(d.Steps["build"])
			d.Ours.Steps = map[string]StepExtension{"build": {MakesArtifact: true}}
			other := checkout()
			r[0].subject, other.subject = another, artifact // one signs for checkout, and says so of what build did not make
			return append(r, other)
		}, `fail build artifact: expected "app" to be named by evidence of ["build"], found no such evidence`},
		{"an artifact that the step names which makes it", func(d *Document, r []record) []record {
			d.Ours.Steps = map[string]StepExtension{"build": {MakesArtifact: true}}
			return r
		}, ""},
		{"a step of the same commit", func(d *Document, r []record) []record {
			d.from()
			d.Steps["build"] = func(s Step) Step { s.ArtifactsFrom = nil; return s }(d.Steps["build"])
			return append(r, checkout())
		}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			key := newKey(t)
			d := document(key, map[string]string{attest.TypeGitHubAction: noUnpinned})
			records := test.make(d, []record{build()})
			got := decided(t, d, key, records...)
			text := lines(got)
			if test.want == "" && (text != "" || got.Satisfied == 0) {
				t.Errorf("it does not pass, %d satisfied:\n%s", got.Satisfied, text)
			}
			if test.want != "" && !strings.Contains("\n"+text, "\n"+test.want) {
				t.Errorf("got\n%swant %s", text, test.want)
			}
			if test.want != "" && verdict.Of(got.Findings) == verdict.Pass {
				t.Error("it passes")
			}
		})
	}
}

func (r record) complete(old, new string) {
	text := r.bodies[attest.TypeCompleteness][0]
	r.bodies[attest.TypeCompleteness] = []string{strings.Replace(text, old, new, 1)}
}

// rego gives an attestation of build one module.
func (d *Document) rego(typ, text string) {
	for i, a := range d.Steps["build"].Attestations {
		if a.Type == typ {
			d.Steps["build"].Attestations[i].RegoPolicies = []RegoPolicy{{Name: ShortType(typ) + ".rego", Module: []byte(text)}}
		}
	}
}

// artifact asks for provenance.
func (d *Document) artifact(module string) {
	a := Artifact{Type: attest.SLSAProvenanceType, Functionaries: d.Steps["build"].Functionaries}
	if module != "" {
		a.RegoPolicies = []RegoPolicy{{Name: "statement.rego", Module: []byte(module)}}
	}
	d.Ours.Artifacts = []Artifact{a}
}

func provenance(builder, subject string) record {
	return record{subject: subject, typ: attest.SLSAProvenanceType, document: fmt.Sprintf(`{"builder":%q}`, builder)}
}

// from adds a step checkout that build takes files from.
func (d *Document) from() {
	s := d.Steps["build"]
	d.Steps["checkout"] = Step{Name: "checkout", Functionaries: s.Functionaries, Attestations: []Attestation{{Type: attest.TypeProduct, RegoPolicies: []RegoPolicy{}}}}
	s.ArtifactsFrom = []string{"checkout"}
	d.Steps["build"] = s
}

// TestFunctionaries: who may sign one step may not sign another.
func TestFunctionaries(t *testing.T) {
	builder, other := newKey(t), newKey(t)
	d := document(builder, nil)
	public := other.Public()
	d.PublicKeys[public.ID()] = PublicKey{KeyID: public.ID(), Key: public.PEM()}
	d.Steps["test"] = Step{Name: "test", Functionaries: []Functionary{{Type: FunctionaryKey, PublicKeyID: public.ID()}}, Attestations: []Attestation{{Type: attest.TypeProduct, RegoPolicies: []RegoPolicy{}}}}
	got := lines(decided(t, d, other, build()))
	if !strings.Contains(got, "fail build functionary: expected key "+builder.Public().ID()+" to have signed 0.json, found a signature by key "+public.ID()) {
		t.Errorf("got\n%s", got)
	}
}
