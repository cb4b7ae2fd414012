package attest

import (
	"encoding/json"
	"strings"
	"testing"

	protorekor "github.com/sigstore/protobuf-specs/gen/pb-go/rekor/v1"
	"google.golang.org/protobuf/encoding/protojson"
)

// FuzzVerifyKeyless: whatever a bundle of the public instance is made into, it
// is refused or says what the workflow signed; and nothing panics.
func FuzzVerifyKeyless(f *testing.F) {
	text, trust := npmFile(f, npmProvenance), npmTrust(f)
	trust.Unsafe = Unsafe{SkipTimestampUnsafe: true}
	good, err := ParseBundle(text)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add(npmFile(f, "examples/bundle-publish.json"))
	f.Add(npmFile(f, "pkg/testing/data/bundles/dsse-2sigs.sigstore.json"))
	f.Add(npmFile(f, "pkg/testing/data/bundles/othername.sigstore.json"))
	f.Add([]byte(`{"payload":"e30=","payloadType":"application/vnd.in-toto+json","signatures":[{"sig":"AAAA","cert":"x","timestamps":[{"type":"tsp","data":"MAA="}]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := verifyText(data, trust)
		if err != nil {
			if checkOf(err) == "" {
				t.Errorf("error without a check: %v", err)
			}
			return
		}
		if want, err := parseStatement(good.envelope.Payload); err != nil || v.Statement.PredicateType != want.PredicateType {
			t.Errorf("accepted a statement that was not signed: %q", v.Statement)
		}
	})
}

// FuzzParseTrustedRoot: a root is read or refused, and one that is read can be
// described.
func FuzzParseTrustedRoot(f *testing.F) {
	f.Add(npmFile(f, npmRoot))
	f.Add(npmFile(f, "pkg/testing/data/trusted-roots/scaffolding.json"))
	f.Add([]byte(`{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}`))
	f.Add([]byte(`{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1","timestampAuthorities":[{}],"certificateAuthorities":[null]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		root, err := ParseTrustedRoot(data)
		if err != nil {
			return
		}
		if _, err := root.Choose("", "", ""); err != nil {
			t.Errorf("choose all of %q: %v", data, err)
		}
		if _, err := json.Marshal(root.Info(root.Info(testTime).Newest)); err != nil {
			t.Errorf("describe %q: %v", data, err)
		}
	})
}

// FuzzCertificates: PEM with certificates, as it stands in envelopes and files.
func FuzzCertificates(f *testing.F) {
	f.Add([]byte("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"))
	f.Add([]byte("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\ntext"))
	f.Fuzz(func(t *testing.T, data []byte) {
		certs, err := ParseCertificates(data)
		if err == nil && (len(certs) == 0 || len(certs) > maxCertificates) {
			t.Errorf("%d certificates", len(certs))
		}
		if response := asResponse(data); len(response) < len(data) {
			t.Errorf("%x became shorter", data)
		}
	})
}

// FuzzIsLogged: no answer of a log ends the program, and one that is taken is
// about this signature.
func FuzzIsLogged(f *testing.F) {
	var bundle struct {
		VerificationMaterial struct {
			TlogEntries []json.RawMessage `json:"tlogEntries"`
		} `json:"verificationMaterial"`
	}
	if err := json.Unmarshal(npmFile(f, npmProvenance), &bundle); err != nil {
		f.Fatal(err)
	}
	for _, entry := range bundle.VerificationMaterial.TlogEntries {
		f.Add([]byte(entry))
	}
	f.Add([]byte(`{"canonicalizedBody":"e30=","inclusionProof":{"treeSize":"-1","hashes":[""],"checkpoint":{"envelope":"a\n1\nAAAA\n\n— a AAAA\n"}}}`))
	key, err := NewEphemeralKey()
	if err != nil {
		f.Fatal(err)
	}
	s, err := key.Sign(f.Context(), []byte("{}"))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		entry := new(protorekor.TransparencyLogEntry)
		if protojson.Unmarshal(data, entry) == nil && s.isLogged(entry) == nil {
			t.Errorf("taken for an entry of our signature: %q", data)
		}
	})
}

// FuzzHide: no twelve bytes in a row of a secret are left, and nothing else is
// touched.
func FuzzHide(f *testing.F) {
	f.Add("header.payload.signature", "you sent header.payload.signature and payload.sign")
	f.Add("aaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaa aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
	f.Add("short", "short")
	f.Fuzz(func(t *testing.T, secret, text string) {
		got := string(hide(secret, []byte(text)))
		for i := 0; i+pieceOfSecret <= len(secret); i++ {
			if piece := secret[i : i+pieceOfSecret]; strings.Contains(got, piece) && !strings.Contains(piece, "*") {
				t.Errorf("%q of %q is in %q", piece, secret, got)
			}
		}
		if !strings.Contains(got, "***") && got != text {
			t.Errorf("%q became %q", text, got)
		}
	})
}
