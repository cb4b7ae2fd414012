package policy

import (
	"testing"

	"github.com/org/cilock-action/pkg/attest"
)

// A pattern that anybody's name fits names nobody.
func TestPatternsThatFitStrangers(t *testing.T) {
	for pattern, good := range map[string]bool{
		".*": false, ".+": false, "^.*$": false, "(.*)": false, ".{0,}": false, ".*|a": false, "(?s).*": false, "[^ ]*": false,
		"https://.*": false, "https://github.com/.*": false, "https://github.com/.*/release.yml@.*|.*@example.*": false, ".*@.*": false,
		"https://github.com/acme/.*": true, `.*@acme\.com`: true, "https://github.com/acme/app/.github/workflows/(a|b).yml@refs/tags/.*": true,
	} {
		_, err := Identity{Issuer: attest.GitHubIssuer, NamePattern: pattern}.identity()
		if (err == nil) != good {
			t.Errorf("%s: %v, want accepted: %v", pattern, err, good)
		}
	}
	if _, err := (Identity{Issuer: attest.GitHubIssuer, NamePattern: ".*", Repository: "acme/app"}).identity(); err != nil {
		t.Errorf("of one repository: %v", err)
	}
}
