package attacks

import (
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/attest"
	"github.com/org/cilock-action/test/stack"
)

// TestStatements: statements that the right job really signed, and that must
// not stand for the artifact, or have two readings.
func TestStatements(t *testing.T) {
	s := stack.Start(t)
	zero := strings.Repeat("0", 64)
	subject := func(name string, digest attest.DigestSet) []byte {
		return statement(t, func(st *attest.Statement) { st.Subject = []attest.Subject{{Name: name, Digest: digest}} })
	}
	raw := func(from, to string) []byte {
		text := strings.Replace(string(statement(t, nil)), from, to, 1)
		if text == string(statement(t, nil)) {
			t.Fatalf("nothing to change: %s", from)
		}
		return []byte(text)
	}
	for _, test := range []struct {
		name, stage string
		payload     []byte
	}{
		{"good", "", statement(t, nil)},
		{"a weak digest alone", "subject", subject("out.txt", attest.DigestSet{"sha1": "55ca6286e3e4f4fba5d0448333fa99fc5a404a73", "md5": "764efa883dda1e11db47671c4a3bbd9e"})},
		{"the digest under a weak name", "subject", subject("out.txt", attest.DigestSet{"sha1": artifact, "gitCommit": artifact})},
		{"the name with another digest", "subject", subject("out.txt", attest.SHA256(zero))},
		{"the digest as a name", "subject", subject("out.txt@sha256:"+artifact, attest.SHA256(zero))},
		{"a name that leads there", "subject", subject("a/../out.txt", attest.SHA256(zero))},
		{"no name", "subject", subject("", attest.SHA256(zero))},
		{"a name that looks like it", "subject", subject("оut.txt", attest.SHA256(zero))}, // the first letter is Cyrillic
		{"a name that turns around", "subject", subject("\u202etxt.tuo", attest.SHA256(zero))},
		{"an empty digest", "subject", subject("out.txt", attest.SHA256(""))},
		{"the digest in capitals", "subject", subject("out.txt", attest.SHA256(strings.ToUpper(artifact)))},
		{"_type", "statement", raw(attest.StatementType, "https://in-toto.io/Statement/v9")},
		{"no predicate type", "statement", raw(`"https://slsa.dev/provenance/v1"`, `""`)},
		{"subject twice", "statement", raw(`"subject":`, `"subject":[],"subject":`)},
		{"subject twice, in another case", "statement", raw(`"subject":`, `"Subject":[],"subject":`)},
		{"subject twice, with an escape", "statement", raw(`"subject":`, `"\u0073ubject":[],"subject":`)},
		{"digest twice", "statement", raw(`"sha256":`, `"sha256":"`+zero+`","sha256":`)},
		{"twice within the predicate", "statement", raw(`"buildDefinition":{}`, `"buildDefinition":{"a":1,"a":2}`)},
		{"text behind", "statement", append(statement(t, nil), []byte(" {}")...)},
		{"a deep predicate", "statement", raw(`"buildDefinition":{}`, `"x":`+strings.Repeat("[", 100_000)+strings.Repeat("]", 100_000))},
		{"no JSON", "statement", []byte("hello")},
		{"nothing but null", "statement", []byte("null")},
		{"1,025 subjects", "statement", raw(`"subject":[`, `"subject":[`+strings.Repeat(`{"name":"x","digest":{"sha256":"`+zero+`"}},`, 1024))},
	} {
		t.Run(test.name, func(t *testing.T) {
			// The log publishes once a second, and is not what is asked about here.
			asks := trust(t, s)
			asks.SkipLogUnsafe = true
			if got, err := stage(bundle(t, s, parts{payload: test.payload, noLog: true}), asks); got != test.stage {
				t.Errorf("ended at %q (%v), want %q", got, err, test.stage)
			}
		})
	}
}

// TestLargeAndDeep: what is too large or too deep is refused before it costs
// anything.
func TestLargeAndDeep(t *testing.T) {
	for name, data := range map[string][]byte{
		"100 MB":         make([]byte, 100<<20),
		"100 MB of text": []byte(`{"mediaType":"` + strings.Repeat("a", 100<<20) + `"}`),
		"brackets":       []byte(`{"mediaType":` + strings.Repeat("[", 10<<20)),
		"objects":        []byte(strings.Repeat(`{"a":`, 10<<20)),
	} {
		if got, err := stage(data, attest.PublicKeys{}); got != "format" {
			t.Errorf("%s: ended at %q, %v", name, got, err)
		}
	}
}
