package verdict

import (
	"fmt"

	"github.com/org/cilock-action/pkg/attest"
)

// maxSecretLines is how many findings are spelled out.
const maxSecretLines = 20

// RuleSecrets is the rule of findings about credentials.
const RuleSecrets = "secrets"

// JudgeSecrets says which credentials left in the step's output and products.
// Those of tier high weigh what high says, the others, which are noise as a
// rule, what low says; Pass leaves them out.
func JudgeSecrets(c attest.Collection, high, low Verdict) []Finding {
	var scan attest.SecretScan
	found, err := c.Decode(attest.TypeSecretScan, &scan)
	switch {
	case err != nil:
		return []Finding{{Incomplete, "secretscan", c.Name, "a secretscan attestation", err.Error(), ""}}
	case !found:
		return nil // said by completeness, where there is one
	case !scan.Canary:
		return []Finding{{Incomplete, "secretscan", c.Name, "a scanner that finds its canary", "one that does not", ""}}
	}
	var out []Finding
	for _, f := range scan.Findings {
		weight := high
		if f.Tier != attest.TierHigh {
			weight = low
		}
		if weight == Pass {
			continue
		}
		if len(out) == maxSecretLines {
			out = append(out, Finding{weight, RuleSecrets, c.Name, "no credential", fmt.Sprintf("%d high and %d low findings in all", scan.High, scan.Low), ""})
			break
		}
		out = append(out, secretFinding(c.Name, f, weight))
	}
	return out
}

func secretFinding(step string, f attest.SecretFinding, weight Verdict) Finding {
	place := f.Location
	if f.Member != "" {
		place += " (" + f.Member + ")"
	}
	about := ""
	if f.LocationApproximate {
		about = "about "
	}
	found := fmt.Sprintf("%s (%s) in %s %sline %d", f.RuleID, f.Tier, place, about, f.StartLine)
	for _, layer := range f.EncodingPath {
		found += ", " + layer
	}
	fix := "revoke it, and keep the step from printing or packing it"
	return Finding{weight, RuleSecrets, step, "no credential", found, fix}
}
