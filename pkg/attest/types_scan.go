package attest

// The types of what scanners and packagers wrote among the products. The first
// three are Witness' (go-witness v0.9.2, where that of VEX has another form than
// the rest) and have its fields, ours standing beside them.
const (
	TypeSBOM  = "https://witness.dev/attestations/sbom/v0.1"
	TypeSARIF = "https://witness.dev/attestations/sarif/v0.1"
	TypeVEX   = "https://openvex.dev/ns"
	TypeVuln  = "https://github.com/org/cilock-action/vuln/v0.1"

	// In Witness' envelope an SBOM has the type of its format, as Witness writes
	// it; they are also the predicate types of such documents.
	TypeSPDX      = "https://spdx.dev/Document"
	TypeCycloneDX = "https://cyclonedx.org/bom"
)

// Scans is the body of TypeVuln, and what the bodies of TypeSBOM, TypeSARIF and
// TypeVEX have beside Witness' fields. There is one attestation of a kind,
// however many documents there are.
type Scans struct {
	Documents []ScanDocument `json:"documents"` // in the order of their paths
	// Counts are the sums of the documents' counts, those that are not listed
	// included.
	Counts map[string]int `json:"counts"`
	// Inlined is true if the document itself stands under Witness' fields: there
	// is one of the kind, Witness knows its format, and it has room.
	Inlined   bool `json:"inlined"`
	NotListed int  `json:"notlisted,omitempty"` // documents beyond the first 1,000
}

// ScanDocument is one product that is a document of a scanner, found by its
// content.
type ScanDocument struct {
	Path     string         `json:"path"` // of the product
	Digest   DigestSet      `json:"digest"`
	Format   string         `json:"format"` // CycloneDX, SPDX, SARIF, OpenVEX, grype or trivy
	Version  string         `json:"version,omitempty"`
	Encoding string         `json:"encoding"` // json, xml or tag-value
	Tools    []ScanTool     `json:"tools"`    // by the document's own word
	Counts   map[string]int `json:"counts"`
	Failed   bool           `json:"failed,omitempty"` // the document says that its tool did not succeed
}

// ScanTool is a program and its version.
type ScanTool struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
}
