package action

import (
	"cmp"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/org/cilock-action/internal/sink"
	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/attest"
)

// How much of each part the summary shows; the rest is counted.
const (
	summaryFindings     = 5
	summaryReferences   = 20
	summaryDestinations = 20
	summaryText         = 600 // characters of one text
	summaryChain        = 8   // processes of a chain, the nearest ones
)

// Seen is what of the evidence a person is told about.
type Seen struct {
	Processes []attest.Process // absent where the trace is not inlined
	Network   []attest.TraceReach
	Actions   []attest.GitHubAction
}

// seenIn takes it out of the finished sections.
func seenIn(rows []Row) (s Seen) {
	for _, row := range rows {
		switch body := row.Section.Body.(type) {
		case attest.CommandRun:
			s.Processes = body.Processes
		case *attest.Trace:
			s.Network = body.Network
		}
		for _, a := range row.Section.More {
			if body, ok := a.Body.(attest.GitHubAction); ok && a.Type == attest.TypeGitHubAction {
				s.Actions = append(s.Actions, body)
			}
		}
	}
	return s
}

// Markdown is the section of the job summary: the verdict with how much was seen,
// the worst findings, what to pin, where the step went, and how to verify all of
// it. It is the same for the same run, and what is cut is counted.
func (r Report) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "### cilock: %s\n\n", sink.EscapeMarkdown(r.headline()))
	fmt.Fprintf(&b, "Step %s: %s\n\n", sink.Code(r.Plan.Name), sink.EscapeMarkdown(r.stepFact()))
	r.markFindings(&b)
	r.markReferences(&b)
	r.markDestinations(&b)
	r.markProof(&b)
	return b.String()
}

// headline is the verdict with its ground: how much was seen, by what, and who
// answers for it.
func (r Report) headline() string {
	seen := "not traced"
	if r.Trace.Section.Backend != "" {
		events, lost := r.events()
		seen = fmt.Sprintf("%s events, %s lost, %s", thousands(events), thousands(lost), r.Trace.Section.Backend)
	}
	return fmt.Sprintf("%s: %s, signed by %s", r.Verdict, seen, cmp.Or(r.Proof.Identity, "nobody"))
}

// thousands is a number as people read it.
func thousands(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// worstFirst are the findings in the order in which somebody should read them.
func worstFirst(findings []verdict.Finding) []verdict.Finding {
	list := slices.Clone(findings)
	slices.SortStableFunc(list, func(a, b verdict.Finding) int {
		switch {
		case a.Verdict == b.Verdict:
			return 0
		case a.Verdict.Worst(b.Verdict) == a.Verdict:
			return -1
		}
		return 1
	})
	return list
}

func (r Report) markFindings(b *strings.Builder) {
	findings := worstFirst(r.Findings)
	if len(findings) == 0 && len(r.Lost) == 0 {
		b.WriteString("No findings.\n\n")
		return
	}
	fmt.Fprintf(b, "**Findings%s**\n\n", of(summaryFindings, len(findings)))
	for i, f := range findings[:min(summaryFindings, len(findings))] {
		fmt.Fprintf(b, "%d. **%s** %s: expected %s, found %s\n", i+1, f.Verdict, sink.Code(f.Rule), marked(f.Expected), marked(f.Found))
		if chain := r.Seen.chain(f.Found); chain != "" {
			fmt.Fprintf(b, "   - process: %s\n", sink.Code(chain))
		}
		if f.Fix != "" {
			fmt.Fprintf(b, "   - fix: %s\n", marked(f.Fix))
		}
	}
	for _, l := range r.Lost {
		fmt.Fprintf(b, "- **lost** %s\n", marked(l))
	}
	b.WriteString("\n")
}

// of says how many of a list are shown, where that is not all.
func of(shown, all int) string {
	if all <= shown {
		return ""
	}
	return fmt.Sprintf(" (%d of %d, the worst first)", shown, all)
}

func marked(text string) string { return sink.EscapeMarkdown(oneLine(text, summaryText)) }

// pidPattern finds the process that a policy's message names.
var pidPattern = regexp.MustCompile(`(?i)\bpid[ :=]*([0-9]{1,10})\b`)

// chain is how the process that a text names came to be, the outermost first.
func (s Seen) chain(text string) string {
	m := pidPattern.FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	pid, err := strconv.Atoi(m[1])
	if err != nil {
		return ""
	}
	last := map[int]attest.Process{}
	for _, p := range s.Processes {
		last[p.ProcessID] = p // what it became last
	}
	var chain []string
	for range summaryChain {
		p, ok := last[pid]
		if !ok {
			break
		}
		chain = append(chain, fmt.Sprintf("%s (%d)", cmp.Or(path.Base(p.Program), p.Comm), pid))
		delete(last, pid) // a chain that comes back to itself ends
		pid = p.ParentPID
	}
	if _, more := last[pid]; more {
		chain = append(chain, "...")
	}
	slices.Reverse(chain)
	return strings.Join(chain, " > ")
}

// markReferences lists what is not pinned, with what to write instead where that
// is known.
func (r Report) markReferences(b *strings.Builder) {
	var lines []string
	for _, a := range r.Seen.Actions {
		if a.RefPinned {
			continue
		}
		repository, version, _ := strings.Cut(a.ActionRef, "@")
		line := "# " + a.ActionRef + ": resolve it with cilock refs --resolve online"
		if a.ResolvedSHA != "" {
			line = fmt.Sprintf("uses: %s@%s # %s", repository, a.ResolvedSHA, version)
		}
		lines = append(lines, plainLine(line))
	}
	if len(lines) == 0 {
		return
	}
	slices.Sort(lines)
	fmt.Fprintf(b, "**Not pinned%s**: write\n\n```yaml\n", of(summaryReferences, len(lines)))
	for _, l := range lines[:min(summaryReferences, len(lines))] {
		b.WriteString(l + "\n")
	}
	b.WriteString("```\n\n")
}

// plainLine is a line for a block of code: references hold untrusted text, and
// nothing in it may end the block.
func plainLine(s string) string {
	return strings.ReplaceAll(oneLine(s, summaryText), "`", "'")
}

// destination is one place that the step reached.
type destination struct{ name, address string }

func (r Report) markDestinations(b *strings.Builder) {
	seen := map[destination]map[int]bool{}
	for _, n := range r.Seen.Network {
		if n.Address == "" || n.Syscall != "connect" && n.Syscall != "send" {
			continue // somebody else's way in is no destination
		}
		d := destination{cmp.Or(n.SNI, strings.Join(n.Names, ", ")), n.Address}
		if n.Port != 0 {
			d.address += ":" + strconv.Itoa(int(n.Port))
			if strings.Contains(n.Address, ":") {
				d.address = fmt.Sprintf("[%s]:%d", n.Address, n.Port)
			}
		}
		if seen[d] == nil {
			seen[d] = map[int]bool{}
		}
		seen[d][n.ProcessID] = true
	}
	if len(seen) == 0 {
		return
	}
	all := make([]destination, 0, len(seen))
	for d := range seen {
		all = append(all, d)
	}
	slices.SortFunc(all, func(a, b destination) int {
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.address, b.address))
	})
	b.WriteString("**Destinations**\n\n| name | address | processes |\n|---|---|---|\n")
	for _, d := range all[:min(summaryDestinations, len(all))] {
		fmt.Fprintf(b, "| %s | %s | %d |\n", sink.EscapeMarkdown(oneLine(cmp.Or(d.name, "-"), 200)), sink.Code(oneLine(d.address, 200)), len(seen[d]))
	}
	if more := len(all) - summaryDestinations; more > 0 {
		fmt.Fprintf(b, "| and %d more | | |\n", more)
	}
	b.WriteString("\n")
}

func (r Report) markProof(b *strings.Builder) {
	fmt.Fprintf(b, "**Proof**: policy %s; secrets: %s\n\n", sink.EscapeMarkdown(r.Plan.Judge.fact()), sink.EscapeMarkdown(r.secretsFact()))
	if len(r.Files) == 0 {
		b.WriteString("There is no evidence on disk.\n\n")
		return
	}
	for _, line := range r.subjectLines() {
		fmt.Fprintf(b, "- %s\n", sink.EscapeMarkdown(line))
	}
	fmt.Fprintf(b, "- evidence: %s\n", sink.Code(r.Files[0]))
	if command := r.verifyCommand(); plainLine(command) == command {
		fmt.Fprintf(b, "\n```sh\n%s\n```\n\n", command)
	} else { // to be copied it would have to be what it is
		fmt.Fprintf(b, "- verify with: %s\n\n", sink.Code(command))
	}
}
