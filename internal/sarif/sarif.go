// Package sarif writes SARIF 2.1.0 (OASIS, errata 01): the parts of it that are
// used here. The comments name its sections. Texts are untrusted, also where
// they are names of files.
package sarif

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/internal/sink"
)

const schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

// The levels of results and notifications (3.27.10).
const (
	Error   = "error"
	Warning = "warning"
	Note    = "note"
)

type log struct {
	Schema  string `json:"$schema"` // 3.13.3; GitHub asks for it
	Version string `json:"version"`
	Runs    []Run  `json:"runs"`
}

// The parts of a log. Arrays that must be there are never null if they are made
// with make or as literals.
type (
	Run struct {
		Tool        Tool         `json:"tool"`
		Invocations []Invocation `json:"invocations"`
		ColumnKind  string       `json:"columnKind,omitempty"` // 3.14.17; of runs with columns
		Results     []Result     `json:"results"`
	}
	Tool struct {
		Driver Driver `json:"driver"`
	}
	Driver struct {
		Name    string `json:"name"`
		Version string `json:"version,omitempty"`
		Rules   []Rule `json:"rules"`
	}
	Rule struct { // 3.49
		ID         string          `json:"id"`
		Short      Text            `json:"shortDescription"`
		Full       Text            `json:"fullDescription"`
		Help       Text            `json:"help"`
		Default    Config          `json:"defaultConfiguration"`
		Properties *RuleProperties `json:"properties,omitempty"`
	}
	RuleProperties struct { // what GitHub's code scanning reads there
		Severity string   `json:"security-severity"` // 0.1 to 10.0, as in CVSS
		Tags     []string `json:"tags"`
	}
	Config struct {
		Level string `json:"level"`
	}
	Text struct {
		Text string `json:"text"`
	}
	Invocation struct { // 3.20
		Successful    bool           `json:"executionSuccessful"`
		Notifications []Notification `json:"toolExecutionNotifications,omitempty"`
	}
	Notification struct { // 3.58
		Level   string `json:"level"`
		Message Text   `json:"message"`
	}
	Result struct { // 3.27
		RuleID       string            `json:"ruleId"`
		RuleIndex    int               `json:"ruleIndex"`
		Level        string            `json:"level"`
		Message      Text              `json:"message"`
		Locations    []Location        `json:"locations"`
		Fingerprints map[string]string `json:"partialFingerprints,omitempty"`
		Fixes        []Fix             `json:"fixes,omitempty"`
		Properties   any               `json:"properties,omitempty"` // an object (3.8)
	}
	Location struct { // 3.28; what is in no file has a logical place
		Physical *Physical `json:"physicalLocation,omitempty"`
		Logical  []Logical `json:"logicalLocations,omitempty"`
	}
	Physical struct {
		Artifact Artifact `json:"artifactLocation"`
		Region   *Region  `json:"region,omitempty"`
	}
	Logical struct { // 3.33
		Name string `json:"name"`
	}
	Artifact struct {
		URI string `json:"uri"`
	}
	Region struct { // 3.30; without a column it is the line
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn,omitempty"`
		EndColumn   int `json:"endColumn,omitempty"`
	}
	Fix struct { // 3.55
		Description Text     `json:"description"`
		Changes     []Change `json:"artifactChanges"`
	}
	Change struct {
		Artifact     Artifact      `json:"artifactLocation"`
		Replacements []Replacement `json:"replacements"`
	}
	Replacement struct {
		Deleted  Region `json:"deletedRegion"`
		Inserted Text   `json:"insertedContent"`
	}
)

// Document is a log of one run, as JSON that a terminal and the runner can be
// shown. The tool is cilock. What is beyond the bounds is cut and counted.
func Document(run Run) (string, error) {
	run.Tool.Driver.Name = "cilock"
	all := len(run.Results)
	for most := MaxResults; ; most /= 2 {
		text, err := encode(run.cut(most, all))
		if err != nil || len(text) <= maxSize || most == 0 {
			return text, err
		}
	}
}

func encode(run Run) (string, error) {
	text, err := sink.Document(log{schema, "2.1.0", []Run{run}})
	if err != nil {
		return "", fmt.Errorf("encode SARIF: %w", err)
	}
	return text, nil
}

// Ours reports whether a file that begins so is a log that Document made.
func Ours(head string) bool {
	return strings.HasPrefix(head, "{\n  \"$schema\": \""+schema+"\"")
}

// Plain is a message without links: in SARIF's plain text too, [text](target)
// is one (3.11.6), and the text is untrusted: a backslash in it must not take the
// force of ours.
func Plain(s string) Text {
	if strings.Contains(s, "](") {
		s = strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`).Replace(s)
	}
	return Text{s}
}

// URI is a recorded name as a URI: relative and without a scheme, or, for a
// file outside the repository, whole (RFC 3986, 4.2; RFC 8089).
func URI(file string, c filetree.Checkout) string {
	name := c.Relative(file)
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
