package action

import (
	"fmt"
	"strings"

	"github.com/org/cilock-action/internal/sink"
	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/secretscan"
)

// A ScanReport is what a scan has to say, redacted. Names of files and of rules are still untrusted.
type ScanReport struct {
	secretscan.Result
	Notes    []string // what was left aside and is no gap
	failTier string
	lasting  bool // digests can be compared with those of other scans
}

// NewScanReport redacts what was found.
func NewScanReport(r secretscan.Result, notes []string, in ScanInputs, redact func(string) string) ScanReport {
	for i := range r.Findings {
		redactFinding(&r.Findings[i], redact)
	}
	for _, list := range [][]string{r.Gaps, notes} {
		for i := range list {
			list[i] = redact(list[i])
		}
	}
	return ScanReport{Result: r, Notes: notes, failTier: in.FailTier, lasting: in.DigestKey != ""}
}

// redactFinding redacts what of a finding comes from outside.
func redactFinding(f *secretscan.Finding, redact func(string) string) {
	for _, text := range []*string{&f.Source, &f.Member, &f.RuleID, &f.Description} {
		*text = redact(*text)
	}
}

// Code is the exit code.
func (r ScanReport) Code() int {
	switch {
	case r.High() > 0, r.failTier != "high" && len(r.Findings) > 0:
		return verdict.ExitDenied
	case r.Incomplete:
		return verdict.ExitIncomplete
	}
	return verdict.ExitOK
}

// Verdict is the exit code in a word.
func (r ScanReport) Verdict() verdict.Verdict {
	switch r.Code() {
	case verdict.ExitDenied:
		return verdict.Fail
	case verdict.ExitIncomplete:
		return verdict.Incomplete
	}
	return verdict.Pass
}

// JSON is one document.
func (r ScanReport) JSON() (string, error) {
	text, err := sink.Document(scanDocument{
		Findings: append([]secretscan.Finding{}, r.Findings...), ScannedBytes: r.ScannedBytes, Incomplete: r.Incomplete,
		Gaps: append([]string{}, r.Gaps...), Notes: append([]string{}, r.Notes...), Canary: r.Canary, Allowed: r.Allowed,
	})
	if err != nil {
		return "", fmt.Errorf("encode the findings: %w", err)
	}
	return text, nil
}

type scanDocument struct {
	Findings     []secretscan.Finding `json:"findings"`
	ScannedBytes int64                `json:"scannedbytes"`
	Incomplete   bool                 `json:"incomplete"`
	Gaps         []string             `json:"gaps"`
	Notes        []string             `json:"notes"`
	Canary       bool                 `json:"canary"`
	Allowed      int                  `json:"allowed"`
}

// Lines are the facts for people, the verdict first.
func (r ScanReport) Lines() []string {
	lines := []string{
		fmt.Sprintf("verdict: %s", r.Verdict()),
		fmt.Sprintf("scanned: %d bytes of %d sources", r.ScannedBytes, r.Sources),
		fmt.Sprintf("findings: %d, %d of them high", len(r.Findings), r.High()),
	}
	for _, f := range r.Findings {
		lines = append(lines, scanPlace(f)+": "+scanText(f))
	}
	for _, gap := range r.Gaps {
		lines = append(lines, "gap: "+gap)
	}
	for _, note := range r.Notes {
		lines = append(lines, "note: "+note)
	}
	if r.Allowed > 0 {
		lines = append(lines, fmt.Sprintf("allowed: %d findings, by the allow list", r.Allowed))
	}
	if r.Canary {
		lines = append(lines, "canary: found")
	}
	return lines
}

// scanPlace is where a finding is, as compilers print it.
func scanPlace(f secretscan.Finding) string {
	place := f.Source
	if f.Member != "" {
		place += " (" + f.Member + ")"
	}
	about := ""
	if f.LocationApproximate {
		about = "about "
	}
	return fmt.Sprintf("%s:%s%d", place, about, f.Line)
}

// scanText is a finding without its place.
func scanText(f secretscan.Finding) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s, %d bytes", f.Tier, f.RuleID, f.Length)
	if len(f.EncodingPath) > 0 {
		fmt.Fprintf(&b, ", in %s", strings.Join(f.EncodingPath, " in "))
	}
	if f.Count > 1 {
		fmt.Fprintf(&b, ", %d times", f.Count)
	}
	if f.Digest != "" {
		fmt.Fprintf(&b, ", digest %.16s", f.Digest)
	}
	if f.Description != "" {
		b.WriteString(": " + f.Description)
	}
	return b.String()
}
