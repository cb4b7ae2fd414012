package action

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/org/cilock-action/internal/scandoc"
	"github.com/org/cilock-action/pkg/attest"
)

// scanKinds are the derived sections of what scanners wrote, in their order.
// What Witness calls none stands under its own name.
var scanKinds = []struct {
	kind scandoc.Kind
	typ  string
	none string
}{
	{scandoc.SBOM, attest.TypeSBOM, "no product is a bill of materials"},
	{scandoc.SARIF, attest.TypeSARIF, "no product is a SARIF report"},
	{scandoc.VEX, attest.TypeVEX, "no product is a VEX document"},
	{scandoc.Vuln, attest.TypeVuln, "no product is a list of vulnerabilities"},
}

// deriveScans makes one section of all documents of a kind. A kind that is not
// there is said to be not there, and has no attestation: a policy that asks for
// it fails.
func deriveScans(e Evidence) (rows []Row) {
	var products productBody
	var from Row
	looked := false
	for _, r := range e.Rows {
		if body, ok := r.Section.Body.(productBody); ok {
			products, from, looked = body, r, true
		}
	}
	for _, k := range scanKinds {
		row := Row{Name: string(k.kind), Start: from.Start, End: from.End}
		body := scanBodyOf(k.kind, products.scans)
		switch {
		case !looked:
			row.judge(&NotApplicable{Reason: "the products are not known"})
		case len(body.Documents) == 0:
			row.judge(&NotApplicable{Reason: k.none})
		default:
			row.judge(nil)
			row.Section = Section{Type: k.typ, Phase: PostProduct, Body: body, Limits: []string{
				"counts and tools are the documents' own word: nobody ran the scan again",
			}}
		}
		rows = append(rows, row)
	}
	return rows
}

// scanBody is the body of a kind: Witness' fields, if there is exactly one
// document of it and the document has room, and ours.
type scanBody struct {
	attest.Scans
	kind   scandoc.Kind
	inline json.RawMessage
}

func scanBodyOf(kind scandoc.Kind, products []scanned) scanBody {
	b := scanBody{kind: kind}
	b.Documents, b.Counts = []attest.ScanDocument{}, map[string]int{}
	for _, p := range products {
		for _, d := range p.docs {
			if d.Kind == kind {
				b.add(p, d)
			}
		}
	}
	if len(b.Documents) != 1 {
		b.inline = nil // a rule that looks at one document must not pass because of another
	}
	b.Inlined = b.inline != nil
	return b
}

func (b *scanBody) add(p scanned, d scandoc.Document) {
	for name, n := range d.Counts {
		b.Counts[name] += n
	}
	if len(b.Documents) >= maxListedScans {
		b.NotListed++
		return
	}
	entry := attest.ScanDocument{
		Path: p.path, Digest: p.digest, Format: d.Format, Version: d.Version, Encoding: d.Encoding,
		Tools: []attest.ScanTool{}, Counts: d.Counts, Failed: d.Failed,
	}
	for _, t := range d.Tools {
		entry.Tools = append(entry.Tools, attest.ScanTool(t))
	}
	b.Documents = append(b.Documents, entry)
	switch b.kind {
	case scandoc.Vuln: // ours alone
	case scandoc.VEX:
		if d.Format == "OpenVEX" { // the one that Witness reads
			b.inline = d.JSON
		}
	case scandoc.SBOM:
		if d.JSON != nil && !hasOurFields(d.JSON) {
			b.inline = d.JSON
		}
	default:
		b.inline = d.JSON
	}
}

// MarshalJSON puts the document where Witness has it (go-witness v0.9.2): an
// SBOM is the body itself, with our fields at its end; the other two are a field
// of it.
func (b scanBody) MarshalJSON() ([]byte, error) {
	ours, err := attest.Encode(b.Scans)
	if err != nil || !b.Inlined {
		return ours, err
	}
	field := "report"
	switch b.kind {
	case scandoc.SBOM:
		return joined(b.inline, ours), nil
	case scandoc.VEX:
		field = "vexDocument"
	}
	theirs, err := attest.Encode(map[string]any{
		field: b.inline, "reportFileName": b.Documents[0].Path, "reportDigestSet": b.Documents[0].Digest,
	})
	return joined(theirs, ours), err
}

// joined is one object with the fields of two, neither of which is empty.
func joined(a, b []byte) []byte {
	out := append([]byte{}, a[:max(len(a)-1, 0)]...)
	return append(append(out, ','), b[1:]...)
}

// hasOurFields reports whether a document has a field of a name of ours at its
// top: no bill of materials has, and one that did would have it twice.
func hasOurFields(document []byte) bool {
	var fields map[string]json.RawMessage
	if json.Unmarshal(document, &fields) != nil {
		return true
	}
	for name := range fields { // in any case: Go's readers make no difference
		if slices.Contains([]string{"documents", "counts", "inlined", "notlisted"}, strings.ToLower(name)) {
			return true
		}
	}
	return false
}
