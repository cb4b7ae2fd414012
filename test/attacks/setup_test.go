package attacks

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"testing"

	"github.com/sigstore/sigstore-go/pkg/sign"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/org/cilock-action/pkg/attest"
	"github.com/org/cilock-action/test/stack"
)

const (
	repository = "octo-org/octo-repo"
	workflow   = ".github/workflows/release.yml"
	artifact   = "98ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4" // sha256 of "hi\n"
)

// statement is about the artifact; change edits it.
func statement(t testing.TB, change func(*attest.Statement)) []byte {
	t.Helper()
	st := attest.Statement{
		Type: attest.StatementType, Subject: []attest.Subject{{Name: "out.txt", Digest: attest.SHA256(artifact)}},
		PredicateType: "https://slsa.dev/provenance/v1", Predicate: json.RawMessage(`{"buildDefinition":{}}`),
	}
	if change != nil {
		change(&st)
	}
	payload, err := st.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return payload
}

// parts says what of the instance a signature is made with.
type parts struct {
	claims  map[string]any
	payload []byte
	noTime  bool
	noLog   bool
}

// bundle signs as a job does.
func bundle(t testing.TB, s *stack.Stack, p parts) []byte {
	t.Helper()
	key, err := sign.NewEphemeralKeypair(nil)
	if err != nil {
		t.Fatal(err)
	}
	if p.payload == nil {
		p.payload = statement(t, nil)
	}
	o := sign.BundleOptions{
		Context: t.Context(), CertificateProvider: sign.NewFulcio(&sign.FulcioOptions{BaseURL: s.FulcioURL}),
		CertificateProviderOptions: &sign.CertificateProviderOptions{IDToken: s.Token(p.claims)},
	}
	if !p.noTime {
		o.TimestampAuthorities = []*sign.TimestampAuthority{sign.NewTimestampAuthority(&sign.TimestampAuthorityOptions{URL: s.TSAURL})}
	}
	if !p.noLog {
		o.TransparencyLogs = []sign.Transparency{sign.NewRekor(&sign.RekorOptions{BaseURL: s.RekorURL, Version: uint32(s.RekorVersion)})}
	}
	b, err := sign.Bundle(&sign.DSSEData{Data: p.payload, PayloadType: attest.PayloadType}, key, o)
	if err != nil {
		t.Fatalf("sign: %v", err)
	}
	data, err := protojson.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// trust is what a careful verifier asks for.
func trust(t testing.TB, s *stack.Stack) *attest.Keyless {
	t.Helper()
	return &attest.Keyless{Root: root(t, s), Identity: attest.Identity{
		NamePattern: attest.WorkflowsOf(repository), Issuer: attest.GitHubIssuer, Repository: repository,
		Ref: "refs/heads/main", Workflow: workflow, RunnerEnvironment: attest.GitHubHosted,
	}}
}

func root(t testing.TB, s *stack.Stack) *attest.TrustedRoot {
	t.Helper()
	text, err := os.ReadFile(s.TrustedRoot)
	if err != nil {
		t.Fatal(err)
	}
	r, err := attest.ParseTrustedRoot(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// stage is where a verification ends: the name of the check that failed, format
// for what is not even read, subject if the artifact is not in it, empty if all
// holds.
func stage(data []byte, trust attest.Trust) (string, error) {
	b, err := attest.ParseBundle(data)
	if err != nil {
		return "format", err
	}
	v, err := attest.Verify(b, trust)
	var check *attest.CheckError
	switch {
	case errors.As(err, &check):
		return check.Check, err
	case err != nil:
		return "unknown", err
	}
	if _, ok := v.MatchSubject(artifact); !ok {
		return "subject", errors.New("the artifact is not among the subjects")
	}
	return "", nil
}

// edit changes a JSON document.
func edit(t testing.TB, data []byte, change func(map[string]any)) []byte {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	change(doc)
	out, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// at walks down objects; a list on the way stands for its first item.
func at(doc map[string]any, path ...string) map[string]any {
	for _, name := range path {
		switch next := doc[name].(type) {
		case map[string]any:
			doc = next
		case []any:
			doc = next[0].(map[string]any)
		}
	}
	return doc
}

// flip changes one bit of bytes in base64, so many bytes from the end.
func flip(object map[string]any, field string, fromEnd int) {
	data, err := base64.StdEncoding.DecodeString(object[field].(string))
	if err != nil {
		panic(err)
	}
	data[len(data)-1-fromEnd] ^= 1
	object[field] = base64.StdEncoding.EncodeToString(data)
}

func file(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
