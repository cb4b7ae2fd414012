package stack

import (
	"testing"
)

// StartRekor1 starts a Rekor v1 beside s and returns s with that log in place
// of the other: its signing config names the new log alone, its trusted root
// both. The log ends with the test; building it takes four minutes when nothing
// is compiled.
func StartRekor1(t testing.TB, s *Stack) *Stack {
	t.Helper()
	binary := module(t, "rekor1")
	var a struct {
		TrustedRoot   string `json:"trusted_root"`
		SigningConfig string `json:"signing_config"`
		Rekor         string `json:"rekor_url"`
	}
	start(t, &a, binary, "-dir", t.TempDir(), "-trusted-root", s.TrustedRoot, "-signing-config", s.SigningConfig)
	other := *s
	other.TrustedRoot, other.SigningConfig, other.RekorURL, other.RekorVersion = a.TrustedRoot, a.SigningConfig, a.Rekor, 1
	other.tb = t
	return &other
}
