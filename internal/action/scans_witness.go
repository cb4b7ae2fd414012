package action

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/org/cilock-action/pkg/attest"
)

// Witness decodes reports into the types of two libraries, and refuses a whole
// collection in which one field does not fit (go-witness v0.9.2). A SARIF report
// of `"ruleIndex": -1`, which the standard allows, is such a one: go-sarif has
// an unsigned number there. So what goes into the envelope is only what those
// types can hold.

// scanForWitness is a section of a document as the envelope has it. It is not
// ok for one that Witness could not read, or that is not inlined.
func scanForWitness(a attest.Attestation) (attest.Attestation, bool) {
	switch a.Type {
	case attest.TypeSBOM, attest.TypeSARIF, attest.TypeVEX:
	default:
		return a, true
	}
	var body struct {
		Inlined bool            `json:"inlined"`
		Report  json.RawMessage `json:"report"`
		VEX     json.RawMessage `json:"vexDocument"`
		File    string          `json:"reportFileName"`
		Digest  json.RawMessage `json:"reportDigestSet"`
	}
	if json.Unmarshal(a.Body, &body) != nil || !body.Inlined {
		return a, false
	}
	switch a.Type {
	case attest.TypeSBOM:
		a.Type = sbomTypeForWitness(a.Body)
	case attest.TypeVEX:
		return a, json.Unmarshal(body.VEX, new(openVEX)) == nil
	case attest.TypeSARIF:
		var report sarifReport
		if json.Unmarshal(body.Report, &report) != nil {
			return a, false
		}
		text, err := attest.Encode(map[string]any{"report": report, "reportFileName": body.File, "reportDigestSet": body.Digest})
		a.Body = text
		return a, err == nil
	}
	return a, true
}

// sbomTypeForWitness is the type that Witness gives the attestation of a bill of
// materials: that of its format, if the first 500 bytes name it (SBOMAttestor of
// go-witness v0.9.2). It looks the attestation up under the type that it would
// have given, so any other would not be found.
func sbomTypeForWitness(body []byte) string {
	head := body[:min(len(body), 500)]
	switch {
	case bytes.Contains(head, []byte(`"spdxVersion":"SPDX-`)):
		return attest.TypeSPDX
	case bytes.Contains(head, []byte(`"bomFormat":"CycloneDX"`)):
		return attest.TypeCycloneDX
	}
	return attest.TypeSBOM
}

// sarifReport is what a policy looks at in a report: who found what, where, how
// bad it is, and whether the tool succeeded. Numbers are those that go-sarif
// v1.1.1 holds.
type sarifReport struct {
	Version string     `json:"version"`
	Schema  string     `json:"$schema"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool struct {
		Driver struct {
			Name            string      `json:"name"`
			Version         string      `json:"version,omitempty"`
			SemanticVersion string      `json:"semanticVersion,omitempty"`
			InformationURI  string      `json:"informationUri,omitempty"`
			Rules           []sarifRule `json:"rules,omitempty"`
		} `json:"driver"`
	} `json:"tool"`
	Invocations []struct {
		ExecutionSuccessful bool `json:"executionSuccessful"`
	} `json:"invocations,omitempty"`
	Results []sarifResult `json:"results"`
}

type sarifRule struct {
	ID                   string         `json:"id"`
	Name                 string         `json:"name,omitempty"`
	HelpURI              string         `json:"helpUri,omitempty"`
	ShortDescription     *sarifText     `json:"shortDescription,omitempty"`
	DefaultConfiguration *sarifDefault  `json:"defaultConfiguration,omitempty"`
	Properties           map[string]any `json:"properties,omitempty"`
}

type sarifText struct {
	Text string `json:"text,omitempty"`
}

type sarifDefault struct {
	Level string `json:"level,omitempty"`
}

type sarifResult struct {
	RuleID       string          `json:"ruleId,omitempty"`
	Level        string          `json:"level,omitempty"`
	Kind         string          `json:"kind,omitempty"`
	Message      sarifText       `json:"message"`
	Locations    []sarifLocation `json:"locations,omitempty"`
	Suppressions []struct {
		Kind string `json:"kind"`
	} `json:"suppressions,omitempty"`
	Properties map[string]any `json:"properties,omitempty"`
}

type sarifLocation struct {
	Physical *struct {
		Artifact *struct {
			URI string `json:"uri,omitempty"`
		} `json:"artifactLocation,omitempty"`
		Region *struct {
			StartLine   int `json:"startLine,omitempty"`
			StartColumn int `json:"startColumn,omitempty"`
			EndLine     int `json:"endLine,omitempty"`
			EndColumn   int `json:"endColumn,omitempty"`
		} `json:"region,omitempty"`
	} `json:"physicalLocation,omitempty"`
}

// openVEX has the types of go-vex v0.2.7: a document that does not fit them is
// left out of the envelope.
type openVEX struct {
	Context     string       `json:"@context"`
	ID          string       `json:"@id"`
	Author      string       `json:"author"`
	Role        string       `json:"role"`
	Timestamp   *time.Time   `json:"timestamp"`
	LastUpdated *time.Time   `json:"last_updated"`
	Version     int          `json:"version"`
	Tooling     string       `json:"tooling"`
	Supplier    string       `json:"supplier"`
	Statements  []vexVerdict `json:"statements"`
}

type vexVerdict struct {
	ID            string `json:"@id"`
	Vulnerability struct {
		ID          string   `json:"@id"`
		Name        string   `json:"name"`
		Description string   `json:"description"`
		Aliases     []string `json:"aliases"`
	} `json:"vulnerability"`
	Timestamp   *time.Time `json:"timestamp"`
	LastUpdated *time.Time `json:"last_updated"`
	Products    []struct {
		vexComponent
		Subcomponents []vexComponent `json:"subcomponents"`
	} `json:"products"`
	Status          string     `json:"status"`
	StatusNotes     string     `json:"status_notes"`
	Justification   string     `json:"justification"`
	Impact          string     `json:"impact_statement"`
	Action          string     `json:"action_statement"`
	ActionTimestamp *time.Time `json:"action_statement_timestamp"`
}

type vexComponent struct {
	ID          string            `json:"@id"`
	Hashes      map[string]string `json:"hashes"`
	Identifiers map[string]string `json:"identifiers"`
	Supplier    string            `json:"supplier"`
}
