package attacks

import (
	"encoding/json"
	"testing"

	"github.com/org/cilock-action/pkg/attest"
	"github.com/org/cilock-action/test/stack"
)

// TestIdentity: certificates that Fulcio really gives, to jobs that are not the
// one that was asked for.
func TestIdentity(t *testing.T) {
	s := stack.Start(t)
	workflowOf := func(repo, ref string) string { return repo + "/" + workflow + "@" + ref }
	for _, test := range []struct {
		name, stage string
		claims      map[string]any
		ask         func(*attest.Identity)
	}{
		{"the job", "", nil, nil},
		{"look-alike repository", "identity", map[string]any{
			"repository": repository + "-evil", "workflow_ref": workflowOf(repository+"-evil", "refs/heads/main"),
			"job_workflow_ref": workflowOf(repository+"-evil", "refs/heads/main"),
		}, nil},
		{"another repository that calls a workflow of ours", "identity", map[string]any{
			"repository": "evil/evil", "workflow_ref": workflowOf("evil/evil", "refs/heads/main"),
		}, nil},
		{"another workflow", "identity", map[string]any{
			"workflow_ref":     repository + "/.github/workflows/other.yml@refs/heads/main",
			"job_workflow_ref": repository + "/.github/workflows/other.yml@refs/heads/main",
		}, nil},
		{"another ref", "identity", map[string]any{"ref": "refs/pull/1/merge"}, nil},
		{"self-hosted runner", "identity", map[string]any{"runner_environment": "self-hosted"}, nil},
		{"another issuer", "identity", map[string]any{"iss": s.OtherIssuer}, nil},
		{"unanchored pattern", "identity", nil, func(id *attest.Identity) { id.NamePattern = "octo-org/octo-repo" }},
		{"unanchored alternation", "identity", nil, func(id *attest.Identity) { id.NamePattern = "^https://github.com/octo-org|evil$" }},
		{"no name", "identity", nil, func(id *attest.Identity) { id.NamePattern = "" }},
		{"no issuer", "identity", nil, func(id *attest.Identity) { id.Issuer = "" }},
		{"exact name", "", nil, func(id *attest.Identity) {
			id.NamePattern, id.Name = "", "https://github.com/"+workflowOf(repository, "refs/heads/main")
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel() // the log publishes once a second
			asks := trust(t, s)
			if test.ask != nil {
				test.ask(&asks.Identity)
			}
			if got, err := stage(bundle(t, s, parts{claims: test.claims}), asks); got != test.stage {
				t.Errorf("ended at %q (%v), want %q", got, err, test.stage)
			}
		})
	}
}

// TestInstances: bundles that lack a service, and roots that know another.
func TestInstances(t *testing.T) {
	s, other := stack.Start(t), stack.Start(t)
	whole, noLog, noTime := bundle(t, s, parts{}), bundle(t, s, parts{noLog: true}), bundle(t, s, parts{noTime: true})
	mixed := func(change func(own, foreign map[string]any)) attest.Trust {
		asks := trust(t, s)
		r, err := attest.ParseTrustedRoot(edit(t, file(t, s.TrustedRoot), func(own map[string]any) {
			var foreign map[string]any
			if err := json.Unmarshal(file(t, other.TrustedRoot), &foreign); err != nil {
				t.Fatal(err)
			}
			change(own, foreign)
		}))
		if err != nil {
			t.Fatal(err)
		}
		asks.Root = r
		return asks
	}
	skip := func(u attest.Unsafe) attest.Trust {
		asks := trust(t, s)
		asks.Unsafe = u
		return asks
	}
	for _, test := range []struct {
		name, stage string
		data        []byte
		trust       attest.Trust
	}{
		{"whole", "", whole, trust(t, s)},
		{"another instance's root", "certificate", whole, trust(t, other)},
		{"not logged", "log entry", noLog, trust(t, s)},
		{"not logged, said so", "", noLog, skip(attest.Unsafe{SkipLogUnsafe: true})},
		{"no time, with a short-lived certificate", "trusted time", noTime, trust(t, s)},
		{"no time, said so", "", noTime, skip(attest.Unsafe{SkipTimestampUnsafe: true})},
		{"the log's ID with another log's key", "checkpoint", whole, mixed(func(own, foreign map[string]any) {
			at(own, "tlogs", "publicKey")["rawBytes"] = at(foreign, "tlogs", "publicKey")["rawBytes"]
		})},
		{"another certificate authority", "certificate", whole, mixed(func(own, foreign map[string]any) {
			own["certificateAuthorities"] = foreign["certificateAuthorities"]
		})},
		{"another timestamp authority", "timestamp", whole, mixed(func(own, foreign map[string]any) {
			own["timestampAuthorities"] = foreign["timestampAuthorities"]
		})},
		{"another certificate transparency log", "SCT", whole, mixed(func(own, foreign map[string]any) { own["ctlogs"] = foreign["ctlogs"] })},
		{"an authority that ended before", "certificate", whole, mixed(func(own, _ map[string]any) {
			at(own, "certificateAuthorities", "validFor")["start"] = "2020-01-01T00:00:00Z"
			at(own, "certificateAuthorities", "validFor")["end"] = "2020-01-02T00:00:00Z"
		})},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got, err := stage(test.data, test.trust); got != test.stage {
				t.Errorf("ended at %q (%v), want %q", got, err, test.stage)
			}
		})
	}
}
