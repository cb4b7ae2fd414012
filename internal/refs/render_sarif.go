package refs

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/internal/sarif"
)

// fingerprintName is versioned, as SARIF wants it (3.27.17).
const fingerprintName = "cilockReference/v1"

// SARIF is all findings as a SARIF 2.1.0 log, injections included.
func SARIF(findings []Finding, c filetree.Checkout) (string, error) {
	run := sarif.Run{ColumnKind: "unicodeCodePoints", Results: []sarif.Result{}}
	index := map[string]int{}
	for i, rule := range rules() {
		index[rule.id] = i
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarif.Rule{
			ID: rule.id, Short: sarif.Text{Text: rule.short}, Full: sarif.Text{Text: rule.short}, Help: sarif.Text{Text: rule.help},
			Default: sarif.Config{Level: string(rule.level)},
		})
	}
	complete := true
	seen := map[string]int{}
	for _, f := range findings {
		complete = complete && f.Rule != ruleUnread
		if f.File == "" { // about no file; code scanning takes no result without a place
			f.File, f.Line, f.Col = workflowFolder, 1, 0
		}
		run.Results = append(run.Results, sarifOf(f, index[f.Rule], sarif.URI(f.File, c), seen))
	}
	run.Invocations = []sarif.Invocation{{Successful: complete}}
	return sarif.Document(run)
}

func sarifOf(f Finding, rule int, uri string, seen map[string]int) sarif.Result {
	at := sarif.Region{StartLine: f.Line, StartColumn: f.Col}
	if f.exact.Line == f.Line && f.exact.End > f.Col && f.Col > 0 {
		at.EndColumn = f.exact.End
	}
	artifact := sarif.Artifact{URI: uri}
	result := sarif.Result{
		RuleID: f.Rule, RuleIndex: rule, Level: string(f.Level), Message: sarif.Plain(joined(f.Message, f.Fix)),
		Locations:    []sarif.Location{{Physical: &sarif.Physical{Artifact: artifact, Region: &at}}},
		Fingerprints: map[string]string{fingerprintName: fingerprint(f, uri, seen)},
	}
	if f.Replace != "" && f.exact.Line > 0 {
		where := sarif.Region{StartLine: f.exact.Line, StartColumn: f.exact.Col, EndColumn: f.exact.End}
		change := sarif.Change{Artifact: artifact, Replacements: []sarif.Replacement{{Deleted: where, Inserted: sarif.Text{Text: f.Replace}}}}
		result.Fixes = []sarif.Fix{{Description: sarif.Plain(f.Fix), Changes: []sarif.Change{change}}}
	}
	return result
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
