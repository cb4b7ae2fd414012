package action

// TrustInputs is by whom evidence may be signed, and what of that is proved.
type TrustInputs struct {
	MoreKeys []string // public keys beside Key, for an envelope with several signers

	Keyless         bool
	Identity        string // subject alternative name of the certificate
	IdentityPattern string
	Issuer          string // of the OIDC token; empty: GitHub Actions
	Repository      string // OWNER/REPO or URL
	Ref             string
	Workflow        string
	Runner          string // runner environment
	Commit          string // of the source, in every signer's certificate; also beside a policy

	Certificate string // path of the signer's
	Chain       string // path of its authority's
	TrustedRoot string // path

	// Which authorities of the trusted root; empty: all of them.
	FulcioURL, RekorURL, TimestampURL string

	SkipLogUnsafe, SkipTimestampUnsafe, SkipSCTUnsafe bool
}
