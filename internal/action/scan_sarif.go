package action

import (
	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/internal/sarif"
	"github.com/org/cilock-action/pkg/secretscan"
)

// secretPrint names the fingerprint of a secret. It is versioned, as SARIF wants it (3.27.17).
const secretPrint = "cilockSecret/v1"

const scanHelp = "Whoever can read the file has the credential. Revoke it where it was issued, then take it out of the file and of its " +
	"history, and give it to programs through a variable or a store of secrets. What is none goes on the list that --allow names."

// scanProperties are what SARIF has no field for.
type scanProperties struct {
	Tier         string   `json:"tier"`
	Digest       string   `json:"digest,omitempty"`
	Length       int      `json:"length"`
	EncodingPath []string `json:"encodingPath"`
	Count        int      `json:"count"`
	Member       string   `json:"member,omitempty"`
	Offset       int64    `json:"offset"`
	AboutLine    int      `json:"aboutLine,omitempty"` // where the place is not known exactly
}

// SARIF is all findings as a SARIF 2.1.0 log. Without a key for the digests no finding has a fingerprint: it would be
// another one in each scan.
func (r ScanReport) SARIF(c filetree.Checkout) (string, error) {
	b := sarif.Builder{}
	b.Tool.Driver.Version = buildVersion()
	for _, f := range r.Findings {
		p := scanPropertiesOf(f)
		p.Digest = f.Digest
		result := sarif.Result{
			Level: scanLevel(f), Message: sarif.Plain(scanText(f)), Locations: []sarif.Location{scanLocation(f, c)}, Properties: p,
		}
		if r.lasting {
			result.Fingerprints = map[string]string{secretPrint: f.Digest}
		}
		b.Add(scanRule(f, scanHelp), result)
	}
	done := sarif.Invocation{Successful: !r.Incomplete}
	for _, gap := range r.Gaps {
		done.Notifications = append(done.Notifications, sarif.Notification{Level: sarif.Warning, Message: sarif.Plain(gap)})
	}
	for _, note := range r.Notes {
		done.Notifications = append(done.Notifications, sarif.Notification{Level: sarif.Note, Message: sarif.Plain(note)})
	}
	b.Invocations = []sarif.Invocation{done}
	return b.Document()
}

// scanRule explains the rule of a finding.
func scanRule(f secretscan.Finding, help string) sarif.Rule {
	description := f.Description
	if f.RuleID == secretscan.RuleValue { // that of a finding names a variable
		description = "The value of a variable that holds a secret."
	}
	if description == "" {
		description = f.RuleID
	}
	return sarif.Rule{
		ID: f.RuleID, Short: sarif.Plain(description), Full: sarif.Plain(description), Help: sarif.Text{Text: help},
		Default: sarif.Config{Level: scanLevel(f)}, Properties: sarif.Security(scanLevel(f)),
	}
}

func scanLevel(f secretscan.Finding) string {
	if f.Tier == secretscan.TierHigh {
		return sarif.Error
	}
	return sarif.Warning
}

// scanLocation is a place in a file, or a name for what is in none.
func scanLocation(f secretscan.Finding, c filetree.Checkout) sarif.Location {
	if f.Source == "-" {
		return sarif.Location{Logical: []sarif.Logical{{Name: "standard input"}}}
	}
	place := &sarif.Physical{Artifact: sarif.Artifact{URI: sarif.URI(f.Source, c)}}
	if !f.LocationApproximate {
		place.Region = &sarif.Region{StartLine: f.Line}
	}
	return sarif.Location{Physical: place}
}

func scanPropertiesOf(f secretscan.Finding) scanProperties {
	p := scanProperties{
		Tier: f.Tier, Length: f.Length, EncodingPath: append([]string{}, f.EncodingPath...), Count: f.Count,
		Member: f.Member, Offset: f.Offset,
	}
	if f.LocationApproximate || f.Source == "-" {
		p.AboutLine = f.Line
	}
	return p
}
