package action

import (
	"fmt"
	"strings"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/internal/sink"
	"github.com/org/cilock-action/pkg/secretscan"
)

// maxGapsShown leaves room in the job summary for the findings.
const maxGapsShown = 20

// Annotate writes the findings as annotations, the worst first, and one for all gaps. The runner keeps ten of each level a
// step; what comes after them is returned for the job summary.
func (r ScanReport) Annotate(c filetree.Checkout, s *sink.Sink) (sink.Rest, error) {
	if len(r.Gaps) > 0 {
		s.Annotate(sink.Error, sink.Properties{Title: "cilock: incomplete"},
			fmt.Sprintf("not everything was scanned, in %d ways: %s", len(r.Gaps), r.Gaps[0]))
	}
	for _, f := range r.Findings {
		level := sink.Warning
		if f.Tier == secretscan.TierHigh {
			level = sink.Error
		}
		p := sink.Properties{Title: "cilock: " + f.RuleID}
		if f.Source != "-" {
			p.File = c.Relative(f.Source)
		}
		if p.File != "" && !f.LocationApproximate {
			p.Line = f.Line
		}
		s.Annotate(level, p, scanText(f)+" "+scanHelp)
	}
	return s.Flush()
}

// Markdown is the section of the job summary: the facts, and the findings for which there was no annotation left.
func (r ScanReport) Markdown(rest sink.Rest) string {
	var b strings.Builder
	fmt.Fprintf(&b, "### cilock: %s, secrets\n\n", r.Verdict())
	fmt.Fprintf(&b, "- %d bytes of %d sources scanned\n- findings: %d, %d of them high\n", r.ScannedBytes, r.Sources, len(r.Findings), r.High())
	for i, gap := range r.Gaps {
		if i == maxGapsShown {
			fmt.Fprintf(&b, "- gaps: %d more\n", len(r.Gaps)-i)
			break
		}
		fmt.Fprintf(&b, "- gap: %s\n", sink.EscapeMarkdown(gap))
	}
	for _, note := range r.Notes {
		fmt.Fprintf(&b, "- note: %s\n", sink.EscapeMarkdown(note))
	}
	if r.Allowed > 0 {
		fmt.Fprintf(&b, "- allowed: %d, by the allow list\n", r.Allowed)
	}
	b.WriteString("\n" + rest.Markdown() + "\n")
	return b.String()
}
