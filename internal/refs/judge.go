package refs

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/org/cilock-action/pkg/actionref"
)

// Level is the weight of a finding.
type Level string

// The levels.
const (
	Error   Level = "error"
	Warning Level = "warning"
)

// Finding is one thing to tell a person. Its texts are untrusted.
type Finding struct {
	Level     Level
	Rule      string // id of a rule of Rules
	File      string
	Line, Col int    // as in Row
	Message   string // one sentence; long references are cut in it
	Fix       string // what to do
	// Replace is the text that mends the finding if it takes the reference's
	// place, or empty.
	Replace string

	subject string          // what it is about, wherever that stands in the file
	exact   actionref.Exact // where the reference itself stands
}

// Judge returns the findings of a report, the worst first, then in the order of
// path, line and column.
func Judge(r Report) []Finding {
	var found []Finding
	for _, row := range r.Rows {
		found = append(found, judgeRow(row)...)
	}
	found = append(found, undetermined(r.Rows)...)
	for _, gap := range r.Gaps {
		found = append(found, Finding{
			Level: levelOf(ruleUndetermined), Rule: ruleUndetermined, subject: gap,
			Message: "not all was looked at: " + short(gap), Fix: "remove the cause, and look again",
		})
	}
	if r.Files == 0 && len(r.Rows) == 0 && !r.Job {
		found = append(found, Finding{
			Level: levelOf(ruleNothing), Rule: ruleNothing, Message: "no workflow and no action was read",
			Fix: "name a file, or a folder with .github/workflows or an action.yml",
		})
	}
	for _, x := range r.Injections {
		found = append(found, Finding{
			Level: Warning, Rule: ruleInjection, File: x.File, Line: x.Line, Col: x.Col, subject: x.Expression,
			Message: fmt.Sprintf("%s becomes part of the script: whoever chooses its text can run commands", short(x.Expression)),
			Fix:     "give it to the step as a variable under env, and use the variable in the script",
		})
	}
	slices.SortStableFunc(found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Level, b.Level), cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	return found
}

// judgeRow returns what is wrong with a row: at most that it may mean other
// bytes tomorrow, and what the resolver found.
func judgeRow(row Row) []Finding {
	at := Finding{File: row.File, Line: row.Line, Col: row.Col, subject: row.Canonical, exact: row.exact}
	switch {
	case row.Kind == actionref.KindError:
		at.Level, at.Rule, at.subject = Error, ruleRefused, row.Why
		at.Message, at.Fix = row.Why, "correct the file: what the runner refuses cannot be judged"
		if row.unread {
			at.Rule, at.Fix = ruleUnread, "make the file readable, or leave it out of the paths"
		}
		return []Finding{at}
	case row.Kind == actionref.KindInvalid:
		at.Level, at.Rule = Error, ruleInvalid
		at.Message = fmt.Sprintf("%s is no valid reference: %s", named(row), short(row.Why))
		at.Fix = "write it as owner/repo@ and a commit's 40 hex digits, or one of the other forms of uses"
		if strings.HasPrefix(strings.ToLower(row.Uses), "docker://") {
			at.Fix = "write docker:// in lower case, in a step"
		}
		return []Finding{at}
	}
	var found []Finding
	if !row.Pinned && row.Annotate {
		f := at
		f.Level, f.Rule = Warning, ruleUnpinned
		f.Message = fmt.Sprintf("%s is not pinned: %s", named(row), short(row.Why))
		if row.Count > 1 {
			f.Message += fmt.Sprintf("; it runs in %d places", row.Count)
		}
		f.Fix, f.Replace = pinned(row)
		found = append(found, f)
	}
	found = append(found, proved(row, at)...)
	return found
}

// pinned says how to pin a reference, and what to write if that is known.
func pinned(row Row) (fix, replace string) {
	if n := len(row.Via); n > 0 && strings.HasPrefix(row.Via[n-1], "./") {
		return "pin it in " + short(row.Via[n-1]), ""
	}
	if len(row.Via) > 0 {
		return fmt.Sprintf("ask the authors of %s to pin it, or use a version that does", short(row.Via[len(row.Via)-1])), ""
	}
	switch row.Kind {
	case actionref.KindAction, actionref.KindWorkflow:
		// The row's own texts: those of row.ref are not redacted.
		name, version, _ := strings.Cut(strings.Trim(row.Uses, " \t\r\n"), "@")
		if clean(row.Reachable) && row.ResolvedSHA != "" && !row.twoCommits() {
			replace = name + "@" + row.ResolvedSHA
			return "write " + replace + comment(bestTag(row.answer.Tags, version)), replace
		}
		return fmt.Sprintf("write %s@ and the 40 hex digits of the commit%s", short(name), comment(short(version))), ""
	case actionref.KindDocker, actionref.KindImage:
		name, _, _ := strings.Cut(strings.Trim(row.Uses, " \t\r\n"), "@")
		return fmt.Sprintf("add @sha256: and the digest to %s", short(name)), ""
	case actionref.KindDynamic:
		return "write the reference out: pinned steps with an if: can do the choosing", ""
	}
	return "keep the action inside the workspace, or pin its repository", ""
}

// twoCommits reports whether a branch and a tag of the same name name different
// commits, so that nobody but the author knows which one is meant.
func (row *Row) twoCommits() bool {
	return row.answer.Ambiguous && row.answer.BranchSHA != row.answer.TagSHA
}

// bestTag is the tag for the comment behind a pin: the most exact one of those
// that name the commit and begin as the reference does.
func bestTag(tags []string, version string) string {
	best := ""
	for _, tag := range tags {
		if strings.HasPrefix(tag, version) && len(tag) > len(best) {
			best = tag
		}
	}
	if best == "" && len(tags) > 0 {
		best = tags[len(tags)-1]
	}
	return best
}

func comment(version string) string {
	bare := strings.TrimPrefix(version[strings.LastIndexByte(version, '/')+1:], "v")
	if bare == "" || bare[0] < '0' || bare[0] > '9' || bare == version && !strings.Contains(bare, ".") {
		return "" // a branch, or the first digits of a commit
	}
	return " # " + version
}

// short cuts an untrusted text for a message. The row has it in full.
func short(s string) string {
	const most = 200 // characters
	n := 0
	for i := range s {
		if n++; n > most {
			return s[:i] + "…"
		}
	}
	return s
}
