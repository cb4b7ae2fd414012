package attest

// TypeSecretScan is Witness' (go-witness v0.9.2), with its fields but for the two
// that hold the secret or its plain digest.
const TypeSecretScan = "https://witness.dev/attestations/secretscan/v0.1"

// The tiers of a SecretFinding. A high one is hardly ever no credential.
const (
	TierHigh = "high"
	TierLow  = "low"
)

// SecretScan is the body of TypeSecretScan. The fields beside Findings are ours.
type SecretScan struct {
	Findings     []SecretFinding `json:"findings"`
	NotListed    int             `json:"notlisted,omitempty"` // findings beyond the first 1,000
	High         int             `json:"high"`                // of all findings
	Low          int             `json:"low"`
	ScannedBytes int64           `json:"scannedbytes"`
	Sources      int             `json:"sources"`
	DecodeLayers int             `json:"decodelayers"`
	// Canary says that a secret which the scanner made up was found through all
	// of it: a scanner that finds nothing and no canary has not worked.
	Canary bool `json:"canary"`
}

// SecretFinding is one secret in one place. Nothing in it lets the secret be
// found again by guessing.
type SecretFinding struct {
	RuleID      string `json:"ruleId"`
	Description string `json:"description"`
	// Location is the path of a product, stdout, stderr, or attestation:NAME.
	Location            string   `json:"location"`
	Member              string   `json:"member,omitempty"` // of an archive
	StartLine           int      `json:"startLine"`        // from 1
	Offset              int64    `json:"offset"`           // in bytes, from 0
	EncodingPath        []string `json:"encodingPath"`     // the outermost first
	LocationApproximate bool     `json:"locationApproximate"`
	Tier                string   `json:"tier"`
	// Digest is an HMAC-SHA-256 with a key that was drawn for the run and is
	// kept nowhere: it tells findings of one run apart.
	Digest string `json:"digest"`
	Length int    `json:"length"` // of the secret, in bytes
	Count  int    `json:"count"`  // in this place
}
