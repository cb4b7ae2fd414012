package attest

import (
	"encoding/json"
	"testing"
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
