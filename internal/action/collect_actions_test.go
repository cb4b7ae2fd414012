package action

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/org/cilock-action/internal/refs"
	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/actionref"
	"github.com/org/cilock-action/pkg/actionref/ghresolve"
	"github.com/org/cilock-action/pkg/actionref/treecheck"
	"github.com/org/cilock-action/pkg/attest"
)

// TestAttestedIsJudged: the judgement of the evidence knows each word that the
// resolver and the bytes check write, and which of them are bad.
func TestAttestedIsJudged(t *testing.T) {
	judged := func(answer ghresolve.Answer, state treecheck.State) string {
		ref := refs.Reference{Key: "a/b@v1", Ref: actionref.Parse("a/b@v1", actionref.InStep), Answer: answer}
		ref.Bytes.State = state
		one := attested(ref, struct{ download, local, ref string }{})
		body, err := json.Marshal(one.Body)
		if err != nil {
			t.Fatal(err)
		}
		c := attest.Collection{Name: "build", Attestations: []attest.Attestation{{Type: one.Type, Body: body}}}
		for _, f := range verdict.Judge(attest.WitnessCollectionType, c) {
			if f.Rule != "completeness" {
				return f.Rule
			}
		}
		return ""
	}
	for _, v := range []ghresolve.Verdict{
		"", ghresolve.ReachableDefault, ghresolve.ReachableRef, ghresolve.TagOnly, ghresolve.TagObject, ghresolve.Unreachable,
		ghresolve.Missing, ghresolve.Undetermined, ghresolve.NotAsked,
	} {
		want := ""
		if v == ghresolve.Unreachable || v == ghresolve.Missing {
			want = "action-origin"
		}
		if got := judged(ghresolve.Answer{Verdict: v}, ""); got != want {
			t.Errorf("%q: %q, want %q", v, got, want)
		}
	}
	for _, s := range []treecheck.State{"", treecheck.True, treecheck.False, treecheck.Unverified} {
		want := ""
		if s == treecheck.False {
			want = "action-bytes"
		}
		if got := judged(ghresolve.Answer{}, s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
	if got := judged(ghresolve.Answer{Verdict: ghresolve.Undetermined, Denied: "x"}, ""); got != "action-denied" {
		t.Errorf("denied: %q", got)
	}
}

// TestOwnActionInTheWorkspace: where this action is called as a folder of the
// workspace, it is known by the name that the workflow calls it.
func TestOwnActionInTheWorkspace(t *testing.T) {
	workspace := t.TempDir()
	for folder, want := range map[string]string{
		".": "./", "tools/notary": "./tools/notary", ".github/actions/notary": "./.github/actions/notary",
	} {
		p := Plan{InAction: true, OwnEnv: []string{"GITHUB_ACTION_PATH=" + filepath.Join(workspace, folder)}}
		p.Refs.Workspace = workspace
		if got := ownAction(p).local; got != want {
			t.Errorf("%s: %q, want %q", folder, got, want)
		}
	}
}
