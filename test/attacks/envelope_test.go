package attacks

import (
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"testing"

	"github.com/org/cilock-action/pkg/attest"
	"github.com/org/cilock-action/test/stack"
)

// witnessEnvelope makes of a bundle what Witness writes: certificate,
// intermediate and timestamp within the signature. tokenOnly leaves of the
// timestamp's response the token, which is all that Witness keeps.
func witnessEnvelope(t *testing.T, s *stack.Stack, data []byte, tokenOnly bool) map[string]any {
	t.Helper()
	var b, r map[string]any
	for text, doc := range map[string]*map[string]any{string(data): &b, string(file(t, s.TrustedRoot)): &r} {
		if err := json.Unmarshal([]byte(text), doc); err != nil {
			t.Fatal(err)
		}
	}
	toPEM := func(raw any) string {
		der, err := base64.StdEncoding.DecodeString(raw.(string))
		if err != nil {
			t.Fatal(err)
		}
		return base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	}
	stamp, err := base64.StdEncoding.DecodeString(at(b, material, timestamp, "rfc3161Timestamps")["signedTimestamp"].(string))
	if err != nil {
		t.Fatal(err)
	}
	if tokenOnly {
		var response struct{ Status, Token asn1.RawValue }
		if _, err := asn1.Unmarshal(stamp, &response); err != nil {
			t.Fatal(err)
		}
		stamp = response.Token.FullBytes
	}
	envelope := at(b, "dsseEnvelope")
	signature := at(envelope, "signatures")
	signature["certificate"] = toPEM(at(b, material, "certificate")["rawBytes"])
	signature["intermediates"] = []any{toPEM(at(r, "certificateAuthorities", "certChain", "certificates")["rawBytes"])}
	signature["timestamps"] = []any{map[string]any{"type": "tsp", "data": base64.StdEncoding.EncodeToString(stamp)}}
	return envelope
}

// TestEnvelope: an envelope as Witness writes it is believed for what it
// holds, which is no log entry.
func TestEnvelope(t *testing.T) {
	s := stack.Start(t)
	good, other := bundle(t, s, parts{noLog: true}), bundle(t, s, parts{noLog: true})
	noLog := trust(t, s)
	noLog.SkipLogUnsafe = true
	for _, test := range []struct {
		name, stage string
		tokenOnly   bool
		trust       attest.Trust
		change      func(e, other map[string]any)
	}{
		{"good", "", false, noLog, nil},
		{"a token", "", true, noLog, nil},
		{"a log entry is asked for", "log entry", true, trust(t, s), nil},
		{"no timestamp", "trusted time", true, noLog, func(e, _ map[string]any) { delete(at(e, "signatures"), "timestamps") }},
		{"timestamp", "timestamp", true, noLog, func(e, _ map[string]any) { flip(at(e, "signatures", "timestamps"), "data", 1) }},
		{"timestamp of another", "timestamp", true, noLog, func(e, o map[string]any) {
			at(e, "signatures")["timestamps"] = at(o, "signatures")["timestamps"]
		}},
		{"timestamp of an unknown type", "format", true, noLog, func(e, _ map[string]any) { at(e, "signatures", "timestamps")["type"] = "x" }},
		{"certificate of another", "signature", true, noLog, func(e, o map[string]any) {
			at(e, "signatures")["certificate"] = at(o, "signatures")["certificate"]
		}},
		{"no certificate", "certificate", true, noLog, func(e, _ map[string]any) { delete(at(e, "signatures"), "certificate") }},
		{"no intermediate, which the root has", "", true, noLog, func(e, _ map[string]any) { delete(at(e, "signatures"), "intermediates") }},
		{"payload", "signature", true, noLog, func(e, _ map[string]any) { flip(e, "payload", 40) }},
		{"a second signature that is junk", "signature", true, noLog, func(e, _ map[string]any) {
			junk := map[string]any{"sig": "AAAA", "certificate": at(e, "signatures")["certificate"]}
			e["signatures"] = []any{at(e, "signatures"), junk}
		}},
		{"a second signature by a bare key", "certificate", true, noLog, func(e, _ map[string]any) {
			e["signatures"] = []any{at(e, "signatures"), map[string]any{"sig": "AAAA", "keyid": "x"}}
		}},
		{"the same signature twice", "", true, noLog, func(e, _ map[string]any) {
			e["signatures"] = []any{at(e, "signatures"), at(e, "signatures")}
		}},
		{"as the SLSA generators write it, without a time", "trusted time", true, noLog, func(e, _ map[string]any) {
			signature := at(e, "signatures")
			text, err := base64.StdEncoding.DecodeString(signature["certificate"].(string))
			if err != nil {
				t.Fatal(err)
			}
			e["signatures"] = []any{map[string]any{"sig": signature["sig"], "keyid": "", "cert": string(text)}}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := witnessEnvelope(t, s, good, test.tokenOnly)
			if test.change != nil {
				test.change(e, witnessEnvelope(t, s, other, test.tokenOnly))
			}
			data, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := stage(data, test.trust); got != test.stage {
				t.Errorf("ended at %q (%v), want %q", got, err, test.stage)
			}
		})
	}
}
