package verify

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/attest"
)

// noPolicy is the policy of a verification without one: signatures, shapes and
// digests held, and nothing else was asked.
const noPolicy = "https://github.com/org/cilock-action/policies/none/v1"

// SummaryOptions is what a verification summary needs beside the result.
type SummaryOptions struct {
	ResourceURI string                    // what the artifact is to be used as; empty: the first subject
	Policy      attest.ResourceDescriptor // without a URI: none
	Now         time.Time
}

// SummaryPredicate is the result as the predicate of a SLSA verification summary
// (JSON). Whoever hands it on signs it: `attest --type vsa`. A level counts only
// for a result that passed: warnings are not a pass.
func (r Result) SummaryPredicate(o SummaryOptions) ([]byte, error) {
	in := attest.SummaryOf{
		Passed: r.Verdict == verdict.Pass, Time: o.Now, ResourceURI: o.ResourceURI, Policy: o.Policy,
	}
	in.Level, in.NotHigher = r.lowestLevel()
	if in.ResourceURI == "" && len(r.Subjects) > 0 {
		in.ResourceURI = r.Subjects[0].Name
	}
	switch {
	case in.Policy.URI != "":
	case r.Policy != nil:
		in.Policy = attest.ResourceDescriptor{URI: r.Policy.Name, Digest: attest.SHA256(r.Policy.Digest)}
	default:
		in.Policy.URI = noPolicy
	}
	for _, b := range r.Bundles {
		sum, err := hashFile(b.Path, []string{"sha256"})
		if err != nil {
			return nil, fmt.Errorf("verification summary: %w", err)
		}
		in.Inputs = append(in.Inputs, attest.ResourceDescriptor{URI: b.Path, Digest: sum.set})
	}
	summary, err := attest.Summarize(in)
	if err != nil {
		return nil, err
	}
	text, err := json.MarshalIndent(summary, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode the verification summary: %w", err)
	}
	return append(text, '\n'), nil
}

// lowestLevel is the level of the bundle that proves the least of those that
// say how something was built, and why it is not higher.
func (r Result) lowestLevel() (level, whyNotHigher string) {
	for _, b := range r.Bundles {
		if b.BuildLevel != "" && (level == "" || b.BuildLevel < level) {
			level, whyNotHigher = b.BuildLevel, b.NotHigherLevel
		}
	}
	if level == "" {
		return "SLSA_BUILD_LEVEL_0", "nothing that was verified says how the artifact was built"
	}
	return level, whyNotHigher
}
