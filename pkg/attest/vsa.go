package attest

import (
	"cmp"
	"errors"
	"fmt"
	"time"
)

// SummaryType is the predicate type of a Summary.
const SummaryType = "https://slsa.dev/verification_summary/v1"

// The results of a Summary.
const (
	SummaryPassed = "PASSED"
	SummaryFailed = "FAILED"
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
	Level       string               // of the build track, as SLSA_BUILD_LEVEL_1; empty: none
	NotHigher   string               // why it is that
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
		InputAttestations: s.Inputs, VerificationResult: SummaryFailed, VerifiedLevels: []string{SummaryFailed}, SLSAVersion: "1.1",
	}
	if s.Passed {
		out.VerificationResult, out.VerifiedLevels, out.NotHigher = SummaryPassed, []string{cmp.Or(s.Level, "SLSA_BUILD_LEVEL_0")}, s.NotHigher
	}
	return out, nil
}
