package action

import (
	"cmp"
	"fmt"
	"path"
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
	summaryLost         = 10
	summaryText         = 600    // bytes of one text
	summarySize         = 55_000 // bytes of the whole, below what a Sink writes
	summaryChain        = 8      // processes of a chain, the nearest ones
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
// it. It is the same for the same run, and what is cut is counted. Where long texts
// would take the room of the end, all are shorter.
func (r Report) Markdown() (text string) {
	for _, most := range []int{summaryText, 200, 50} {
		m := &summaryPage{r: r, most: most}
		m.write()
		if text = m.String(); len(text) <= summarySize {
			break
		}
	}
	return text
}

// summaryPage is the text while it is written. A text gets in through its methods
// alone, which redact it before they spell it in another way: what is escaped no
// longer looks like the secret that is in it.
type summaryPage struct {
	strings.Builder
	r    Report
	most int // bytes of one text
}

func (m *summaryPage) write() {
	fmt.Fprintf(m, "### cilock: %s\n\n", m.fact(m.r.headline()))
	fmt.Fprintf(m, "Step %s: %s\n\n", m.code(m.r.Plan.Name), m.fact(m.r.stepFact()))
	m.findings()
	m.references()
	m.destinations()
	m.proof()
}

// short is a name, of which every character counts, and text a sentence.
func (m *summaryPage) short(s string) string { return sink.Shorten(m.r.Plan.redact(s), m.most) }

func (m *summaryPage) text(s string) string {
	return sink.EscapeMarkdown(oneLine(m.r.Plan.redact(s), m.most))
}

func (m *summaryPage) code(s string) string { return sink.Code(m.short(s)) }

// fact is text for what there is one of.
func (m *summaryPage) fact(s string) string {
	return sink.EscapeMarkdown(oneLine(m.r.Plan.redact(s), summaryText))
}

// plain is a line for a block of code: references hold untrusted text, and
// nothing in it may end the block.
func (m *summaryPage) plain(s string) string {
	return strings.ReplaceAll(oneLine(m.r.Plan.redact(s), summaryText), "`", "'")
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

func (m *summaryPage) findings() {
	findings := worstFirst(m.r.Findings)
	if len(findings) == 0 && len(m.r.Lost) == 0 {
		m.WriteString("No findings.\n\n")
		return
	}
	fmt.Fprintf(m, "**Findings%s**\n\n", of(summaryFindings, len(findings)))
	for i, f := range findings[:min(summaryFindings, len(findings))] {
		fmt.Fprintf(m, "%d. **%s** %s: expected %s, found %s\n", i+1, f.Verdict, m.code(f.Rule), m.text(f.Expected), m.text(f.Found))
		if chain := m.r.Seen.chain(f); chain != "" {
			fmt.Fprintf(m, "   - process: %s\n", m.code(chain))
		}
		if f.Fix != "" {
			fmt.Fprintf(m, "   - fix: %s\n", m.text(f.Fix))
		}
	}
	for _, l := range m.r.Lost[:min(summaryLost, len(m.r.Lost))] {
		fmt.Fprintf(m, "- **lost** %s\n", m.text(l))
	}
	if more := len(m.r.Lost) - summaryLost; more > 0 {
		fmt.Fprintf(m, "- **lost** and %d more\n", more)
	}
	m.WriteString("\n")
}

// of says how many of a list are shown, where that is not all.
func of(shown, all int) string {
	if all <= shown {
		return ""
	}
	return fmt.Sprintf(" (%d of %d, the worst first)", shown, all)
}

// chain is how the process that a finding names came to be, the outermost first.
func (s Seen) chain(f verdict.Finding) string {
	pid, ok := f.Process()
	if !ok {
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
		name := p.Comm
		if p.Program != "" { // path.Base makes a dot of nothing
			name = path.Base(p.Program)
		}
		chain = append(chain, fmt.Sprintf("%s (%d)", name, pid))
		delete(last, pid) // a chain that comes back to itself ends
		pid = p.ParentPID
	}
	if _, more := last[pid]; more {
		chain = append(chain, "...")
	}
	slices.Reverse(chain)
	return strings.Join(chain, " > ")
}

// references lists what is not pinned, with what to write instead where that
// is known.
func (m *summaryPage) references() {
	var lines []string
	for _, a := range m.r.Seen.Actions {
		if a.RefPinned {
			continue
		}
		repository, version, _ := strings.Cut(a.ActionRef, "@")
		line := "# " + a.ActionRef + ": resolve it with cilock refs --resolve online"
		if a.ResolvedSHA != "" {
			line = fmt.Sprintf("uses: %s@%s # %s", repository, a.ResolvedSHA, version)
		}
		lines = append(lines, m.plain(line))
	}
	if len(lines) == 0 {
		return
	}
	slices.Sort(lines)
	fmt.Fprintf(m, "**Not pinned%s**: write\n\n```yaml\n", of(summaryReferences, len(lines)))
	for _, l := range lines[:min(summaryReferences, len(lines))] {
		m.WriteString(l + "\n")
	}
	m.WriteString("```\n\n")
}

// destination is one place that the step reached.
type destination struct{ name, address string }

func (m *summaryPage) destinations() {
	seen := map[destination]map[int]bool{}
	for _, n := range m.r.Seen.Network {
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
	m.WriteString("**Destinations**\n\n| name | address | processes |\n|---|---|---|\n")
	for _, d := range all[:min(summaryDestinations, len(all))] {
		fmt.Fprintf(m, "| %s | %s | %d |\n", m.text(cmp.Or(d.name, "-")), m.code(d.address), len(seen[d]))
	}
	if more := len(all) - summaryDestinations; more > 0 {
		fmt.Fprintf(m, "| and %d more | | |\n", more)
	}
	m.WriteString("\n")
}

func (m *summaryPage) proof() {
	fmt.Fprintf(m, "**Proof**: policy %s; secrets: %s\n\n", m.fact(m.r.Plan.Judge.fact()), m.fact(m.r.secretsFact()))
	if len(m.r.Files) == 0 {
		m.WriteString("There is no evidence on disk.\n\n")
		return
	}
	for _, line := range m.r.subjectLines(m.short) {
		fmt.Fprintf(m, "- %s\n", sink.EscapeMarkdown(line))
	}
	fmt.Fprintf(m, "- evidence: %s\n", m.code(m.r.Files[0]))
	if command := m.r.verifyCommand(); m.plain(command) == command {
		fmt.Fprintf(m, "\n```sh\n%s\n```\n\n", command)
	} else { // to be copied it would have to be what it is
		fmt.Fprintf(m, "- verify with: %s\n\n", m.code(command))
	}
}
