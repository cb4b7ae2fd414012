package refs

import (
	"fmt"
	"strings"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/internal/sink"
)

// Annotate writes the findings as annotations, the worst first. The runner
// keeps ten of each level a step; what comes after them is returned for the
// job summary.
func Annotate(findings []Finding, c filetree.Checkout, s *sink.Sink) (sink.Rest, error) {
	for _, f := range findings {
		level := sink.Warning
		if f.Level == Error {
			level = sink.Error
		}
		p := sink.Properties{Line: f.Line, Col: f.Col, Title: "cilock: " + f.Rule}
		if f.File != "" {
			p.File = c.Relative(f.File)
		}
		if f.exact.Line == f.Line && f.exact.End > f.Col {
			p.EndLine, p.EndCol = f.Line, f.exact.End
		}
		s.Annotate(level, p, joined(f.Message, f.Fix))
	}
	return s.Flush()
}

// Markdown is the section of the job summary: the verdict, what was looked at,
// and the findings for which there was no annotation left.
func Markdown(r Report, findings []Finding, rest sink.Rest) string {
	var b strings.Builder
	fmt.Fprintf(&b, "### cilock: %s, action references\n\n", Verdict(findings))
	fmt.Fprintf(&b, "- %s\n", sink.EscapeMarkdown(counted(r)))
	for _, level := range []Level{Error, Warning} {
		n := 0
		for _, f := range findings {
			if f.Level == level {
				n++
			}
		}
		if n > 0 {
			fmt.Fprintf(&b, "- %s: %d\n", level, n)
		}
	}
	b.WriteString("\n" + rest.Markdown() + "\n")
	return b.String()
}
