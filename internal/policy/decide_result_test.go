package policy

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/attest"
)

// signedRecord is a record and who signs it.
type signedRecord struct {
	record
	key *attest.Key
}

// verdictOn is the decision about artifacts of these digests.
func verdictOn(t *testing.T, d *Document, digests []string, records ...signedRecord) Decision {
	t.Helper()
	roles, err := d.Roles(Verifier{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	q := Question{Evaluate: func(ctx context.Context, b *Batch) []Answer { return b.Evaluate(ctx) }}
	for _, digest := range digests {
		q.Subjects = append(q.Subjects, attest.Subject{Name: digest[:1], Digest: attest.SHA256(digest)})
	}
	for i, r := range records {
		b, err := attest.ParseBundle(r.signed(t, r.key))
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

func (d *Document) functionary(step string, key *attest.Key) {
	public := key.Public()
	d.PublicKeys[public.ID()] = PublicKey{KeyID: public.ID(), Key: public.PEM()}
	s := d.Steps[step]
	s.Functionaries = append(s.Functionaries, Functionary{Type: FunctionaryKey, PublicKeyID: public.ID()})
	d.Steps[step] = s
}

// of is the build of another artifact.
func of(digest string) record {
	r := build()
	r.subject = digest
	r.bodies[attest.TypeProduct] = []string{`{"app":{"mime_type":"x","digest":{"sha256":"` + digest + `"}}}`}
	return r
}

func (r record) at(commit string) record {
	r.bodies[attest.TypeGit] = []string{`{"commithash":"` + commit + `"}`}
	return r
}

func (r record) as(step string) record {
	r.step = step
	return r
}

// expect compares findings with a part of one; empty: a pass.
func expect(t *testing.T, got Decision, want string) {
	t.Helper()
	text := lines(got)
	if (verdict.Of(got.Findings) == verdict.Pass) != (want == "") || !strings.Contains(text, want) {
		t.Errorf("got\n%swant %q", text, want)
	}
}

// A second signer counts for what was signed for first, not for another result.
func TestThresholdIsOfOneResult(t *testing.T) {
	one, two := newKey(t), newKey(t)
	d := document(one, nil)
	d.functionary("build", two)
	d.Ours.Steps = map[string]StepExtension{"build": {Threshold: 2}}
	both := []string{artifact, another}
	expect(t, verdictOn(t, d, both[:1], signedRecord{build(), one}, signedRecord{build(), two}), "")
	expect(t, verdictOn(t, d, both, signedRecord{build(), one}, signedRecord{of(another), two}), "expected 2 distinct signers, found 1 for one of the 2 results")
	expect(t, verdictOn(t, d, both[:1], signedRecord{build(), one}, signedRecord{build().at("badbad"), two}), "expected 2 distinct signers, found 1")
	expect(t, verdictOn(t, d, both, signedRecord{build(), one}, signedRecord{build(), two}, signedRecord{of(another), two}), "expected 2 distinct signers, found 1")
}

// What passes together would pass apart.
func TestEachArtifact(t *testing.T) {
	key := newKey(t)
	d := document(key, nil)
	s := d.Steps["build"]
	s.Name = "test"
	d.Steps["test"] = s
	r := func(r record) signedRecord { return signedRecord{r, key} }
	both := []string{artifact, another}
	tested := build().as("test")
	expect(t, verdictOn(t, d, both, r(build()), r(tested), r(of(another))), "") // of one commit
	expect(t, verdictOn(t, d, both, r(build()), r(tested), r(of(another).at("badbad"))), `test binding: expected evidence that belongs to "2"`)
	expect(t, verdictOn(t, d, both, r(build()), r(tested), r(of(another).at("badbad")), r(of(another).at("badbad").as("test"))), "")

	s.ArtifactsFrom = []string{"build"}
	d.Steps["test"] = s
	after := build().as("test").at("")
	after.bodies[attest.TypeMaterial] = []string{`{"app":{"sha256":"` + artifact + `"}}`}
	elsewhere := of(another).at("badbad")
	elsewhere.bodies[attest.TypeProduct] = []string{`{"app2":{"mime_type":"x","digest":{"sha256":"` + another + `"}}}`}
	expect(t, verdictOn(t, d, both[:1], r(build()), r(after)), "")
	expect(t, verdictOn(t, d, both, r(build()), r(after), r(elsewhere)), `test binding: expected evidence that belongs to "2"`)

	d = document(key, nil)
	d.artifact("")
	expect(t, verdictOn(t, d, both, r(build()), r(of(another)), r(provenance("x", artifact)), r(provenance("x", another))), "")
	expect(t, verdictOn(t, d, both, r(build()), r(of(another)), r(provenance("x", artifact))), `subject: expected a statement about "2"`)
}

// A step that did not do what it was to do is no step, whatever it left.
func TestEnded(t *testing.T) {
	key := newKey(t)
	run := func(body string) record {
		r := build()
		r.bodies[attest.TypeCommandRun] = []string{body}
		return r
	}
	nothing := func(body string) record {
		r := build()
		r.bodies[attest.TypeMaterial] = []string{body}
		return r
	}
	completeness := func(old, new string) record {
		r := build()
		r.complete(old, new)
		return r
	}
	for _, test := range []struct {
		name   string
		record record
		module string // of command-run
		want   string
	}{
		{"failed", run(`{"cmd":["make"],"exitcode":7}`), "", "build ended: expected exit code 0 in 0.json, found exit code 7"},
		{"failed, and judged", run(`{"cmd":["make"],"exitcode":7}`), "package p\ndeny contains \"no\" if not input.exitcode in {0, 7}", ""},
		{"failed, and judged otherwise", run(`{"cmd":["make"],"exitcode":7}`), "package p\ndeny contains \"no\" if input.cmd[0] == \"curl\"", "found exit code 7"},
		{"a body of nothing", run(`null`), "", "expected an exit code in 0.json, found none"},
		{"a body that is a list", run(`[]`), "", "build ended: expected a readable exit code"},
		{"materials of nothing", nothing(`null`), "", "build attestation: expected material with content in 0.json, found null"},
		{"materials that are a list", nothing(`[]`), "", "build attestation: expected material with content in 0.json, found []"},
		{"cancelled", completeness(`"started":true`, `"started":true,"cancelled":"SIGTERM"`), "", "build ended: expected a step that ended by itself, found one that was cancelled by SIGTERM"},
		{"two accounts", completeness(`{"name":"material","state":"ran"}`, `{"name":"material","state":"ran"},{"name":"material","state":"failed"}`), "", "expected one account of material in 0.json, found 2"},
	} {
		for _, completeness := range []string{CompletenessRequired, CompletenessAllowed} {
			if completeness == CompletenessAllowed && test.name == "two accounts" {
				continue
			}
			t.Run(test.name+", "+completeness, func(t *testing.T) {
				d := document(key, map[string]string{attest.TypeCommandRun: test.module})
				d.Ours.Steps = map[string]StepExtension{"build": {Completeness: completeness}}
				expect(t, verdictOn(t, d, []string{artifact}, signedRecord{test.record, key}), test.want)
			})
		}
	}
}

// An action that cannot be read is not one that is not denied.
func TestDeniedActionIsReadable(t *testing.T) {
	key := newKey(t)
	const sha = "1123456789012345678901234567890123456789"
	for body, want := range map[string]string{
		`{"actionref":"a/b@v1","refpinned":true,"resolvedsha":"` + sha + `"}`:                     "found a/b@v1 is commit",
		`{"actionref":"a/b@v1","refpinned":true,"resolvedsha":"` + sha + `","nested":"x"}`:        "denySHAs: expected actions that can be compared",
		`{"actionref":"a/b@` + strings.ToUpper("abcdef6789012345678901234567890123456789") + `"}`: "is commit abcdef",
		`[]`: "denySHAs: expected actions that can be compared",
	} {
		d := document(key, nil)
		d.Ours.DenySHAs = []string{sha, "abcdef6789012345678901234567890123456789"}
		r := build()
		r.bodies[attest.TypeGitHubAction] = []string{body}
		expect(t, verdictOn(t, d, []string{artifact}, signedRecord{r, key}), want)
	}
}
