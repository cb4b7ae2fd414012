package attest

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/sigstore/sigstore-go/pkg/fulcio/certificate"
)

// GitHubIssuer is the OIDC issuer of GitHub Actions.
const GitHubIssuer = "https://token.actions.githubusercontent.com"

// The runner environments of GitHub Actions: its own runners, and all others.
const (
	GitHubHosted = "github-hosted"
	SelfHosted   = "self-hosted"
)

// Build is what a Fulcio certificate says of the build that signed
// (https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md). A field is
// empty where the certificate has no such extension.
type Build struct {
	Repository        string `json:"repository,omitempty"` // URL
	Ref               string `json:"ref,omitempty"`        // as refs/heads/main
	Commit            string `json:"commit,omitempty"`
	Workflow          string `json:"workflow,omitempty"` // URL@ref of the workflow that was started
	WorkflowCommit    string `json:"workflowCommit,omitempty"`
	Signer            string `json:"signer,omitempty"` // URL@ref of the workflow whose job signed: the same, or a reusable one
	SignerCommit      string `json:"signerCommit,omitempty"`
	RunnerEnvironment string `json:"runnerEnvironment,omitempty"`
	Trigger           string `json:"trigger,omitempty"` // as push
	Run               string `json:"run,omitempty"`     // URL
	RepositoryID      string `json:"repositoryId,omitempty"`
	OwnerID           string `json:"ownerId,omitempty"`
	Visibility        string `json:"visibility,omitempty"`
}

func buildOf(e certificate.Extensions) Build {
	return Build{
		Repository: e.SourceRepositoryURI, Ref: e.SourceRepositoryRef, Commit: e.SourceRepositoryDigest,
		Workflow: e.BuildConfigURI, WorkflowCommit: e.BuildConfigDigest,
		Signer: e.BuildSignerURI, SignerCommit: e.BuildSignerDigest,
		RunnerEnvironment: e.RunnerEnvironment, Trigger: e.BuildTrigger, Run: e.RunInvocationURI,
		RepositoryID: e.SourceRepositoryIdentifier, OwnerID: e.SourceRepositoryOwnerIdentifier,
		Visibility: e.SourceRepositoryVisibilityAtSigning,
	}
}

// Identity is whom a certificate must be about. Name or NamePattern is
// required, and what is set must hold; an extension that the certificate does
// not have matches nothing.
type Identity struct {
	Name string // the subject alternative name, exactly
	// NamePattern is a regular expression (RE2) for the whole name: it is
	// anchored at both ends, whatever it holds.
	NamePattern string
	Issuer      string // of the OIDC token, exactly
	Repository  string // OWNER/REPO on github.com, or a URL
	Ref         string // as refs/heads/main
	// Workflow is the file of the workflow in Repository's checkout, as
	// .github/workflows/release.yml, at any ref, or its whole URL with @ref.
	Workflow          string
	RunnerEnvironment string // github-hosted or self-hosted
}

// WorkflowsOf is the pattern for the names of all workflows of a repository
// (OWNER/REPO on github.com, or a URL), and of no other.
func WorkflowsOf(repository string) string {
	return regexp.QuoteMeta(repositoryURL(repository)+"/") + `[^@]+@.+`
}

func repositoryURL(repository string) string {
	if strings.Contains(repository, "://") {
		return repository
	}
	return "https://github.com/" + repository
}

// Check refuses an identity that could never match, or whose pattern is none.
func (id Identity) Check() error {
	if id.Name == "" && id.NamePattern == "" {
		return errors.New("no name is asked for: everybody has one")
	}
	if strings.Count(repositoryURL(id.Repository), "/") != 4 && id.Repository != "" && !strings.Contains(id.Repository, "://") {
		return fmt.Errorf("repository is %s, expected OWNER/REPO or a URL", quote(id.Repository))
	}
	if id.Ref != "" && !strings.HasPrefix(id.Ref, "refs/") {
		return fmt.Errorf("ref is %s, expected it in full, as refs/heads/main or refs/tags/v1", quote(id.Ref))
	}
	if id.Workflow != "" && !strings.Contains(id.Workflow, "/") {
		return fmt.Errorf("workflow is %s, expected its path in the repository: give .github/workflows/%s", quote(id.Workflow), quote(id.Workflow))
	}
	_, err := id.pattern()
	return err
}

// pattern is NamePattern, anchored. It is compiled by itself first: `a)|(b`
// would otherwise step out of the group.
func (id Identity) pattern() (*regexp.Regexp, error) {
	if _, err := regexp.Compile(id.NamePattern); err != nil {
		return nil, fmt.Errorf("identity pattern: %w", err)
	}
	return regexp.Compile(`\A(?:` + id.NamePattern + `)\z`)
}

// match compares. Its error is a *CheckError that names the first field that
// differs.
func (id Identity) match(c *CertificateSigner) error {
	fail := func(field, expected, found string) error {
		if found == "" {
			found = "none in the certificate"
		}
		return &CheckError{"identity", "certificate", field + " " + quote(expected), quote(found)}
	}
	if err := id.Check(); err != nil {
		return &CheckError{"identity", "certificate", "an identity to compare with", err.Error()}
	}
	if c.Identity == "" {
		return fail("exactly one subject alternative name,", id.Name+id.NamePattern, "")
	}
	if id.Name != "" && c.Identity != id.Name {
		return fail("identity", id.Name, c.Identity)
	}
	if pattern, err := id.pattern(); err != nil || id.NamePattern != "" && !pattern.MatchString(c.Identity) {
		if id.Repository != "" && id.NamePattern == WorkflowsOf(id.Repository) {
			return fail("a workflow of", repositoryURL(id.Repository), c.Identity)
		}
		return fail("identity matching the whole of", id.NamePattern, c.Identity)
	}
	for _, want := range []struct{ field, expected, found string }{
		{"issuer", id.Issuer, c.Issuer},
		{"source ref", id.Ref, c.Build.Ref},
		{"runner environment", id.RunnerEnvironment, c.Build.RunnerEnvironment},
	} {
		if want.expected != "" && want.found != want.expected {
			return fail(want.field, want.expected, want.found)
		}
	}
	if id.Repository != "" && c.Build.Repository != repositoryURL(id.Repository) {
		return fail("source repository", repositoryURL(id.Repository), c.Build.Repository)
	}
	if id.Workflow != "" && !c.Build.startedBy(id.Workflow) {
		return fail("workflow", id.Workflow, c.Build.Workflow)
	}
	return nil
}

// startedBy compares the workflow that was started with a URL, or with a file
// of the same repository at any ref.
func (b Build) startedBy(workflow string) bool {
	if strings.Contains(workflow, "://") {
		return b.Workflow == workflow
	}
	file, found := strings.CutPrefix(b.Workflow, b.Repository+"/")
	if !found || b.Repository == "" {
		return false
	}
	path, ref, _ := strings.Cut(file, "@")
	return path == workflow && ref != ""
}
