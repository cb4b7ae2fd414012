package refs

import "fmt"

// Lines are the facts for people, one a line: the verdict, what was looked at,
// the findings, what was not checked, and what to do next. They hold untrusted
// text, which the sink makes harmless.
func Lines(r Report, findings []Finding) []string {
	lines := []string{fmt.Sprintf("verdict: %s", Verdict(findings)), counted(r)}
	for _, f := range findings {
		lines = append(lines, f.String())
	}
	if !r.Resolved {
		lines = append(lines, "not checked: whether commits belong to the repositories they are named with (give --resolve online)")
	}
	for _, text := range r.NotFollowed {
		lines = append(lines, "not checked: "+text)
	}
	return append(lines, next(r, findings))
}

// String is the finding on one line, with its place as compilers print it.
func (f Finding) String() string {
	if f.File == "" { // nothing in a file leads there
		return fmt.Sprintf("%s: %s", f.Level, f.Text())
	}
	place := fmt.Sprintf("%s:%d", f.File, f.Line)
	if f.Col > 0 {
		place += fmt.Sprintf(":%d", f.Col)
	}
	return fmt.Sprintf("%s: %s: %s", f.Level, place, f.Text())
}

// Text is what the finding says, without its place.
func (f Finding) Text() string { return joined(f.Rule+": "+f.Message, f.Fix) }

func counted(r Report) string {
	if r.Files == 0 {
		return "files: no workflow and no action was read"
	}
	c := r.counts()
	text := fmt.Sprintf("files: %d read; references: %d, pinned: %d", r.Files, c.references, c.pinned)
	if c.local > 0 {
		text += fmt.Sprintf(", of the workspace: %d", c.local)
	}
	if rest := c.references - c.pinned - c.local; rest > 0 {
		text += fmt.Sprintf(", not pinned: %d", rest)
	}
	return text
}

func next(r Report, findings []Finding) string {
	switch {
	case len(findings) > 0 && findings[0].Level == Error:
		return "next: correct the errors, then look again: what stands behind an error may not have been read"
	case len(findings) > 0:
		return "next: do what each warning proposes; --fail-on warning keeps it so"
	case !r.Resolved:
		return "next: --resolve online also proves whose commits they are"
	}
	return "next: nothing to do"
}
