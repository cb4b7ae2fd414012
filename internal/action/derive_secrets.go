package action

import (
	"bytes"
	"context"
	"fmt"

	"github.com/org/cilock-action/pkg/attest"
	"github.com/org/cilock-action/pkg/secretscan"
)

const (
	secretscanName    = "secretscan"
	maxSecretFindings = 1000    // that are listed
	maxScannedText    = 4 << 20 // bytes of one attestation
)

// deriveSecrets scans the text of the other sections, and makes the section of
// everything that the scan has found.
func deriveSecrets(e *Evidence) {
	for i := range e.Rows {
		row := &e.Rows[i]
		if row.Name != secretscanName || row.State != attest.StateRan {
			continue
		}
		scanner := e.Secrets.get()
		limits := []string{"products are scanned, materials are not", "values shorter than 8 bytes are not looked for"}
		for _, r := range e.Rows {
			limits = append(limits, scanSection(scanner, r)...)
		}
		found := scanner.Result()
		row.Section.Type, row.Section.Body = attest.TypeSecretScan, secretBody(found, e.Secrets.layers)
		row.Section.Gaps, row.Section.Limits = append(row.Section.Gaps, found.Gaps...), append(row.Section.Limits, limits...)
	}
}

// scanSection scans a section as it will stand in the evidence. Lists of files and
// of packages are left out: they have names and digests only, which are noise to
// the rules, and no credentials of an address are taken into them.
func scanSection(scanner *secretscan.Scanner, r Row) (limits []string) {
	switch r.Section.Body.(type) {
	case nil, materialBody, productBody, attest.Lockfile:
		return nil
	}
	text, err := attest.Encode(r.Section.Body)
	switch {
	case err != nil:
		return nil // it will not be in the evidence either
	case len(text) > maxScannedText:
		return []string{fmt.Sprintf("the attestation of %s is not scanned: it is larger than %d MiB", r.Name, maxScannedText>>20)}
	}
	_ = scanner.Scan(context.Background(), "attestation:"+r.Name, bytes.NewReader(text)) // what fails is a gap of the scanner's
	return nil
}

// secretBody is a result in the names of the attestation.
func secretBody(r secretscan.Result, layers int) attest.SecretScan {
	body := attest.SecretScan{
		Findings: []attest.SecretFinding{}, High: r.High(), Low: len(r.Findings) - r.High(),
		ScannedBytes: r.ScannedBytes, Sources: r.Sources, DecodeLayers: layers, Canary: r.Canary,
	}
	for _, f := range r.Findings {
		if len(body.Findings) == maxSecretFindings {
			body.NotListed = len(r.Findings) - maxSecretFindings
			break
		}
		path := f.EncodingPath
		if path == nil {
			path = []string{}
		}
		body.Findings = append(body.Findings, attest.SecretFinding{
			RuleID: f.RuleID, Description: f.Description, Location: f.Source, Member: f.Member, StartLine: f.Line, Offset: f.Offset,
			EncodingPath: path, LocationApproximate: f.LocationApproximate, Tier: f.Tier, Digest: f.Digest, Length: f.Length, Count: f.Count,
		})
	}
	return body
}
