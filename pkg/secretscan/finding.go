package secretscan

import (
	"cmp"
	"slices"
)

// The tiers of findings. A high one is hardly ever no credential: a prefixed token, a private key, the value of a variable.
const (
	TierHigh = "high"
	TierLow  = "low"
)

// RuleValue is the rule of findings that are a value of the step itself. Their description has the variable's name.
const RuleValue = "environment-value"

// A Finding is one secret in one source. It never holds the secret, nor what is around it.
type Finding struct {
	RuleID      string `json:"ruleId"`
	Description string `json:"description"`
	Tier        string `json:"tier"`
	// Digest is the HMAC-SHA-256 of the secret with the scanner's key, in hexadecimal.
	Digest string `json:"digest"`
	// Length is that of the secret, in bytes, decoded.
	Length int `json:"length"`
	// EncodingPath names the decoders, the outermost first. "split" is a value in pieces, "part" most of a value.
	EncodingPath []string `json:"encodingPath"`
	Source       string   `json:"source"`
	// Member is the name of an archive's member, as whoever made the archive chose it.
	Member string `json:"member,omitempty"`
	// Line, from 1, and Offset, in bytes from 0, say where the secret starts, or the text that encodes it.
	Line   int   `json:"line"`
	Offset int64 `json:"offset"`
	// Count is how often the secret was seen in the source.
	Count               int  `json:"count"`
	LocationApproximate bool `json:"locationApproximate"`
}

// A Result is what a Scanner found so far.
type Result struct {
	Findings     []Finding // by source and place
	ScannedBytes int64     // read, each once
	Sources      int
	// Gaps say what was not looked at. They hold names of sources, which may be hostile, and no secret.
	Gaps []string
	// Incomplete is set if there is any gap: no findings then does not mean none.
	Incomplete bool
	// Canary is set if a secret that the scanner made up was found through all of it.
	Canary bool
	// Allowed is how many findings the allow list took out.
	Allowed int
}

// High counts the findings of tier high.
func (r Result) High() int {
	n := 0
	for _, f := range r.Findings {
		if f.Tier == TierHigh {
			n++
		}
	}
	return n
}

func sortFindings(list []Finding) {
	slices.SortFunc(list, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Offset, b.Offset), cmp.Compare(a.RuleID, b.RuleID), cmp.Compare(a.Digest, b.Digest))
	})
}
