package refs

import (
	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/internal/sarif"
)

// fingerprintName is versioned, as SARIF wants it (3.27.17).
const fingerprintName = "cilockReference/v1"

// SARIF is all findings as a SARIF 2.1.0 log, injections included.
func SARIF(findings []Finding, c filetree.Checkout) (string, error) {
	b := sarif.Builder{Run: sarif.Run{ColumnKind: "unicodeCodePoints"}}
	for _, rule := range rules() {
		b.AddRule(rule.sarif())
	}
	complete := true
	for _, f := range findings {
		complete = complete && f.Rule != ruleUnread
		if f.File == "" { // about no file; code scanning takes no result without a place
			f.File, f.Line, f.Col = workflowFolder, 1, 0
		}
		f.AddTo(&b, c, nil)
	}
	b.Invocations = []sarif.Invocation{{Successful: complete}}
	return b.Document()
}

func (r rule) sarif() sarif.Rule {
	return sarif.Rule{
		ID: r.id, Short: sarif.Text{Text: r.short}, Full: sarif.Text{Text: r.short}, Help: sarif.Text{Text: r.help},
		Default: sarif.Config{Level: string(r.level)}, Properties: sarif.Security(string(r.level)),
	}
}

// AddTo adds a finding to a log, whose columns are in Unicode code points. It
// stands where it says, or elsewhere if its file is none of the repository's.
func (f Finding) AddTo(b *sarif.Builder, c filetree.Checkout, elsewhere []sarif.Location) {
	uri := sarif.URI(f.File, c)
	at := sarif.Region{StartLine: f.Line, StartColumn: f.Col}
	if f.exact.Line == f.Line && f.exact.End > f.Col && f.Col > 0 {
		at.EndColumn = f.exact.End
	}
	artifact := sarif.Artifact{URI: uri}
	result := sarif.Result{
		Level: string(f.Level), Message: sarif.Plain(joined(f.Message, f.Fix)),
		Locations: []sarif.Location{{Physical: &sarif.Physical{Artifact: artifact, Region: &at}}},
		// It stays the same while a finding moves in its file.
		Fingerprints: map[string]string{fingerprintName: b.Print(f.Rule, uri, f.subject)},
	}
	if elsewhere != nil {
		result.Locations = elsewhere
	} else if f.Replace != "" && f.exact.Line > 0 {
		where := sarif.Region{StartLine: f.exact.Line, StartColumn: f.exact.Col, EndColumn: f.exact.End}
		change := sarif.Change{Artifact: artifact, Replacements: []sarif.Replacement{{Deleted: where, Inserted: sarif.Text{Text: f.Replace}}}}
		result.Fixes = []sarif.Fix{{Description: sarif.Plain(f.Fix), Changes: []sarif.Change{change}}}
	}
	b.Add(ruleOf(f.Rule).sarif(), result)
}
