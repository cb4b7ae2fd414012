package refs

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/pkg/actionref"
	"github.com/org/cilock-action/pkg/actionref/ghresolve"
	"github.com/org/cilock-action/pkg/actionref/treecheck"
)

// merge writes what was found out into the rows, and adds a row for each
// reference inside another one, at the place that leads to it.
func (r *Report) merge(g *graph) {
	first := map[string]Row{} // the row that leads to a key
	read := map[string]bool{} // files that have rows of their own
	for i := range r.Rows {
		row := &r.Rows[i]
		read[row.File] = true
		if ref := g.refs[row.key]; ref != nil {
			row.describe(ref)
			if _, known := first[row.key]; !known {
				first[row.key] = *row
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(g.refs)) {
		ref := g.refs[key]
		r.References = append(r.References, *ref)
		at, ok := first[key]
		if len(ref.Via) > 0 {
			at, ok = first[ref.Via[0]]
		}
		if len(r.Rows) >= maxRows {
			continue
		}
		if !ok || len(ref.Via) > 0 { // downloaded and named nowhere, or named inside another
			r.Rows = append(r.Rows, nestedRow(at, ref))
		}
		for _, p := range ref.problems {
			if p.Line > 0 && ref.target.inside && (read[filetree.RecordedName(path.Join(ref.target.path, "action.yml"))] ||
				read[filetree.RecordedName(path.Join(ref.target.path, "action.yaml"))]) {
				continue // the file was read on its own
			}
			r.Rows = append(r.Rows, problemRow(at, ref, p))
		}
	}
	r.NotFollowed = notFollowed(r.References)
	r.sort()
}

// nestedRow is a reference inside another action.
func nestedRow(at Row, ref *Reference) Row {
	row := Row{
		File: at.File, Line: at.Line, Col: at.Col, Uses: ref.Ref.Text(), Kind: ref.Ref.Kind(), Pinned: ref.Ref.Pinned(),
		Annotate: ref.Ref.Annotate(), Why: ref.Ref.Why(), Count: 1, Canonical: ref.Ref.Canonical(), Job: at.Job,
		Locked: ref.Locked, LockedSHA: ref.LockedSHA, Via: ref.Via, ref: ref.Ref, key: ref.Key,
	}
	row.describe(ref)
	return row
}

// problemRow is a problem in the file behind a reference.
func problemRow(at Row, ref *Reference, p actionref.Problem) Row {
	why := fmt.Sprintf("%s: %s", ref.Key, p.Why)
	if p.Line > 0 {
		why = fmt.Sprintf("in the file of %s, line %d: %s", ref.Key, p.Line, p.Why)
	}
	return Row{
		File: at.File, Line: at.Line, Col: at.Col, Kind: actionref.KindError, Annotate: true,
		Via: append(slices.Clone(ref.Via), ref.Key), Why: why,
	}
}

// describe fills in what was found out.
func (row *Row) describe(ref *Reference) {
	row.answer, row.bytes = ref.Answer, ref.Bytes
	row.ResolvedSHA, row.Reachable = ref.Answer.SHA, ref.Answer.Verdict
	row.Reason = joined(ref.Answer.Reason, ref.Bytes.Reason)
	row.TreeVerified, row.TreeSHA, row.TreeSHA256 = ref.Bytes.State, ref.Bytes.TreeID, ref.Bytes.TreeSHA256
	if v := ref.Answer.Verdict; !ref.Followed && v != "" && v != ghresolve.Missing {
		row.inside = ref.NotFollowed
	}
}

// notFollowed counts the references whose own ones are not known, by reason.
func notFollowed(all []Reference) []string {
	count := map[string]int{}
	for _, ref := range all {
		if !ref.Followed && ref.NotFollowed != "" && ref.target.hasFile() {
			count[ref.NotFollowed]++
		}
	}
	var lines []string
	for _, why := range slices.Sorted(maps.Keys(count)) {
		lines = append(lines, fmt.Sprintf("what is inside %d of the references: %s", count[why], why))
	}
	return lines
}

// Prove are the findings about where a row's commit belongs and what is on disk.
func proved(row Row, at Finding) []Finding {
	var found []Finding
	tell := func(rule, fix, format string, args ...any) {
		f := at
		f.Level, f.Rule, f.Fix = levelOf(rule), rule, fix
		f.Message = fmt.Sprintf(format, args...)
		found = append(found, f)
	}
	a := row.answer
	if a.Denied != "" {
		tell(ruleDenied, "pin another commit, and look at what this one has done", "%s is on the deny-list: %s", named(row), short(a.Denied))
		return found
	}
	switch a.Verdict {
	case ghresolve.Unreachable, ghresolve.Missing:
		tell(ruleUnreachable, "compare with the action's releases, and pin a commit of its own branches",
			"%s is %s: %s", named(row), a.Verdict, short(a.Reason))
	case ghresolve.TagObject, ghresolve.TagOnly:
		tell(ruleTag, "compare with the action's releases, and pin a commit of its own branches",
			"%s is %s: %s", named(row), a.Verdict, short(a.Reason))
	}
	if row.bytes.State == treecheck.False {
		tell(ruleMismatch, "do not run it: find out what changed the files", "%s on disk is not what its commit holds: %s", named(row), differences(row.bytes))
	}
	if ok, why := ghresolve.CheckComment(row.Comment, a); a.TagsKnown() && row.Pinned && row.Comment != "" && !ok {
		tell(ruleComment, "correct the comment, or pin the version that it names", "the comment of %s says %s: %s", named(row), row.Comment, short(why))
	}
	if a.RenamedTo != "" {
		tell(ruleRenamed, "write the new name: whoever takes the old one takes its users", "%s is now %s", named(row), short(a.RenamedTo))
	}
	if a.Archived != nil && *a.Archived {
		tell(ruleArchived, "look for the action that took its place", "%s is archived: nobody mends it", named(row))
	}
	if why := lockDiffers(row); why != "" {
		tell(ruleLock, "find out which of the two is meant, and write the lock file anew", "%s is %s", named(row), why)
	}
	if a.Ambiguous {
		tell(ruleAmbiguous, "pin the commit that you mean", "%s is both a branch (%s) and a tag (%s)", named(row), a.BranchSHA, a.TagSHA)
	}
	return found
}

// undetermined are the findings about what could not be decided: one for each
// reason, since a dead network has one reason for all.
func undetermined(rows []Row) []Finding {
	var found []Finding
	at := map[string]int{}       // reason to index in found
	first := map[string]string{} // reason as it was given
	names := map[string][]string{}
	elapsed := regexp.MustCompile(`after \d+ ms`) // in what git says of a connection
	tell := func(row Row, what, why string) {
		key := what + elapsed.ReplaceAllString(general(why, row), "")
		i, known := at[key]
		if !known {
			i, at[key], first[key] = len(found), len(found), why
			found = append(found, Finding{
				Level: levelOf(ruleUndetermined), Rule: ruleUndetermined, File: row.File, Line: row.Line, Col: row.Col,
				subject: row.Canonical, Fix: "look again with a network and a token that can read the repository",
			})
		}
		if name := named(row); !slices.Contains(names[key], name) {
			names[key] = append(names[key], name)
		}
		found[i].Message = fmt.Sprintf("%s%s could not be checked: %s", what, some(names[key]), short(first[key]))
	}
	for _, row := range rows {
		switch v := row.answer.Verdict; {
		case row.answer.Denied != "", v == "", v == ghresolve.Missing: // nobody was asked, or it is an error anyway
			continue
		case v == ghresolve.Undetermined:
			tell(row, "", row.answer.Reason)
			continue
		}
		if row.inside != "" {
			tell(row, "what is inside ", row.inside)
		}
		if row.bytes.State == treecheck.Unverified {
			tell(row, "whether the files on disk are those of ", row.bytes.Reason)
		}
	}
	return found
}

// general is a reason without what it is about, so that equal ones are known.
func general(why string, row Row) string {
	for _, name := range []string{row.ref.Repository(), row.ref.SHA()} {
		if name != "" {
			why = strings.ReplaceAll(why, name, "…")
		}
	}
	return why
}

// some names the first few and counts the rest.
func some(names []string) string {
	const most = 20
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// named is a reference and the way to it, the nearest first.
func named(row Row) string {
	if len(row.Via) == 0 {
		return short(row.Uses)
	}
	inner := slices.Clone(row.Via)
	slices.Reverse(inner)
	return fmt.Sprintf("%s (in %s)", short(row.Uses), short(strings.Join(inner, ", in ")))
}

// differences names the first few paths.
func differences(r treecheck.Result) string {
	var parts []string
	for i, d := range r.Differences {
		if i == 3 || d.Explained != "" {
			break
		}
		parts = append(parts, fmt.Sprintf("%q %s", d.Path, d.Kind))
	}
	if more := r.Total - len(parts); more > 0 && len(parts) > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", more))
	}
	return cmp.Or(strings.Join(parts, ", "), r.Reason)
}
