package attest

// BuildLevel is the level of SLSA's build track
// (https://slsa.dev/spec/v1.1/levels) that the signers prove, and why it is
// not a higher one. It is the lowest of all signers. A statement that does not
// say how something was built, such as a bill of materials, has level 0.
func (v *Verified) BuildLevel() (level int, whyNotHigher string) {
	if !v.Statement.TellsBuild() {
		return 0, "it does not say how the artifact was built"
	}
	for i, s := range v.Signers {
		l, why := s.buildLevel()
		if i == 0 || l < level {
			level, whyNotHigher = l, why
		}
	}
	return level, whyNotHigher
}

// buildLevel: provenance that is signed is level 1; level 2 needs a build
// platform for the signer, which a key or a person's certificate is not.
func (s Signer) buildLevel() (int, string) {
	c := s.Certificate
	switch {
	case c == nil:
		return 1, "a key says nothing of a build platform"
	case c.Issuer == "" || c.Build.Signer == "":
		return 1, "the certificate names no build platform"
	case c.Build.RunnerEnvironment != GitHubHosted:
		return 1, "the runner is " + orUnknown(c.Build.RunnerEnvironment) + ", so whoever owns it can reach the build"
	case len(s.Times) == 0 || !c.SCTs:
		return 1, "checks of the certificate were skipped"
	case c.Build.Signer == c.Build.Workflow:
		return 2, "the steps of the build run in the job that holds the signing identity"
	}
	return 2, "whether the reusable workflow that signed keeps its identity from the steps of the build is for a policy to know"
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return quote(s)
}
