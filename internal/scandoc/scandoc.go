package scandoc

import (
	"bytes"
	"encoding/json"
)

// MaxSize is the most that is read of a document, in bytes.
const MaxSize = 32 << 20

// Kind is what a document is, by the name of Witness' attestor of it.
type Kind string

// The kinds. Vuln is ours: Witness has none.
const (
	SBOM  Kind = "sbom"
	SARIF Kind = "sarif"
	VEX   Kind = "vex"
	Vuln  Kind = "vuln"
)

// Document is what one document says of itself.
type Document struct {
	Kind     Kind
	Format   string // CycloneDX, SPDX, SARIF, OpenVEX, grype, trivy
	Version  string // of the format, as the document has it
	Encoding string // json, xml or tag-value
	Tools    []Tool // that wrote it, by its own word; the first 32
	// Counts are by severity for a Vuln, by level for SARIF, by status for a
	// VEX, by what is listed for an SBOM. Words that the format does not know
	// count as "other".
	Counts map[string]int
	// Failed is true if the document says that the tool did not succeed.
	Failed bool
	// JSON is the document without white space, nil if it is no JSON.
	JSON []byte
}

// Tool is a program by its own word.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
}

// Bounds on what is taken over from a document.
const (
	maxTools = 32
	maxWord  = 200 // bytes of a name or version
)

// Candidate says whether content with this beginning may be a document at all:
// a JSON object, XML, or SPDX's tag-value form.
func Candidate(head []byte) bool {
	head = trim(head)
	for _, start := range []string{"{", "<?xml", "<bom", "<!--", "SPDXVersion:", "#"} {
		if bytes.HasPrefix(head, []byte(start)) {
			return true
		}
	}
	return false
}

// trim takes off UTF-8's byte order mark, which some Windows tools write, and
// white space.
func trim(data []byte) []byte {
	return bytes.TrimLeft(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), " \t\r\n")
}

// Recognise says what a whole document is: nothing in most cases, two things
// for a CycloneDX document that lists components and also judges
// vulnerabilities. The error is that it names itself as one of these and is not
// sound; its text is ours and holds nothing of the document.
func Recognise(data []byte) ([]Document, error) {
	data = trim(data)
	switch {
	case !Candidate(data):
		return nil, nil
	case data[0] == '{':
		return recogniseJSON(data)
	case data[0] == '<':
		return recogniseXML(data)
	}
	return recogniseTagValue(data)
}

// format is one line of the list of JSON formats: the marks that must all be in
// the text (a quick look, which spares most JSON files the rest), and the reader,
// which returns nil if the document is another thing after all.
type format struct {
	marks []string
	read  func(o object) ([]Document, error)
}

func formats() []format {
	return []format{
		{[]string{`"bomFormat"`, `"CycloneDX"`}, readCycloneDX},
		{[]string{`"spdxVersion"`, `"SPDX-`}, readSPDX},
		{[]string{`"runs"`, `"version"`, `"driver"`}, readSARIF},
		{[]string{`"@context"`, `"statements"`, `openvex.dev/ns`}, readOpenVEX},
		{[]string{`"matches"`, `"descriptor"`, `"grype"`}, readGrype},
		{[]string{`"SchemaVersion"`, `"ArtifactName"`}, readTrivy},
	}
}

func recogniseJSON(data []byte) ([]Document, error) {
	for _, f := range formats() {
		if !f.marked(data) {
			continue
		}
		o, ok := asObject(data)
		if !ok {
			// Its marks may be strings of some other text. It is worth a word only
			// if it claims at its top to be a document, which a broken one cannot.
			return nil, errBroken
		}
		docs, err := f.read(o)
		if docs == nil && err == nil {
			continue
		}
		if err == nil {
			err = sound(data)
		}
		if err != nil {
			return nil, err
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, data); err != nil {
			return nil, err
		}
		for i := range docs {
			docs[i].Encoding, docs[i].JSON = "json", compact.Bytes()
		}
		return docs, nil
	}
	return nil, nil
}

func (f format) marked(data []byte) bool {
	for _, m := range f.marks {
		if !bytes.Contains(data, []byte(m)) {
			return false
		}
	}
	return true
}
