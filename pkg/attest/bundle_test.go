package attest

import (
	"strings"
	"testing"
)

// TestParseBundleRefuses: a file that another reader could take for something
// else is not read at all.
func TestParseBundleRefuses(t *testing.T) {
	key := newTestKey(t, "ecdsa-p256")
	payload := testStatement(t, nil)
	good, err := signBundle(key, payload)
	if err != nil {
		t.Fatal(err)
	}
	bare, err := signEnvelope(key, payload)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, from, to, want string }{
		{"unknown field", `{"mediaType"`, `{"other":1,"mediaType"`, "unknown field"},
		{"unknown field inside", `{"publicKey"`, `{"other":1,"publicKey"`, "unknown field"},
		{"a field twice", `{"mediaType"`, `{"mediaType":"x","mediaType"`, "two fields of one name"},
		{"a field twice, in another case", `"payloadType"`, `"PayloadType":"x","payloadType"`, "two fields of one name"},
		{"a field twice, inside", `{"hint"`, `{"hint":"x","hint"`, "two fields of one name"},
		{"another version", "v0.3", "v0.9", "media type"},
		{"a bare message", `"dsseEnvelope"`, `"messageSignature":{},"dsseEnvelope"`, "bare message"},
		{"a certificate beside the key", `{"publicKey"`, `{"certificate":{"rawBytes":""},"publicKey"`, "names no signer, or more than one"},
		{"a chain in this version", `"publicKey":{"hint":"` + key.Public().ID() + `"}`, `"x509CertificateChain":{"certificates":[{"rawBytes":"AAAA"}]}`, "no certificate chain"},
		{"an empty certificate", `"publicKey":{"hint":"` + key.Public().ID() + `"}`, `"certificate":{"rawBytes":""}`, "names no signer"},
		{"an unknown field of a signature", `{"sig"`, `{"cert":"","sig"`, "unknown field"},
		{"too many log entries", `{"publicKey"`, `{"tlogEntries":[0` + strings.Repeat(",0", 32) + `],"publicKey"`, "33 log entries"},
		{"too many timestamps", `{"publicKey"`, `{"timestampVerificationData":{"rfc3161Timestamps":[{}` + strings.Repeat(",{}", 32) + `]},"publicKey"`, "33 timestamps"},
		{"no key", `"publicKey":{"hint":"` + key.Public().ID() + `"}`, ``, "names no signer, or more than one"},
		{"two signatures", `"signatures":[`, `"signatures":[{"sig":"AAAA"},`, "2 signatures"},
		{"text after the end", `]}}`, `]}} {}`, "not a JSON object"},
	} {
		t.Run(test.name, func(t *testing.T) {
			changed := strings.Replace(string(good), test.from, test.to, 1)
			if changed == string(good) {
				t.Fatalf("nothing to change in %s", good)
			}
			if _, err := ParseBundle([]byte(changed)); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
	for _, twice := range []string{`{"payloadType":"x",`, `{"PAYLOAD":"x",`} {
		changed := strings.Replace(string(bare), "{", twice, 1)
		if _, err := ParseBundle([]byte(changed)); err == nil {
			t.Errorf("accepted %s", changed)
		}
	}
	if _, err := ParseBundle(make([]byte, MaxBundleSize+1)); err == nil || !strings.Contains(err.Error(), "at most") {
		t.Errorf("a bundle that is too large: %v", err)
	}
	deep := `{"mediaType":` + strings.Repeat("[", 1<<20) + strings.Repeat("]", 1<<20) + `}`
	if _, err := ParseBundle([]byte(deep)); err == nil {
		t.Error("accepted a million brackets")
	}
}
