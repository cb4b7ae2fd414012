package attest

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// npmFile reads one of the documents of the public instance that sigstore-go
// has in its sources: attestations of npm packages, as npm and GitHub signed
// them in 2023, and the trusted root.
func npmFile(t testing.TB, name string) []byte {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/sigstore/sigstore-go").Output()
	if err != nil {
		t.Fatalf("find the sources of sigstore-go: %v", err)
	}
	data, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

const (
	npmRoot       = "examples/trusted-root-public-good.json"
	npmProvenance = "pkg/testing/data/bundles/sigstore.js@2.0.0-provenance.sigstore.json"
	npmSHA512     = "46d4e2f74c4877316640000a6fdf8a8b59f1e0847667973e9859f774dd31b8f1e0937813b777fb66a2ac67d50540fe34640966eee9fc2ccca387082b4c85cd3c"
)

func npmTrust(t testing.TB) *Keyless {
	t.Helper()
	root, err := ParseTrustedRoot(npmFile(t, npmRoot))
	if err != nil {
		t.Fatal(err)
	}
	return &Keyless{Root: root, Identity: Identity{
		NamePattern: WorkflowsOf("sigstore/sigstore-js"), Issuer: GitHubIssuer, Repository: "sigstore/sigstore-js",
		Ref: "refs/heads/main", Workflow: ".github/workflows/release.yml", RunnerEnvironment: GitHubHosted,
	}}
}

func verifyText(data []byte, trust Trust) (*Verified, error) {
	b, err := ParseBundle(data)
	if err != nil {
		return nil, &CheckError{Check: "format", Found: err.Error()}
	}
	return Verify(b, trust)
}

// TestNPMProvenance: what GitHub Actions signed through the public instance is
// verified years later without a network, and told by type.
func TestNPMProvenance(t *testing.T) {
	v, err := verifyText(npmFile(t, npmProvenance), npmTrust(t))
	if err != nil {
		t.Fatal(err)
	}
	if PredicateName(v.Statement.PredicateType) != "SLSA provenance v1" {
		t.Errorf("type %q", v.Statement.PredicateType)
	}
	if where, ok := v.MatchDigests(DigestSet{"sha512": npmSHA512}); !ok || where != "subject pkg:npm/sigstore@2.0.0" {
		t.Errorf("the package is %q", where)
	}
	for _, wrong := range []DigestSet{
		{"sha512": strings.Repeat("0", 128)},
		{"sha1": npmSHA512},
		{"sha512": ""},
		nil,
		{"sha256": npmSHA512},
	} {
		if _, ok := v.MatchDigests(wrong); ok {
			t.Errorf("matches %v", wrong)
		}
	}
	s := v.Signers[0]
	if len(s.Log) != 1 || !s.Log[0].Proved || s.Log[0].Log != "https://rekor.sigstore.dev" ||
		len(s.Times) != 1 || s.Times[0].Time.Format(time.RFC3339) != "2023-08-18T16:05:35Z" || !s.Certificate.SCTs {
		t.Errorf("proved: %+v", s)
	}
	if b := s.Certificate.Build; b.Repository != "https://github.com/sigstore/sigstore-js" || b.RunnerEnvironment != GitHubHosted ||
		b.Commit != "f0b49a04e5a62250e0f60fb128004a73110fe311" {
		t.Errorf("build: %+v", b)
	}
	if level, why := v.BuildLevel(); level != 2 || why == "" {
		t.Errorf("build level %d: %s", level, why)
	}
}

// TestNPMPublication: a key and a log entry, of a bundle whose key is named by
// a hint that is not ours.
func TestNPMPublication(t *testing.T) {
	key, err := ParsePublicKey(npmFile(t, "examples/publish_key.pub"))
	if err != nil {
		t.Fatal(err)
	}
	text := npmFile(t, "examples/bundle-publish.json")
	v, err := verifyText(text, LoggedKey{Key: key, Root: npmTrust(t).Root})
	if err != nil {
		t.Fatal(err)
	}
	if len(v.Signers[0].Log) != 1 || PredicateName(v.Statement.PredicateType) != "npm publication" {
		t.Errorf("proved: %+v", v.Signers)
	}
	if _, err := verifyText(text, LoggedKey{Key: newTestKey(t, "ecdsa-p256").Public(), Root: npmTrust(t).Root}); checkOf(err) != "signature" {
		t.Errorf("another key: %v", err)
	}
	if _, err := verifyText(text, npmTrust(t)); checkOf(err) != "certificate" {
		t.Errorf("an identity of a key: %v", err)
	}
	changed := edit(t, text, func(b map[string]any) { entryOf(b)["logIndex"] = "7" })
	if _, err := verifyText(changed, LoggedKey{Key: key, Root: npmTrust(t).Root}); checkOf(err) != "log entry" {
		t.Errorf("another index: %v", err)
	}
	if _, err := verifyText(edit(t, text, func(b map[string]any) { delete(at(b, "verificationMaterial"), "tlogEntries") }),
		LoggedKey{Key: key, Root: npmTrust(t).Root}); checkOf(err) != "log entry" {
		t.Errorf("no entry: %v", err)
	}
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

func at(doc map[string]any, path ...string) map[string]any {
	for _, name := range path {
		doc = doc[name].(map[string]any)
	}
	return doc
}

func entryOf(b map[string]any) map[string]any {
	return at(b, "verificationMaterial")["tlogEntries"].([]any)[0].(map[string]any)
}

// flipped changes one bit in the middle of bytes in base64.
func flipped(t testing.TB, object map[string]any, field string) {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString(object[field].(string))
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	object[field] = base64.StdEncoding.EncodeToString(data)
}

// TestNPMTampered: each part of the bundle, changed, is noticed, and the stage
// is named.
func TestNPMTampered(t *testing.T) {
	text, trust := npmFile(t, npmProvenance), npmTrust(t)
	certificate := func(b map[string]any) map[string]any {
		return at(b, "verificationMaterial", "x509CertificateChain")["certificates"].([]any)[0].(map[string]any)
	}
	signature := func(b map[string]any) map[string]any {
		return at(b, "dsseEnvelope")["signatures"].([]any)[0].(map[string]any)
	}
	other := npmFile(t, "examples/bundle-provenance.json")
	var second map[string]any
	if err := json.Unmarshal(other, &second); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, stage string
		change      func(b map[string]any)
	}{
		{"nothing", "", func(map[string]any) {}},
		{"payload", "signature", func(b map[string]any) { flipped(t, at(b, "dsseEnvelope"), "payload") }},
		{"payload type", "signature", func(b map[string]any) { at(b, "dsseEnvelope")["payloadType"] = "application/json" }},
		{"signature", "signature", func(b map[string]any) { flipped(t, signature(b), "sig") }},
		{"signature of another bundle", "signature", func(b map[string]any) { signature(b)["sig"] = signature(second)["sig"] }},
		{"two signatures", "format", func(b map[string]any) {
			at(b, "dsseEnvelope")["signatures"] = []any{signature(b), signature(b)}
		}},
		{"no signature", "format", func(b map[string]any) { at(b, "dsseEnvelope")["signatures"] = []any{} }},
		{"certificate of another bundle", "signature", func(b map[string]any) { certificate(b)["rawBytes"] = certificate(second)["rawBytes"] }},
		{"certificate that is none", "certificate", func(b map[string]any) { certificate(b)["rawBytes"] = "AAAA" }},
		{"no log entry", "log entry", func(b map[string]any) { at(b, "verificationMaterial")["tlogEntries"] = []any{} }},
		{"entry of another bundle", "log entry", func(b map[string]any) {
			at(b, "verificationMaterial")["tlogEntries"] = []any{entryOf(second)}
		}},
		{"entry twice", "log entry", func(b map[string]any) {
			at(b, "verificationMaterial")["tlogEntries"] = []any{entryOf(b), entryOf(b)}
		}},
		{"body of the entry", "log entry", func(b map[string]any) { flipped(t, entryOf(b), "canonicalizedBody") }},
		{"log index", "log entry", func(b map[string]any) { entryOf(b)["logIndex"] = "1" }},
		{"negative log index", "log entry", func(b map[string]any) { entryOf(b)["logIndex"] = "-1" }},
		{"time of the entry", "log entry", func(b map[string]any) { entryOf(b)["integratedTime"] = "1692374736" }},
		{"promise", "log entry", func(b map[string]any) { flipped(t, at(entryOf(b), "inclusionPromise"), "signedEntryTimestamp") }},
		{"no promise", "log entry", func(b map[string]any) { delete(entryOf(b), "inclusionPromise") }},
		{"inclusion proof", "inclusion proof", func(b map[string]any) {
			hashes := at(entryOf(b), "inclusionProof")["hashes"].([]any)
			hashes[0] = hashes[1]
		}},
		{"shortened inclusion proof", "inclusion proof", func(b map[string]any) {
			proof := at(entryOf(b), "inclusionProof")
			proof["hashes"] = proof["hashes"].([]any)[1:]
		}},
		{"index in the proof", "inclusion proof", func(b map[string]any) { at(entryOf(b), "inclusionProof")["logIndex"] = "3" }},
		{"root hash in the proof", "checkpoint", func(b map[string]any) { flipped(t, at(entryOf(b), "inclusionProof"), "rootHash") }},
		{"checkpoint", "checkpoint", func(b map[string]any) {
			c := at(entryOf(b), "inclusionProof", "checkpoint")
			c["envelope"] = strings.Replace(c["envelope"].(string), "rekor.sigstore.dev", "rekor.sigstore.dew", 1)
		}},
		{"log of nobody", "log entry", func(b map[string]any) { flipped(t, at(entryOf(b), "logId"), "keyId") }},
		{"version without the promise rule", "", func(b map[string]any) {
			b["mediaType"] = "application/vnd.dev.sigstore.bundle+json;version=0.2"
		}},
		{"proof missing where the version has it", "inclusion proof", func(b map[string]any) {
			b["mediaType"] = "application/vnd.dev.sigstore.bundle+json;version=0.2"
			delete(entryOf(b), "inclusionProof")
		}},
		{"chain in a version without it", "format", func(b map[string]any) { b["mediaType"] = bundleV03 }},
		{"unknown field in the entry", "log entry", func(b map[string]any) { entryOf(b)["note"] = "x" }},
		{"timestamp that the root cannot verify", "timestamp", func(b map[string]any) {
			at(b, "verificationMaterial")["timestampVerificationData"] = map[string]any{
				"rfc3161Timestamps": []any{map[string]any{"signedTimestamp": "AAAA"}},
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			changed := edit(t, text, test.change)
			if _, err := verifyText(changed, trust); checkOf(err) != test.stage || (err == nil) != (test.stage == "") {
				t.Errorf("got %v, want a failed %q check", err, test.stage)
			}
		})
	}
}

// TestNPMTrustedRoot: what verifies with its own root does not with one that
// has other keys, or lacks a kind.
func TestNPMTrustedRoot(t *testing.T) {
	text, root := npmFile(t, npmProvenance), npmFile(t, npmRoot)
	first := func(r map[string]any, kind string) map[string]any { return r[kind].([]any)[0].(map[string]any) }
	second := func(r map[string]any, kind string) map[string]any { return r[kind].([]any)[1].(map[string]any) }
	for _, test := range []struct {
		name, stage string
		change      func(r map[string]any)
	}{
		{"nothing", "", func(map[string]any) {}},
		{"no log", "log entry", func(r map[string]any) { delete(r, "tlogs") }},
		{"another key under the log's ID", "log entry", func(r map[string]any) {
			at(first(r, "tlogs"), "publicKey")["rawBytes"] = at(first(r, "ctlogs"), "publicKey")["rawBytes"]
		}},
		{"log key that began later", "log entry", func(r map[string]any) {
			at(first(r, "tlogs"), "publicKey", "validFor")["start"] = "2024-01-01T00:00:00Z"
		}},
		{"no authority", "certificate", func(r map[string]any) { delete(r, "certificateAuthorities") }},
		{"authority that ended before", "certificate", func(r map[string]any) {
			at(second(r, "certificateAuthorities"), "validFor")["end"] = "2023-01-01T00:00:00Z"
		}},
		{"no certificate transparency log", "SCT", func(r map[string]any) { delete(r, "ctlogs") }},
	} {
		t.Run(test.name, func(t *testing.T) {
			changed, err := ParseTrustedRoot(edit(t, root, test.change))
			if err != nil {
				t.Fatal(err)
			}
			trust := npmTrust(t)
			trust.Root = changed
			if _, err := verifyText(text, trust); checkOf(err) != test.stage || (err == nil) != (test.stage == "") {
				t.Errorf("got %v, want a failed %q check", err, test.stage)
			}
		})
	}
	two := append(append([]byte{}, root...), root...)
	if _, err := ParseTrustedRoot(two); err != nil {
		t.Errorf("two roots in a file: %v", err)
	}
	for name, bad := range map[string]string{
		"empty": "", "no object": "[]", "unknown field": `{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1","x":1}`,
		"field twice": `{"mediaType":"a","mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}`,
		"other type":  `{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=9"}`,
		"text behind": `{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"} x`,
	} {
		if _, err := ParseTrustedRoot([]byte(bad)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// TestNPMSkips: a part that is dropped is not asked for, and the others are.
func TestNPMSkips(t *testing.T) {
	text := npmFile(t, npmProvenance)
	without := edit(t, text, func(b map[string]any) { at(b, "verificationMaterial")["tlogEntries"] = []any{} })
	for _, test := range []struct {
		name, stage string
		unsafe      Unsafe
	}{
		{"nothing", "log entry", Unsafe{}},
		{"log", "trusted time", Unsafe{SkipLogUnsafe: true}},
		{"time", "log entry", Unsafe{SkipTimestampUnsafe: true}},
		{"log and time", "", Unsafe{SkipLogUnsafe: true, SkipTimestampUnsafe: true}},
	} {
		trust := npmTrust(t)
		trust.Unsafe = test.unsafe
		if _, err := verifyText(without, trust); checkOf(err) != test.stage {
			t.Errorf("%s: got %v, want %q", test.name, err, test.stage)
		}
	}
	trust := npmTrust(t)
	trust.Root.ctLogs = nil
	trust.SkipSCTUnsafe = true
	if v, err := verifyText(text, trust); err != nil || v.Signers[0].Certificate.SCTs {
		t.Errorf("without SCTs: %v", err)
	}
}

// TestChoose: URLs choose among the root's authorities.
func TestChoose(t *testing.T) {
	root := npmTrust(t).Root
	chosen, err := root.Choose("https://fulcio.sigstore.dev/", "https://rekor.sigstore.dev", "")
	if err != nil || len(chosen.logs) != 1 || len(chosen.authorities) == 0 {
		t.Errorf("%+v, %v", chosen, err)
	}
	for _, urls := range [][3]string{{"https://fulcio.invalid"}, {"", "https://rekor.sigstore.dev.evil.invalid"}, {"", "", "https://tsa.invalid"}} {
		if _, err := root.Choose(urls[0], urls[1], urls[2]); err == nil {
			t.Errorf("%v: accepted", urls)
		}
	}
	if info := root.Info(testTime); info.Newest.Format(time.DateOnly) != "2023-04-14" || len(info.Missing) > 0 || len(info.SHA256) != 64 {
		t.Errorf("%+v", info)
	}
	if info := root.Info(time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC)); strings.Join(info.Missing, ", ") != "certificate authority, timestamp authority" {
		t.Errorf("%+v", info)
	}
}

// testTime is within the validity of all that npmFile gives.
var testTime = time.Date(2023, 9, 1, 0, 0, 0, 0, time.UTC)
