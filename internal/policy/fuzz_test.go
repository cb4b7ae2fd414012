package policy

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/org/cilock-action/pkg/attest"
)

// FuzzDocument: what is read has no mistakes, and is read again as it was written.
func FuzzDocument(f *testing.F) {
	text, err := json.Marshal(document(newKey(f), map[string]string{attest.TypeGitHubAction: noUnpinned}))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"expires":"2030-01-01T00:00:00Z","steps":{"a":{"name":"a","functionaries":[],"attestations":[]}},"x-cilock":{"version":1}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := ParseDocument(text)
		if err != nil {
			return
		}
		again, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseDocument(again); err != nil {
			t.Errorf("written again: %v", err)
		}
	})
}

// FuzzPlan: a plan is a document without mistakes, or an error.
func FuzzPlan(f *testing.F) {
	key := newKeyPEM(f)
	f.Add([]byte("expires: 2027-06-30\nsteps:\n  a:\n    functionaries: [{key: k}]\n    attestations: [{type: product, rego: [m]}]\n"))
	f.Fuzz(func(t *testing.T, plan []byte) {
		b := Builder{
			Read: func(name string) ([]byte, error) {
				if name == "k" {
					return key, nil
				}
				return []byte("package a\ndeny contains 1 if count(input) < 0"), nil
			},
			Pack: func(string) ([]Rule, error) { return nil, nil },
		}
		text, err := b.Build(plan)
		if err != nil {
			return
		}
		if _, err := ParseDocument(text); err != nil {
			t.Errorf("what was built is refused: %v", err)
		}
	})
}

// FuzzModule: no text passes that denies, nor panics; what is no set of denials is
// an error.
func FuzzModule(f *testing.F) {
	for _, s := range []string{"package a\ndeny contains x if { x := input.actionref }", "package a\ndeny[x] { x := 1 }", "package a\ndeny := 1", "package a\ndeny if input[x]"} {
		f.Add([]byte(s), []byte(`{"actionref":"a/b@v1","refpinned":true}`))
	}
	f.Fuzz(func(t *testing.T, module, input []byte) {
		b := Batch{Now: time.Unix(0, 0), Modules: []Source{{"m", module}}}
		b.Checks = []Check{{0, b.Document(input), None, b.Document(Schema(attest.TypeGitHubAction))}}
		a := b.Evaluate(context.Background())[0]
		if a.Passed() && !bytes.Contains(module, []byte("deny")) {
			t.Errorf("%q passes", module)
		}
	})
}

// FuzzBatch: the evaluating process reads anything without a panic.
func FuzzBatch(f *testing.F) {
	var text bytes.Buffer
	b := Batch{Modules: []Source{{"m", []byte("package a\ndeny contains 1 if false")}}}
	b.Checks = []Check{{0, b.Document([]byte(`{}`)), None, None}}
	if err := b.write(&text); err != nil {
		f.Fatal(err)
	}
	f.Add(text.Bytes())
	f.Add([]byte(`{"sizes":[-1]}` + "\n"))
	f.Add([]byte(`{"sizes":[999999999999],"checks":[{"module":7,"input":7}]}` + "\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if b, err := readBatch(bytes.NewReader(text)); err == nil {
			b.Evaluate(context.Background())
		}
	})
}
