package attest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"testing"
)

const helloSHA = "98ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4" // "hi\n"

func newTestKey(t testing.TB, algorithm string) *Key {
	t.Helper()
	var private any
	var err error
	switch algorithm {
	case "ed25519":
		_, private, err = ed25519.GenerateKey(rand.Reader)
	default:
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ParseKey(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// testStatement is a small collection about one file; change edits it.
func testStatement(t testing.TB, change func(*Statement, *Collection)) []byte {
	t.Helper()
	c := Collection{Name: "build", Attestations: []Attestation{
		{Type: TypeMaterial, Body: json.RawMessage(`{}`)},
		{Type: TypeProduct, Body: json.RawMessage(`{"out.txt":{"mime_type":"text/plain","digest":{"sha256":"` + helloSHA + `"}}}`)},
	}}
	products, err := NewTree(map[string]DigestSet{"out.txt": SHA256(helloSHA)})
	if err != nil {
		t.Fatal(err)
	}
	materials, err := NewTree(nil)
	if err != nil {
		t.Fatal(err)
	}
	trees, err := json.Marshal(Trees{Materials: materials, Products: products})
	if err != nil {
		t.Fatal(err)
	}
	c.Attestations = append(c.Attestations, Attestation{Type: TypeTrees, Body: trees})
	s := Statement{Type: StatementType, PredicateType: CollectionType, Subject: []Subject{{"out.txt", SHA256(helloSHA)}}}
	if change != nil {
		change(&s, &c)
	}
	if s.Predicate == nil {
		if s.Predicate, err = json.Marshal(c); err != nil {
			t.Fatal(err)
		}
	}
	payload, err := json.Marshal(s) // not s.Marshal, which would refuse what the tests need
	if err != nil {
		t.Fatal(err)
	}
	// A struct cannot say a field twice.
	return bytes.Replace(payload, []byte(`"predicateType":"TWICE"`), []byte(`"SUBJECT":[],"predicateType":"x"`), 1)
}

func signed(t testing.TB, key *Key, payload []byte) *Bundle {
	t.Helper()
	data, err := signBundle(key, payload)
	if err != nil {
		t.Fatal(err)
	}
	b, err := ParseBundle(data)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSignVerify(t *testing.T) {
	for _, algorithm := range []string{"ecdsa-p256", "ed25519"} {
		t.Run(algorithm, func(t *testing.T) {
			key := newTestKey(t, algorithm)
			payload := testStatement(t, nil)
			envelope, err := signEnvelope(key, payload)
			if err != nil {
				t.Fatal(err)
			}
			bare, err := ParseBundle(envelope)
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range []*Bundle{signed(t, key, payload), bare} {
				v, err := Verify(b, key.Public())
				if err != nil {
					t.Fatalf("%s: %v", b.Format, err)
				}
				if _, ok := v.MatchSubject(helloSHA); !ok {
					t.Errorf("%s: the subject is not found", b.Format)
				}
				if where, ok := v.MatchSubject(strings.Repeat("0", 64)); ok {
					t.Errorf("%s: a foreign digest is %s", b.Format, where)
				}
				if v.KeyID != key.Public().ID() {
					t.Errorf("key is %s, want %s", v.KeyID, key.Public().ID())
				}
			}
			other := newTestKey(t, algorithm)
			if _, err := Verify(bare, other.Public()); checkOf(err) != "signature" {
				t.Errorf("another key: %v", err)
			}
		})
	}
}

func checkOf(err error) string {
	var check *CheckError
	if !errors.As(err, &check) {
		return ""
	}
	return check.Check
}

// TestVerifyRefuses: each row is signed by the right key, and refused all the
// same.
func TestVerifyRefuses(t *testing.T) {
	key := newTestKey(t, "ecdsa-p256")
	for _, test := range []struct {
		name, check string
		change      func(*Statement, *Collection)
	}{
		{"statement type", "statement", func(s *Statement, _ *Collection) { s.Type = "https://in-toto.io/Statement/v9" }},
		{"no predicate type", "statement", func(s *Statement, _ *Collection) { s.PredicateType = "" }},
		{"no subject", "statement", func(s *Statement, _ *Collection) { s.Subject = nil }},
		{"no collection name", "collection", func(_ *Statement, c *Collection) { c.Name = "" }},
		{"no attestations", "collection", func(_ *Statement, c *Collection) { c.Attestations = nil }},
		{"no type", "collection", func(_ *Statement, c *Collection) { c.Attestations[0].Type = "" }},
		{"a type twice", "collection", func(_ *Statement, c *Collection) { c.Attestations = append(c.Attestations, c.Attestations[1]) }},
		{"subject twice, in another case", "statement", func(s *Statement, _ *Collection) { s.PredicateType = "TWICE" }},
		{"attestations twice", "collection", func(s *Statement, c *Collection) {
			list, err := json.Marshal(c.Attestations)
			if err != nil {
				t.Fatal(err)
			}
			s.Predicate = json.RawMessage(`{"name":"build","attestations":` + string(list) + `,"Attestation\u017f":` + string(list) + `}`)
		}},
		{"two types in one attestation", "collection", func(s *Statement, _ *Collection) {
			s.Predicate = json.RawMessage(`{"name":"build","attestations":[{"Type":"x","type":"y","attestation":{}}]}`)
		}},
		{"trees with a field twice", "trees", func(_ *Statement, c *Collection) {
			c.Attestations[2].Body = json.RawMessage(`{"Materials":{},` + string(c.Attestations[2].Body[1:]))
		}},
		{"predicate is no object", "collection", func(s *Statement, _ *Collection) { s.Predicate = json.RawMessage(`[]`) }},
		{"root of other materials", "trees", func(_ *Statement, c *Collection) {
			c.Attestations[0].Body = json.RawMessage(`{"in.txt":{"sha256":"` + helloSHA + `"}}`)
		}},
		{"product added", "trees", func(_ *Statement, c *Collection) {
			c.Attestations[1].Body = json.RawMessage(`{"a":{"digest":{"sha256":"` + helloSHA + `"}},"out.txt":{"digest":{"sha256":"` + helloSHA + `"}}}`)
		}},
		{"product renamed", "trees", func(_ *Statement, c *Collection) {
			c.Attestations[1].Body = json.RawMessage(`{"b.txt":{"digest":{"sha256":"` + helloSHA + `"}}}`)
		}},
		{"product with a name that leads elsewhere", "trees", func(_ *Statement, c *Collection) {
			c.Attestations[1].Body = json.RawMessage(`{"a/../out.txt":{"digest":{"sha256":"` + helloSHA + `"}}}`)
		}},
		{"product without a name", "trees", func(_ *Statement, c *Collection) {
			c.Attestations[1].Body = json.RawMessage(`{"":{"digest":{"sha256":"` + helloSHA + `"}}}`)
		}},
		{"product twice", "statement", func(_ *Statement, c *Collection) {
			c.Attestations[1].Body = json.RawMessage(`{"out.txt":{},"out\u002etxt":{"digest":{"sha256":"` + helloSHA + `"}}}`)
		}},
		{"products that are a list", "trees", func(_ *Statement, c *Collection) { c.Attestations[1].Body = json.RawMessage(`[]`) }},
		{"product with a weak digest", "trees", func(_ *Statement, c *Collection) {
			c.Attestations[1].Body = json.RawMessage(`{"out.txt":{"digest":{"sha1":"0000000000000000000000000000000000000000"}}}`)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Verify(signed(t, key, testStatement(t, test.change)), key.Public())
			if checkOf(err) != test.check {
				t.Errorf("got %v, want a failed %s check", err, test.check)
			}
		})
	}
}

// TestRepeatedAction: one type may repeat, the one for actions.
func TestRepeatedAction(t *testing.T) {
	key := newTestKey(t, "ecdsa-p256")
	payload := testStatement(t, func(_ *Statement, c *Collection) {
		for range 2 {
			c.Attestations = append(c.Attestations, Attestation{Type: TypeGitHubAction, Body: json.RawMessage(`{}`)})
		}
	})
	if _, err := Verify(signed(t, key, payload), key.Public()); err != nil {
		t.Error(err)
	}
}

// TestEnvelopeSignatures: every signature of an envelope is by somebody who is
// trusted, and any number by one key is one signer.
func TestEnvelopeSignatures(t *testing.T) {
	key, other := newTestKey(t, "ed25519"), newTestKey(t, "ed25519")
	payload := testStatement(t, nil)
	good, err := signEnvelope(key, payload)
	if err != nil {
		t.Fatal(err)
	}
	bad, err := signEnvelope(other, payload)
	if err != nil {
		t.Fatal(err)
	}
	var g, b envelope
	if err := errors.Join(json.Unmarshal(good, &g), json.Unmarshal(bad, &b)); err != nil {
		t.Fatal(err)
	}
	junk := envelopeSignature{KeyID: key.Public().ID(), Sig: []byte("junk")}
	for _, test := range []struct {
		name string
		sigs []envelopeSignature
		by   Trust
		keys int // that signed; 0: refused
	}{
		{"good", []envelopeSignature{g.Signatures[0]}, key.Public(), 1},
		{"good before junk", []envelopeSignature{g.Signatures[0], junk}, key.Public(), 0},
		{"good after junk", []envelopeSignature{junk, g.Signatures[0]}, key.Public(), 0},
		{"a stranger's beside it", []envelopeSignature{g.Signatures[0], b.Signatures[0]}, key.Public(), 0},
		{"both known", []envelopeSignature{g.Signatures[0], b.Signatures[0]}, PublicKeys{key.Public(), other.Public()}, 2},
		{"one key twice", []envelopeSignature{g.Signatures[0], g.Signatures[0]}, PublicKeys{key.Public(), other.Public()}, 1},
		{"another key's, named as ours", []envelopeSignature{{KeyID: key.Public().ID(), Sig: b.Signatures[0].Sig}}, key.Public(), 0},
		{"junk only", []envelopeSignature{junk, junk}, key.Public(), 0},
		{"no key to trust", []envelopeSignature{g.Signatures[0]}, PublicKeys{}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			data, err := json.Marshal(envelope{Payload: payload, PayloadType: PayloadType, Signatures: test.sigs})
			if err != nil {
				t.Fatal(err)
			}
			bundle, err := ParseBundle(data)
			if err != nil {
				t.Fatal(err)
			}
			v, err := Verify(bundle, test.by)
			switch {
			case test.keys == 0 && checkOf(err) != "signature":
				t.Errorf("got %v", err)
			case test.keys > 0 && (err != nil || v.DistinctKeys() != test.keys):
				t.Errorf("got %v, want %d keys", err, test.keys)
			}
		})
	}
}

// TestPayloadType: the type is under the signature, so a changed one breaks
// it, and a foreign one that is signed is refused by name.
func TestPayloadType(t *testing.T) {
	key := newTestKey(t, "ecdsa-p256")
	data, err := signBundle(key, testStatement(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(data), PayloadType, "application/json", 1)
	b, err := ParseBundle([]byte(changed))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(b, key.Public()); checkOf(err) != "signature" {
		t.Errorf("changed payload type: %v", err)
	}
}

// TestFailedCollectorHasNoTree: what was not recorded has no root, and a root
// needs what it is of.
func TestFailedCollectorHasNoTree(t *testing.T) {
	key := newTestKey(t, "ecdsa-p256")
	without := func(change func(*Trees)) []byte {
		return testStatement(t, func(_ *Statement, c *Collection) {
			var trees Trees
			if _, err := c.Decode(TypeTrees, &trees); err != nil {
				t.Fatal(err)
			}
			change(&trees)
			body, err := json.Marshal(trees)
			if err != nil {
				t.Fatal(err)
			}
			c.Attestations[2].Body = body
			c.Attestations = c.Attestations[1:] // the materials
		})
	}
	if _, err := Verify(signed(t, key, without(func(x *Trees) { x.Materials = Tree{} })), key.Public()); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*Trees){
		"a count":          func(x *Trees) { x.Materials = Tree{LeafCount: 1} },
		"a root":           func(x *Trees) { x.Materials = Tree{Root: helloSHA} },
		"no product root":  func(x *Trees) { x.Materials, x.Products = Tree{}, Tree{} },
		"the root of none": func(x *Trees) { x.Materials.LeafCount = 2 },
	} {
		if _, err := Verify(signed(t, key, without(change)), key.Public()); checkOf(err) != "trees" {
			t.Errorf("%s: got %v, want a failed trees check", name, err)
		}
	}
}

// TestMatchSubjectBeyondTheLimit: products count as subjects only where the
// root of their tree is the subject.
func TestMatchSubjectBeyondTheLimit(t *testing.T) {
	key := newTestKey(t, "ecdsa-p256")
	zero := strings.Repeat("0", 64)
	elsewhere := testStatement(t, func(s *Statement, _ *Collection) { s.Subject = []Subject{{"other", SHA256(zero)}} })
	byRoot := testStatement(t, func(s *Statement, c *Collection) {
		var trees Trees
		if _, err := c.Decode(TypeTrees, &trees); err != nil {
			t.Fatal(err)
		}
		s.Subject = []Subject{{ProductTreeName, SHA256(trees.Products.Root)}}
	})
	for _, test := range []struct {
		name    string
		payload []byte
		ok      bool
	}{{"another subject", elsewhere, false}, {"the tree", byRoot, true}} {
		v, err := Verify(signed(t, key, test.payload), key.Public())
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := v.MatchSubject(helloSHA); ok != test.ok {
			t.Errorf("%s: found is %v", test.name, ok)
		}
	}
}

func TestStatementMarshalRefuses(t *testing.T) {
	many := make([]Subject, MaxSubjects+1)
	for i := range many {
		many[i] = Subject{fmt.Sprint(i), SHA256(helloSHA)}
	}
	for _, subjects := range [][]Subject{nil, many} {
		if _, err := (Statement{Subject: subjects}).Marshal(); err == nil {
			t.Errorf("%d subjects were accepted", len(subjects))
		}
	}
}

// FuzzVerify: whatever a file holds, it is refused or it is the one that was
// signed; and no input makes the verifier panic.
func FuzzVerify(f *testing.F) {
	key := newTestKey(f, "ed25519")
	payload := testStatement(f, nil)
	bundle, err := signBundle(key, payload)
	if err != nil {
		f.Fatal(err)
	}
	envelope, err := signEnvelope(key, payload)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(bundle)
	f.Add(envelope)
	f.Add([]byte(`{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","dsseEnvelope":{}}`))
	f.Add([]byte(`{"payload":"` + base64.StdEncoding.EncodeToString(payload) + `","payloadType":"application/vnd.in-toto+json","signatures":[{"sig":""}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := ParseBundle(data)
		if err != nil {
			return
		}
		v, err := Verify(b, key.Public())
		if err != nil {
			if checkOf(err) == "" {
				t.Errorf("error without a check: %v", err)
			}
			return
		}
		if string(b.envelope.Payload) != string(payload) || v.KeyID != key.Public().ID() {
			t.Errorf("accepted a payload that was not signed: %q", b.envelope.Payload)
		}
	})
}
