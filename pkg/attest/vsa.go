package attest

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// VerifierID names this verifier in its summaries.
const VerifierID = "https://github.com/org/cilock-action/verify/v1"

// Summary is the predicate of a SLSA verification summary v1
// (https://slsa.dev/spec/v1.1/verification_summary). It is worth what the
// signature over it is: whoever hands it on signs it.
type Summary struct {
	Verifier           SummaryVerifier      `json:"verifier"`
	TimeVerified       time.Time            `json:"timeVerified"`
	ResourceURI        string               `json:"resourceUri"`
	Policy             ResourceDescriptor   `json:"policy"`
	InputAttestations  []ResourceDescriptor `json:"inputAttestations,omitempty"`
	VerificationResult string               `json:"verificationResult"` // PASSED or FAILED
	VerifiedLevels     []string             `json:"verifiedLevels"`
	SLSAVersion        string               `json:"slsaVersion"`
	// NotHigher says why the level is not a higher one. A field of a producer's
	// own has a URI for its name.
	NotHigher string `json:"https://github.com/org/cilock-action/not-higher/v1,omitempty"`
}

// SummaryVerifier is who verified.
type SummaryVerifier struct {
	ID      string            `json:"id"`
	Version map[string]string `json:"version,omitempty"`
}

// SummaryOf is what a summary is made of.
type SummaryOf struct {
	Passed      bool
	Time        time.Time
	ResourceURI string               // what the artifact is to be used as
	Policy      ResourceDescriptor   // with a URI
	Inputs      []ResourceDescriptor // all bundles that were used, each with its digest
	Build       BuildFacts
}

// Summarize makes the predicate. It refuses what the specification requires and
// is not there. A verification that did not pass has no level.
func Summarize(s SummaryOf) (Summary, error) {
	switch {
	case s.ResourceURI == "":
		return Summary{}, errors.New("verification summary: no resource URI")
	case s.Policy.URI == "":
		return Summary{}, errors.New("verification summary: the policy has no URI")
	case s.Time.IsZero():
		return Summary{}, errors.New("verification summary: no time")
	}
	for _, in := range s.Inputs {
		if len(in.Digest) == 0 {
			return Summary{}, fmt.Errorf("verification summary: input %s has no digest", quote(in.URI))
		}
	}
	out := Summary{
		Verifier: SummaryVerifier{ID: VerifierID}, TimeVerified: s.Time.UTC(), ResourceURI: s.ResourceURI, Policy: s.Policy,
		InputAttestations: s.Inputs, VerificationResult: "FAILED", VerifiedLevels: []string{"FAILED"}, SLSAVersion: "1.1",
	}
	if s.Passed {
		level, why := s.Build.Level()
		out.VerificationResult, out.VerifiedLevels, out.NotHigher = "PASSED", []string{LevelName(level)}, why
	}
	return out, nil
}

// LevelName is a level of the build track as SLSA writes it.
func LevelName(level int) string { return fmt.Sprintf("SLSA_BUILD_LEVEL_%d", level) }

// BuildFacts are what a verification has proved about how an artifact was
// built, as far as a level depends on it. The zero value is that nothing has.
type BuildFacts struct {
	// Provenance is true if a verified statement says how the artifact, by its
	// digest, was built: SLSA provenance, or a collection of a wrapped step.
	Provenance bool
	// Signer is how the signature was verified.
	Signer SignerKind
	// Issuer is the OIDC issuer of the certificate.
	Issuer string
	// RunnerEnvironment is of the certificate: github-hosted or self-hosted.
	RunnerEnvironment string
	// BuildSigner and BuildConfig are of the certificate: the workflow that ran
	// the job, and the one that was started. They differ if a reusable workflow
	// ran it.
	BuildSigner, BuildConfig string
	// TrustedBuilders are the workflows, as BuildSigner names them and without
	// the ref, that the caller knows to keep signing out of the build's reach.
	TrustedBuilders []string
}

// SignerKind is what a signature was verified with.
type SignerKind string

// The kinds of signers.
const (
	SignerNone        SignerKind = ""            // not checked
	SignerKey         SignerKind = "key"         // a key that the caller named
	SignerCertificate SignerKind = "certificate" // an identity that an issuer has proved
)

// githubIssuer is the OIDC issuer of hosted GitHub Actions.
const githubIssuer = "https://token.actions.githubusercontent.com"

// Level is the level of SLSA's build track that is reached, and why no higher
// one is (https://slsa.dev/spec/v1.1/levels). Level 2 asks for a hosted platform
// that signs the provenance, level 3 also that the build cannot reach what signs.
// The step's own workflow signs in the job that runs the build, so it is 2 at most.
func (f BuildFacts) Level() (level int, why string) {
	switch {
	case !f.Provenance:
		return 0, "nothing that was verified says how the artifact was built"
	case f.Signer == SignerNone:
		return 1, "the signer was not checked"
	case f.Signer == SignerKey:
		return 1, "signed by a key: nothing proves that a hosted build platform holds it"
	case f.Issuer != githubIssuer:
		return 1, fmt.Sprintf("the signer's issuer is %s, not known here as a hosted build platform", quote(f.Issuer))
	case f.RunnerEnvironment != "github-hosted":
		return 1, fmt.Sprintf("the runner environment is %s, not github-hosted", quote(f.RunnerEnvironment))
	case f.BuildSigner == "" || f.BuildSigner == f.BuildConfig:
		return 2, "the workflow signs in the job that builds: a step of it could sign as well"
	case !slices.Contains(f.TrustedBuilders, withoutRef(f.BuildSigner)):
		return 2, fmt.Sprintf("the reusable workflow %s is not among the builders that are trusted to isolate signing", quote(f.BuildSigner))
	}
	return 3, "level 3 is the highest of the build track"
}

// withoutRef cuts the ref off a workflow's URI.
func withoutRef(workflow string) string {
	for i := len(workflow) - 1; i >= 0; i-- {
		if workflow[i] == '@' {
			return workflow[:i]
		}
	}
	return workflow
}
