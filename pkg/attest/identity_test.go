package attest

import (
	"errors"
	"strings"
	"testing"
)

// workflow is what a certificate of octo-org/octo-repo's release says.
func workflow() *CertificateSigner {
	const name = "https://github.com/octo-org/octo-repo/.github/workflows/release.yml@refs/heads/main"
	return &CertificateSigner{Identity: name, Issuer: GitHubIssuer, Build: Build{
		Repository: "https://github.com/octo-org/octo-repo", Ref: "refs/heads/main", Workflow: name, Signer: name,
		RunnerEnvironment: GitHubHosted,
	}}
}

// TestIdentity: what is asked for holds as a whole or not at all.
func TestIdentity(t *testing.T) {
	name := workflow().Identity
	for _, test := range []struct {
		name string
		id   Identity
		ok   bool
	}{
		{"exact", Identity{Name: name}, true},
		{"a part of it", Identity{Name: strings.TrimSuffix(name, "@refs/heads/main")}, false},
		{"another case", Identity{Name: strings.ToUpper(name)}, false},
		{"nothing", Identity{}, false},
		{"nothing but an issuer", Identity{Issuer: GitHubIssuer}, false},
		{"pattern", Identity{NamePattern: `https://github\.com/octo-org/octo-repo/.*`}, true},
		{"pattern for the start", Identity{NamePattern: `https://github\.com/octo-org/octo-repo/`}, false},
		{"pattern for the middle", Identity{NamePattern: `octo-org/octo-repo`}, false},
		{"pattern for the end", Identity{NamePattern: `release\.yml@refs/heads/main`}, false},
		{"alternation with a full match", Identity{NamePattern: `x|https://.*`}, true},
		{"alternation with parts", Identity{NamePattern: `https://github|main`}, false},
		{"alternation with an empty one", Identity{NamePattern: `x|`}, false},
		{"anchors of its own", Identity{NamePattern: `^https://.*$`}, true},
		{"lines", Identity{NamePattern: `(?m)^https://.*main$`}, true},
		{"out of the group", Identity{NamePattern: `x)|(?:.*`}, false},
		{"no pattern", Identity{NamePattern: `(`}, false},
		{"name and pattern", Identity{Name: name, NamePattern: `x`}, false},
		{"issuer", Identity{Name: name, Issuer: GitHubIssuer}, true},
		{"another issuer", Identity{Name: name, Issuer: GitHubIssuer + "/"}, false},
		{"repository", Identity{Name: name, Repository: "octo-org/octo-repo"}, true},
		{"repository as URL", Identity{Name: name, Repository: "https://github.com/octo-org/octo-repo"}, true},
		{"look-alike repository", Identity{Name: name, Repository: "octo-org/octo"}, false},
		{"repository on another host", Identity{Name: name, Repository: "https://github.example/octo-org/octo-repo"}, false},
		{"owner alone", Identity{Name: name, Repository: "octo-org"}, false},
		{"ref", Identity{Name: name, Ref: "refs/heads/main"}, true},
		{"another ref", Identity{Name: name, Ref: "refs/tags/main"}, false},
		{"short ref", Identity{Name: name, Ref: "main"}, false},
		{"workflow", Identity{Name: name, Workflow: ".github/workflows/release.yml"}, true},
		{"workflow as URL", Identity{Name: name, Workflow: name}, true},
		{"another workflow", Identity{Name: name, Workflow: ".github/workflows/release.yaml"}, false},
		{"end of the workflow's name", Identity{Name: name, Workflow: "release.yml"}, false},
		{"hosted", Identity{Name: name, RunnerEnvironment: GitHubHosted}, true},
		{"self-hosted", Identity{Name: name, RunnerEnvironment: "self-hosted"}, false},
	} {
		if err := test.id.match(workflow()); (err == nil) != test.ok || err != nil && checkOf(err) != "identity" {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

// TestIdentitySays: a repository is named as it was given, not by its pattern.
func TestIdentitySays(t *testing.T) {
	id := Identity{Repository: "octo-org/other", NamePattern: WorkflowsOf("octo-org/other")}
	var check *CheckError
	if err := id.match(workflow()); !errors.As(err, &check) || check.Expected != "a workflow of https://github.com/octo-org/other" {
		t.Errorf("%v", err)
	}
}

// TestIdentityOfBareCertificate: an extension that is not there matches
// nothing, and neither does a certificate without one name.
func TestIdentityOfBareCertificate(t *testing.T) {
	bare := &CertificateSigner{Identity: "someone@example.invalid"}
	for _, id := range []Identity{
		{Issuer: GitHubIssuer},
		{Repository: "octo-org/octo-repo"},
		{Ref: "refs/heads/main"},
		{Workflow: ".github/workflows/release.yml"},
		{RunnerEnvironment: GitHubHosted},
	} {
		id.NamePattern = ".*"
		if err := id.match(bare); checkOf(err) != "identity" {
			t.Errorf("%+v: %v", id, err)
		}
	}
	if err := (Identity{NamePattern: ".*"}).match(&CertificateSigner{}); checkOf(err) != "identity" {
		t.Errorf("no name: %v", err)
	}
}

// TestWorkflowsOf: the pattern of a repository is for it alone.
func TestWorkflowsOf(t *testing.T) {
	for name, ok := range map[string]bool{
		"https://github.com/octo-org/octo-repo/.github/workflows/a.yml@refs/heads/main":      true,
		"https://github.com/octo-org/octo-repo-evil/.github/workflows/a.yml@refs/heads/main": false,
		"https://github.com/octo-org/octo-repo":                                              false,
		"https://github.com/octo-org/octo-repo/@":                                            false,
		"https://githubXcom/octo-org/octo-repo/.github/workflows/a.yml@refs/heads/main":      false,
		"https://evil.invalid/?https://github.com/octo-org/octo-repo/a@b":                    false,
	} {
		id := Identity{NamePattern: WorkflowsOf("octo-org/octo-repo")}
		if err := id.match(&CertificateSigner{Identity: name}); (err == nil) != ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}
