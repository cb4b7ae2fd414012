package sigstore

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	provenance "github.com/in-toto/attestation/go/predicates/provenance/v1"
	vsa "github.com/in-toto/attestation/go/predicates/vsa/v1"
	intoto "github.com/in-toto/attestation/go/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/org/cilock-action/pkg/attest"
)

func command(t *testing.T, dir string, env []string, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
}

// statementOf reads a bundle's statement with in-toto's own types, which refuse
// a field that they do not know.
func statementOf(t *testing.T, path string) *intoto.Statement {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var b struct {
		DSSEEnvelope struct{ Payload string }
	}
	if err := json.Unmarshal(data, &b); err != nil {
		t.Fatal(err)
	}
	payload, err := base64.StdEncoding.DecodeString(b.DSSEEnvelope.Payload)
	if err != nil {
		t.Fatal(err)
	}
	st := new(intoto.Statement)
	if err := protojson.Unmarshal(payload, st); err != nil {
		t.Fatalf("%v: %s", err, payload)
	}
	if err := st.Validate(); err != nil {
		t.Errorf("%v: %s", err, payload)
	}
	return st
}

func provenanceOf(t *testing.T, st *intoto.Statement) *provenance.Provenance {
	t.Helper()
	text, err := protojson.Marshal(st.GetPredicate())
	if err != nil {
		t.Fatal(err)
	}
	p := new(provenance.Provenance)
	if err := protojson.Unmarshal(text, p); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	if err := p.Validate(); err != nil {
		t.Errorf("%v: %s", err, text)
	}
	return p
}

// TestProvenanceIsInToto: in-toto's types read our provenance, of a step in a
// job and of a build that nobody watched, and find it whole.
func TestProvenanceIsInToto(t *testing.T) {
	dir := t.TempDir()
	bin := filepath.Join(dir, "cilock")
	command(t, "../..", nil, "go", "build", "-o", bin, "./cmd/action")
	work := filepath.Join(dir, "work")
	command(t, dir, nil, "git", "init", "-q", "-b", "main", work)
	workflow := "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n" +
		"      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683\n      - uses: docker://alpine:3\n      - uses: ./local\n"
	if err := os.MkdirAll(filepath.Join(work, ".github/workflows"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(work, ".github/workflows/ci.yml"), []byte(workflow), 0o600); err != nil {
		t.Fatal(err)
	}
	command(t, work, nil, "git", "add", ".")
	command(t, work, nil, "git", "-c", "user.name=t", "-c", "user.email=t@example.invalid", "commit", "-qm", "one")
	job := []string{
		"GITHUB_ACTIONS=true", "GITHUB_REPOSITORY=me/app", "GITHUB_SERVER_URL=https://github.com", "GITHUB_RUN_ID=42",
		"GITHUB_WORKFLOW_REF=me/app/.github/workflows/ci.yml@refs/heads/main", "GITHUB_REF=refs/heads/main",
		"GITHUB_EVENT_NAME=push", "GITHUB_WORKSPACE=" + work, "RUNNER_ENVIRONMENT=github-hosted",
	}
	command(t, work, job, bin, "run", "--step", "build", "--outfile", "../e.json", "--", "sh", "-c", "echo hi > out.txt")
	command(t, work, job, bin, "attest", "--type", "slsaprovenance1", "--outfile", "../a.json", "out.txt")

	for _, file := range []string{"e.json.slsa.json", "a.json"} {
		st := statementOf(t, filepath.Join(dir, file))
		p := provenanceOf(t, st)
		if st.GetPredicateType() != attest.SLSAProvenanceType || len(st.GetSubject()) != 1 || st.GetSubject()[0].GetName() != "out.txt" {
			t.Errorf("%s: %s about %v", file, st.GetPredicateType(), st.GetSubject())
		}
		if id := p.GetRunDetails().GetBuilder().GetId(); id != "https://github.com/me/app/.github/workflows/ci.yml@refs/heads/main" {
			t.Errorf("%s: builder %s", file, id)
		}
		commits := map[string]string{}
		for _, d := range p.GetBuildDefinition().GetResolvedDependencies() {
			commits[d.GetUri()] = d.GetDigest()["gitCommit"]
		}
		if commits["git+https://github.com/actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683"] != "11bd71901bbe5b1630ceea73d27597364c9af683" {
			t.Errorf("%s: dependencies %v", file, commits)
		}
		if _, ok := commits["docker://alpine:3"]; !ok || len(commits) != 3 {
			t.Errorf("%s: dependencies %v", file, commits)
		}
	}
}

// TestSummaryIsInToto: in-toto's type reads our verification summary, but for
// the one field of our own.
func TestSummaryIsInToto(t *testing.T) {
	s, err := attest.Summarize(attest.SummaryOf{
		Passed: true, Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), ResourceURI: "pkg:generic/app",
		Policy: attest.ResourceDescriptor{URI: "https://example.invalid/policy", Digest: attest.SHA256(digest)},
		Inputs: []attest.ResourceDescriptor{{URI: "e.json", Digest: attest.SHA256(digest)}},
		Level:  "SLSA_BUILD_LEVEL_1",
	})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	got := new(vsa.VerificationSummary)
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(text, got); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	if got.GetVerificationResult() != "PASSED" || got.GetVerifiedLevels()[0] != "SLSA_BUILD_LEVEL_1" ||
		got.GetInputAttestations()[0].GetDigest()["sha256"] != digest || got.GetTimeVerified().AsTime() != s.TimeVerified {
		t.Errorf("%s was read as %v", text, got)
	}
}
