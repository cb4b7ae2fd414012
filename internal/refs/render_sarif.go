package refs

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/org/cilock-action/internal/sink"
)

// The parts of SARIF 2.1.0 (OASIS, errata 01) that are written. The field
// comments name its sections.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"` // 3.13.3; GitHub asks for it
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool         `json:"tool"`
		Invocations []sarifInvocation `json:"invocations"`
		ColumnKind  string            `json:"columnKind"` // 3.14.17
		Results     []sarifResult     `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name  string      `json:"name"`
		Rules []sarifRule `json:"rules"`
	}
	sarifRule struct { // 3.49
		ID      string      `json:"id"`
		Short   sarifText   `json:"shortDescription"`
		Full    sarifText   `json:"fullDescription"`
		Help    sarifText   `json:"help"`
		Default sarifConfig `json:"defaultConfiguration"`
	}
	sarifConfig struct {
		Level Level `json:"level"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifInvocation struct { // 3.20
		Successful bool `json:"executionSuccessful"`
	}
	sarifResult struct { // 3.27
		RuleID       string            `json:"ruleId"`
		RuleIndex    int               `json:"ruleIndex"`
		Level        Level             `json:"level"`
		Message      sarifText         `json:"message"`
		Locations    []sarifLocation   `json:"locations"`
		Fingerprints map[string]string `json:"partialFingerprints"`
		Fixes        []sarifFix        `json:"fixes,omitempty"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   sarifRegion   `json:"region"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct { // 3.30; without a column it is the line
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn,omitempty"`
		EndColumn   int `json:"endColumn,omitempty"`
	}
	sarifFix struct { // 3.55
		Description sarifText     `json:"description"`
		Changes     []sarifChange `json:"artifactChanges"`
	}
	sarifChange struct {
		Artifact     sarifArtifact      `json:"artifactLocation"`
		Replacements []sarifReplacement `json:"replacements"`
	}
	sarifReplacement struct {
		Deleted  sarifRegion `json:"deletedRegion"`
		Inserted sarifText   `json:"insertedContent"`
	}
)

const (
	sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
	// fingerprintName is versioned, as SARIF wants it (3.27.17).
	fingerprintName = "cilockReference/v1"
)

// SARIF is all findings as a SARIF 2.1.0 log, injections included.
func SARIF(findings []Finding, c Checkout) (string, error) {
	run := sarifRun{ColumnKind: "unicodeCodePoints", Results: []sarifResult{}}
	run.Tool.Driver.Name = "cilock"
	index := map[string]int{}
	for i, rule := range rules() {
		index[rule.id] = i
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{
			rule.id, sarifText{rule.short}, sarifText{rule.short}, sarifText{rule.help}, sarifConfig{rule.level},
		})
	}
	complete := true
	seen := map[string]int{}
	for _, f := range findings {
		complete = complete && f.Rule != ruleUnread
		if f.File == "" { // about no file; code scanning takes no result without a place
			f.File, f.Line, f.Col = workflowFolder, 1, 0
		}
		run.Results = append(run.Results, sarifOf(f, index[f.Rule], artifactURI(f.File, c), seen))
	}
	run.Invocations = []sarifInvocation{{complete}}
	text, err := sink.Document(sarifLog{sarifSchema, "2.1.0", []sarifRun{run}})
	if err != nil {
		return "", fmt.Errorf("encode SARIF: %w", err)
	}
	return text, nil
}

func sarifOf(f Finding, rule int, uri string, seen map[string]int) sarifResult {
	at := sarifRegion{StartLine: f.Line, StartColumn: f.Col}
	if f.exact.Line == f.Line && f.exact.End > f.Col && f.Col > 0 {
		at.EndColumn = f.exact.End
	}
	artifact := sarifArtifact{uri}
	result := sarifResult{
		RuleID: f.Rule, RuleIndex: rule, Level: f.Level, Message: plain(joined(f.Message, f.Fix)),
		Locations:    []sarifLocation{{sarifPhysical{artifact, at}}},
		Fingerprints: map[string]string{fingerprintName: fingerprint(f, uri, seen)},
	}
	if f.Replace != "" && f.exact.Line > 0 {
		where := sarifRegion{f.exact.Line, f.exact.Col, f.exact.End}
		result.Fixes = []sarifFix{{plain(f.Fix), []sarifChange{{artifact, []sarifReplacement{{where, sarifText{f.Replace}}}}}}}
	}
	return result
}

// plain is a message without links: in SARIF's plain text too, [text](target)
// is one (3.11.6), and the text is untrusted.
func plain(s string) sarifText {
	if strings.Contains(s, "](") {
		s = strings.NewReplacer("[", `\[`, "]", `\]`).Replace(s)
	}
	return sarifText{s}
}

// fingerprint stays the same while a finding moves in its file: it is made of
// the rule, the path, what the finding is about, and the how-manieth of these
// it is in the file.
func fingerprint(f Finding, uri string, seen map[string]int) string {
	key := strings.Join([]string{f.Rule, uri, f.subject}, "\x00")
	seen[key]++
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d", key, seen[key]))
	return hex.EncodeToString(sum[:])
}

// artifactURI is a recorded name as a URI: relative and without a scheme, or,
// for a file outside the repository, whole (RFC 3986, 4.2; RFC 8089).
func artifactURI(file string, c Checkout) string {
	name := c.relative(file)
	if filepath.IsAbs(filepath.FromSlash(name)) {
		return "file://" + escapePath("/"+strings.TrimPrefix(name, "/"))
	}
	return escapePath(name)
}

// escapePath escapes each segment. A colon is escaped as well: before the first
// slash it would end a scheme.
func escapePath(name string) string {
	segments := strings.Split(name, "/")
	for i, s := range segments {
		segments[i] = strings.ReplaceAll(url.PathEscape(s), ":", "%3A")
	}
	return strings.Join(segments, "/")
}
