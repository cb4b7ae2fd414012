package verify

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/org/cilock-action/internal/policy"
	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/attest"
)

// TestRefusedByPolicy: evidence that is broken in itself, or not what the policy is
// about. Each is refused with its stage, and none says pass.
func TestRefusedByPolicy(t *testing.T) {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	key, other := testKey(t), testKey(t)
	dir := t.TempDir()
	artifact := filepath.Join(dir, "app")
	if err := os.WriteFile(artifact, []byte("app"), 0o600); err != nil {
		t.Fatal(err)
	}
	const sum = "a172cedcae47474b615c54d510a5d84a8dea3032e958587430b413538be3f333" // of "app"
	c := policyCase(t, key, now)
	product := `{"type":"` + attest.TypeProduct + `","attestation":{"app":{"mime_type":"x","digest":{"sha256":"` + sum + `"}}},"starttime":"2026-11-28T11:00:00Z","endtime":"2026-11-28T11:00:00Z"}`
	done := `{"type":"` + attest.TypeCompleteness + `","attestation":{"started":true,"collectors":[{"name":"product","state":"ran"}]},"starttime":"2026-11-28T11:00:00Z","endtime":"2026-11-28T11:00:00Z"}`
	collection := func(attestations ...string) string {
		return `{"name":"build","attestations":[` + strings.Join(attestations, ",") + `]}`
	}
	trace := `{"type":"` + attest.TypeTrace + `","attestation":{"backend":"ptrace","hooks":[],"counts":[],"inlined":false,"root":"aa","leafcount":1,"sidecar":{"sha256":"bb"},"network":[],"lookups":[],"syscalls":[],"writes":[],"failed":[],"contested":[],"notfound":0},"starttime":"2026-11-28T11:00:00Z","endtime":"2026-11-28T11:00:00Z"}`
	for _, test := range []struct {
		name, typ, predicate, digest string
		key                          *attest.Key
		want                         string // part of a finding; empty: a pass
	}{
		{"as asked", attest.CollectionType, collection(product, done), sum, key, ""},
		{"no collection", "https://example.com/other/v1", `{}`, sum, key, "evidence: expected evidence of step build, found none"},
		{"a collection of nothing", attest.CollectionType, collection(), sum, key, "collection of"},
		{"no list at all", attest.CollectionType, `{"name":"build"}`, sum, key, "collection of"},
		{"one type twice", attest.CollectionType, collection(product, product, done), sum, key, "collection of"},
		{"about another artifact", attest.CollectionType, collection(product, done), strings.Repeat("1", 64), key, "subject of"},
		{"of the future", attest.CollectionType, strings.ReplaceAll(collection(product, done), "T11", "T23"), sum, key, "time: expected a record from before 2026-11-28T12:00:00Z, found product of 2026-11-28T23:00:00Z"},
		{"by somebody else", attest.CollectionType, collection(product, done), sum, other, "signature of"},
		{"a trace beside it that is another", attest.CollectionType, collection(product, done, trace), sum, key, "trace of"},
		{"without what was asked for", attest.CollectionType, collection(done), sum, key, "attestation: expected product in"},
		{"without a word on what was seen", attest.CollectionType, collection(product), sum, key, "complete: expected a completeness attestation"},
		{"of another step", attest.CollectionType, strings.Replace(collection(product, done), "build", "test", 1), sum, key, "evidence: expected evidence of step build, found none"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "e.json")
			st := attest.Statement{Type: attest.StatementType, PredicateType: test.typ, Predicate: json.RawMessage(test.predicate), Subject: []attest.Subject{{Name: "app", Digest: attest.SHA256(test.digest)}}}
			writeBundle(t, path, st, test.key)
			if err := os.WriteFile(attest.TracePath(path), []byte("another trace"), 0o600); err != nil {
				t.Fatal(err)
			}
			r := Verify(t.Context(), Options{
				Bundles: []string{path}, Subjects: []string{artifact}, Trust: c.Trust(), Now: now, Policy: c,
				Evaluate: func(ctx context.Context, b *policy.Batch) []policy.Answer { return b.Evaluate(ctx) },
			})
			text := strings.Join(r.Lines(), "\n")
			switch {
			case test.want == "" && r.Verdict != verdict.Pass:
				t.Errorf("it does not pass:\n%s", text)
			case test.want != "" && (r.Verdict == verdict.Pass || strings.Contains(text, "verdict: pass") || r.ExitCode(verdict.FailOnFail) == 0):
				t.Errorf("it passes:\n%s", text)
			case !strings.Contains(text, test.want):
				t.Errorf("got\n%s\nwant %s", text, test.want)
			}
		})
	}
}

func testKey(t *testing.T) *attest.Key {
	t.Helper()
	key, err := attest.NewEphemeralKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// policyCase is a policy that asks for a product of step build by key.
func policyCase(t *testing.T, key *attest.Key, now time.Time) *policy.Case {
	t.Helper()
	public := key.Public()
	text, err := json.Marshal(policy.Document{
		Expires:    now.Add(time.Hour),
		PublicKeys: map[string]policy.PublicKey{public.ID(): {KeyID: public.ID(), Key: public.PEM()}},
		Steps: map[string]policy.Step{"build": {
			Name: "build", Functionaries: []policy.Functionary{{Type: policy.FunctionaryKey, PublicKeyID: public.ID()}},
			Attestations: []policy.Attestation{{Type: attest.TypeProduct, RegoPolicies: []policy.RegoPolicy{}}},
		}},
		Ours: &policy.Extension{},
	})
	if err != nil {
		t.Fatal(err)
	}
	s, err := key.SignPayload(t.Context(), policy.PayloadType, text)
	if err != nil {
		t.Fatal(err)
	}
	envelope, err := s.Envelope()
	if err != nil {
		t.Fatal(err)
	}
	signed, err := policy.Open(envelope, public, 0)
	if err != nil {
		t.Fatal(err)
	}
	c, err := policy.NewCase("p.json", signed, policy.Verifier{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func writeBundle(t *testing.T, path string, st attest.Statement, key *attest.Key) {
	t.Helper()
	payload, err := st.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	s, err := key.Sign(t.Context(), payload)
	if err != nil {
		t.Fatal(err)
	}
	bundle, err := s.Bundle()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, bundle, 0o600); err != nil {
		t.Fatal(err)
	}
}
