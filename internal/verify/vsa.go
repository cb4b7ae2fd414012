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
	if in.Policy.URI == "" {
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

// lowestLevel is the level of the bundle that proves the least, and why it is
// not higher.
func (r Result) lowestLevel() (level, whyNotHigher string) {
	for i, b := range r.Bundles {
		if i == 0 || b.BuildLevel < level {
			level, whyNotHigher = b.BuildLevel, b.NotHigherLevel
		}
	}
	return level, whyNotHigher
}
