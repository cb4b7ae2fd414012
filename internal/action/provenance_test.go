package action

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/attest"
)

const someCommit = "0123456789abcdef0123456789abcdef01234567"

// collectionOf makes a collection of bodies, by type.
func collectionOf(t *testing.T, bodies ...any) (c attest.Collection) {
	t.Helper()
	for i := 0; i < len(bodies); i += 2 {
		c.Attestations = append(c.Attestations, attest.Attestation{Type: bodies[i].(string), Body: json.RawMessage(bodies[i+1].(string))})
	}
	return c
}

// TestDependencies: what each kind of reference becomes.
func TestDependencies(t *testing.T) {
	sum := strings.Repeat("a", 64)
	for _, test := range []struct{ kind, ref, sha, want string }{
		{"action", "o/r@" + someCommit, someCommit, "git+https://forge.example/o/r@" + someCommit + " map[gitCommit:" + someCommit + "]"},
		{"action", "o/r/sub/dir@v1", someCommit, "git+https://forge.example/o/r@v1#sub/dir map[gitCommit:" + someCommit + "]"},
		{"action", "o/r@v1", "", "git+https://forge.example/o/r@v1 map[]"},
		{"workflow", "o/r/.github/workflows/x.yml@main", someCommit, "git+https://forge.example/o/r@main#.github/workflows/x.yml map[gitCommit:" + someCommit + "]"},
		{"docker", "docker docker://alpine:3", "", "docker://alpine:3 map[]"},
		{"image", "image ghcr.example/a@sha256:" + sum, "", "docker://ghcr.example/a@sha256:" + sum + " map[sha256:" + sum + "]"},
		{"dynamic", "dynamic ${{ matrix.action }}", "", " map[]"},
	} {
		body := fmt.Sprintf(`{"actionref":%q,"actiontype":%q,"resolvedsha":%q}`, test.ref, test.kind, test.sha)
		facts, err := readJobFacts(collectionOf(t, attest.TypeGitHubAction, body, attest.TypeActionLocal, body, attest.TypeGitHubAction, body,
			attest.TypeGitHub, `{"context":{"server_url":"https://forge.example"}}`))
		if err != nil {
			t.Fatal(err)
		}
		list := facts.dependencies()
		if len(list) != 1 {
			t.Fatalf("%s: %v", test.ref, list)
		}
		if got := fmt.Sprint(list[0].URI, " ", list[0].Digest); got != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", test.ref, got, test.want)
		}
	}
}

// TestSource: the checkout goes before the job's commit, and has the job's ref
// only if it is that commit.
func TestSource(t *testing.T) {
	other := strings.Repeat("f", 40)
	github := `{"context":{"repository":"me/app","ref":"refs/heads/main","sha":"` + someCommit + `"}}`
	for name, test := range map[string]struct {
		bodies []any
		want   string
	}{
		"job and checkout": {[]any{attest.TypeGitHub, github, attest.TypeGit, `{"commithash":"` + someCommit + `"}`}, "git+https://github.com/me/app@refs/heads/main map[gitCommit:" + someCommit + "] map[]"},
		"another checkout": {[]any{attest.TypeGitHub, github, attest.TypeGit, `{"commithash":"` + other + `","dirty":true}`}, "git+https://github.com/me/app map[gitCommit:" + other + "] map[dirty:true]"},
		"no checkout":      {[]any{attest.TypeGitHub, github}, "git+https://github.com/me/app@refs/heads/main map[gitCommit:" + someCommit + "] map[]"},
		"no job":           {[]any{attest.TypeGit, `{"commithash":"` + someCommit + `","remotes":["https://forge.example/r.git"]}`}, "git+https://forge.example/r.git map[gitCommit:" + someCommit + "] map[]"},
		"a path as remote": {[]any{attest.TypeGit, `{"commithash":"` + someCommit + `","remotes":["/srv/r.git"]}`}, " map[gitCommit:" + someCommit + "] map[]"},
		"SHA-256 names":    {[]any{attest.TypeGit, `{"commithash":"` + strings.Repeat("b", 64) + `"}`}, " map[sha256:" + strings.Repeat("b", 64) + "] map[]"},
		"nothing":          {nil, ""},
	} {
		facts, err := readJobFacts(collectionOf(t, test.bodies...))
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if d, ok := facts.source(); ok {
			got = fmt.Sprint(d.URI, " ", d.Digest, " ", d.Annotations)
		}
		if got != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, test.want)
		}
	}
}

// TestBuilder: the token's word goes before the environment's, and a reusable
// workflow is the builder of its caller.
func TestBuilder(t *testing.T) {
	context := `"context":{"repository":"me/app","workflow_ref":"me/app/.github/workflows/ci.yml@refs/heads/main","server_url":"https://forge.example"}`
	for name, test := range map[string]struct{ github, want string }{
		"environment":             {`{` + context + `}`, "https://forge.example/me/app/.github/workflows/ci.yml@refs/heads/main"},
		"token":                   {`{` + context + `,"claims":{"job_workflow_ref":"org/b/.github/workflows/go.yml@refs/tags/v1"}}`, "https://forge.example/org/b/.github/workflows/go.yml@refs/tags/v1"},
		"a claim that is no text": {`{` + context + `,"claims":{"job_workflow_ref":1}}`, "https://forge.example/me/app/.github/workflows/ci.yml@refs/heads/main"},
		"no workflow":             {`{"context":{}}`, builderUnknown},
	} {
		facts, err := readJobFacts(collectionOf(t, attest.TypeGitHub, test.github))
		if err != nil {
			t.Fatal(err)
		}
		if got := newProvenance(attest.BuildTypeStep, facts).RunDetails.Builder.ID; got != test.want {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
	}
}
