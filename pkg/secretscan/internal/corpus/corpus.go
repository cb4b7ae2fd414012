// Package corpus has the generated secrets, each in many encodings, that the tests
// of the decoders and of the scanner measure recall with. None is real.
package corpus

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/json"
	"testing"
)

// Case is one secret in one encoding.
type Case struct {
	Kind, Encoding string
	Rule           bool   // a rule of Gitleaks knows the kind
	Needle         string // the secret
	Data           []byte // a text that holds it
}

//go:embed corpus.jsonl.gz
var packed []byte

// Read returns all cases.
func Read(t testing.TB) (all []Case) {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	for d := json.NewDecoder(z); d.More(); {
		var c Case
		if err := d.Decode(&c); err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	if len(all) == 0 {
		t.Fatal("the corpus is empty")
	}
	return all
}
