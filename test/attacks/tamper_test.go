package attacks

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/attest"
	"github.com/org/cilock-action/test/stack"
)

// attack is what is done to a bundle, and where that is seen. other is another
// bundle of the same workflow, about another artifact.
type attack struct {
	name, stage string
	change      func(b, other map[string]any)
}

const (
	material  = "verificationMaterial"
	proof     = "inclusionProof"
	timestamp = "timestampVerificationData"
)

// attacks on a bundle of version 0.3, whichever log it is in.
func attacks() []attack {
	return []attack{
		{"nothing", "", func(_, _ map[string]any) {}},
		{"payload", "signature", func(b, _ map[string]any) { flip(at(b, "dsseEnvelope"), "payload", 40) }},
		{"payload type", "signature", func(b, _ map[string]any) { at(b, "dsseEnvelope")["payloadType"] = "text/plain" }},
		{"_type", "signature", func(b, _ map[string]any) { inPayload(b, "in-toto.io/Statement/v1", "in-toto.io/Statement/v9") }},
		{"predicateType", "signature", func(b, _ map[string]any) { inPayload(b, "slsa.dev/provenance", "slsa.dev/provenancf") }},
		{"signature", "signature", func(b, _ map[string]any) { flip(at(b, "dsseEnvelope", "signatures"), "sig", 1) }},
		{"signature of another bundle", "signature", func(b, o map[string]any) {
			at(b, "dsseEnvelope")["signatures"] = at(o, "dsseEnvelope")["signatures"]
		}},
		{"envelope of another bundle", "signature", func(b, o map[string]any) { b["dsseEnvelope"] = o["dsseEnvelope"] }},
		{"two signatures", "format", func(b, o map[string]any) {
			at(b, "dsseEnvelope")["signatures"] = []any{at(b, "dsseEnvelope", "signatures"), at(o, "dsseEnvelope", "signatures")}
		}},
		{"no signature", "format", func(b, _ map[string]any) { at(b, "dsseEnvelope")["signatures"] = []any{} }},
		{"signature of no bytes", "signature", func(b, _ map[string]any) { at(b, "dsseEnvelope", "signatures")["sig"] = "" }},
		{"certificate's signature", "certificate", func(b, _ map[string]any) { flip(at(b, material, "certificate"), "rawBytes", 1) }},
		{"SCT in the certificate", "certificate", func(b, _ map[string]any) { flip(at(b, material, "certificate"), "rawBytes", 140) }},
		{"certificate of another bundle", "signature", func(b, o map[string]any) {
			at(b, material)["certificate"] = at(o, material)["certificate"]
		}},
		{"a key instead of the certificate", "certificate", func(b, _ map[string]any) {
			delete(at(b, material), "certificate")
			at(b, material)["publicKey"] = map[string]any{"hint": "x"}
		}},
		{"no signer at all", "format", func(b, _ map[string]any) { delete(at(b, material), "certificate") }},
		{"no log entry", "log entry", func(b, _ map[string]any) { delete(at(b, material), "tlogEntries") }},
		{"entry for another artifact", "inclusion proof|log entry", func(b, o map[string]any) {
			at(b, material)["tlogEntries"] = at(o, material)["tlogEntries"]
		}},
		{"entry twice", "log entry", func(b, _ map[string]any) {
			at(b, material)["tlogEntries"] = []any{at(b, material, "tlogEntries"), at(b, material, "tlogEntries")}
		}},
		{"body of the entry", "inclusion proof|log entry", func(b, o map[string]any) {
			at(b, material, "tlogEntries")["canonicalizedBody"] = at(o, material, "tlogEntries")["canonicalizedBody"]
		}},
		{"body that is none", "log entry", func(b, _ map[string]any) { at(b, material, "tlogEntries")["canonicalizedBody"] = "e30=" }},
		{"entry of no log", "log entry", func(b, _ map[string]any) { flip(at(b, material, "tlogEntries", "logId"), "keyId", 3) }},
		{"no inclusion proof", "inclusion proof", func(b, _ map[string]any) { delete(at(b, material, "tlogEntries"), proof) }},
		{"inclusion proof", "inclusion proof", func(b, _ map[string]any) {
			p := at(b, material, "tlogEntries", proof)
			p["hashes"] = append([]any{base64.StdEncoding.EncodeToString(make([]byte, 32))}, p["hashes"].([]any)[1:]...)
		}},
		{"inclusion proof of nothing", "inclusion proof", func(b, _ map[string]any) { at(b, material, "tlogEntries", proof)["hashes"] = []any{} }},
		{"tree size of the proof", "checkpoint", func(b, _ map[string]any) { at(b, material, "tlogEntries", proof)["treeSize"] = "99" }},
		{"root hash of the proof", "checkpoint", func(b, _ map[string]any) { flip(at(b, material, "tlogEntries", proof), "rootHash", 3) }},
		{"origin of the checkpoint", "checkpoint", func(b, _ map[string]any) { inCheckpoint(b, "127.0.0.1", "127.0.0.2") }},
		{"no checkpoint", "log entry", func(b, _ map[string]any) { delete(at(b, material, "tlogEntries", proof), "checkpoint") }},
		{"checkpoint without signatures", "checkpoint", func(b, _ map[string]any) {
			c := at(b, material, "tlogEntries", proof, "checkpoint")
			c["envelope"], _, _ = strings.Cut(c["envelope"].(string), "\n\n")
			c["envelope"] = c["envelope"].(string) + "\n\n"
		}},
		{"timestamp", "timestamp", func(b, _ map[string]any) { flip(at(b, material, timestamp, "rfc3161Timestamps"), "signedTimestamp", 1) }},
		{"timestamp of another bundle", "timestamp", func(b, o map[string]any) { at(b, material)[timestamp] = at(o, material)[timestamp] }},
		{"another version", "format", func(b, _ map[string]any) {
			b["mediaType"] = "application/vnd.dev.sigstore.bundle.v0.4+json"
		}},
		{"unknown field", "format", func(b, _ map[string]any) { b["note"] = "x" }},
	}
}

// inPayload changes text in the statement.
func inPayload(b map[string]any, from, to string) {
	e := at(b, "dsseEnvelope")
	text, err := base64.StdEncoding.DecodeString(e["payload"].(string))
	if err != nil || !strings.Contains(string(text), from) {
		panic("nothing to change")
	}
	e["payload"] = base64.StdEncoding.EncodeToString([]byte(strings.Replace(string(text), from, to, 1)))
}

func inCheckpoint(b map[string]any, from, to string) {
	c := at(b, material, "tlogEntries", proof, "checkpoint")
	text := c["envelope"].(string)
	if !strings.Contains(text, from) {
		panic("nothing to change in " + text)
	}
	c["envelope"] = strings.Replace(text, from, to, 1)
}

// TestTampered: with Rekor v2.
func TestTampered(t *testing.T) { tampered(t, stack.Start(t), attacks()) }

func tampered(t *testing.T, s *stack.Stack, all []attack) {
	other := bundle(t, s, parts{payload: statement(t, func(st *attest.Statement) {
		st.Subject[0].Digest = attest.SHA256(strings.Repeat("0", 64))
	})})
	// The second entry of a log has an inclusion proof with a hash in it.
	good, asks := bundle(t, s, parts{}), trust(t, s)
	for _, a := range all {
		t.Run(a.name, func(t *testing.T) {
			var o map[string]any
			if err := json.Unmarshal(other, &o); err != nil {
				t.Fatal(err)
			}
			changed := edit(t, good, func(b map[string]any) { a.change(b, o) })
			got, err := stage(changed, asks)
			for want := range strings.SplitSeq(a.stage, "|") {
				if got == want {
					return
				}
			}
			t.Errorf("ended at %q (%v), want %q", got, err, a.stage)
		})
	}
}
