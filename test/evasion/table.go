package main

import (
	"fmt"
	"io"
	"strings"
)

// print writes the verdicts as a Markdown table, a row for each event that has
// to appear, and below it what needs a sentence.
func print(w io.Writer, verdicts []Verdict, backends []string) error {
	var b strings.Builder
	b.WriteString("| trick | what must appear |")
	for _, backend := range backends {
		fmt.Fprintf(&b, " %s |", backend)
	}
	b.WriteString("\n|---|---|" + strings.Repeat("---|", len(backends)) + "\n")
	for _, v := range verdicts {
		rows(&b, v, backends)
	}
	b.WriteString("\n")
	for _, v := range verdicts {
		remarks(&b, v, backends)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// rows are the lines of the table about one trick.
func rows(b *strings.Builder, v Verdict, backends []string) {
	first := fmt.Sprintf("`%s`: %s", v.Trick.Name, v.Trick.Does)
	if v.Trick.As == "nobody" {
		first += " (as nobody)"
	}
	for i, want := range v.Trick.Wants {
		fmt.Fprintf(b, "| %s | %s |", cell(first), cell(want.What))
		for _, backend := range backends {
			fmt.Fprintf(b, " %s |", v.cell(backend, i))
		}
		b.WriteString("\n")
		first = ""
	}
}

// cell is how one event was seen under one backend, in bold if that is less
// than the table expects.
func (v Verdict) cell(backend string, i int) string {
	r, ran := v.Traced[backend]
	switch {
	case v.Refused():
		return "refused"
	case v.Problem != "":
		return "**did not work**"
	case !ran:
		return ""
	case i >= len(r.Seen):
		return "**not judged**"
	}
	seen, expected := r.Seen[i], v.Trick.Wants[i].Grades.of(r.Variant)
	switch {
	case seen.Grade > expected:
		return fmt.Sprintf("%s (better than %s)", seen.Grade, expected)
	case seen.Grade == expected:
		return seen.Grade.String()
	case r.End.code == refusedCode:
		return "did not happen"
	}
	return fmt.Sprintf("**%s**, not %s", seen.Grade, expected)
}

// remarks are refusals, problems and figures of one trick.
func remarks(b *strings.Builder, v Verdict, backends []string) {
	if v.Refused() {
		fmt.Fprintf(b, "- `%s` was %s\n", v.Trick.Name, line(v.Alone.said))
	}
	if v.Problem != "" {
		fmt.Fprintf(b, "- **`%s`** %s\n", v.Trick.Name, line(v.Problem))
	}
	for _, backend := range backends {
		r := v.Traced[backend]
		for _, problem := range r.Problems {
			fmt.Fprintf(b, "- **`%s` under %s**: %s\n", v.Trick.Name, backend, line(problem))
		}
		for _, note := range append(r.Known, r.Notes...) {
			fmt.Fprintf(b, "- `%s` under %s: %s\n", v.Trick.Name, backend, line(note))
		}
	}
}

// cell makes text fit into a cell of a table.
func cell(text string) string { return strings.ReplaceAll(line(text), "|", `\|`) }

// line puts text on one line without control characters: it holds what a trick
// printed, and file names that were made to do harm.
func line(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
}

// count says how the suite went, in a line.
func count(verdicts []Verdict, backends []string) string {
	var refused, broken int
	for _, v := range verdicts {
		if v.Refused() {
			refused++
		}
		if v.Problem != "" {
			broken++
		}
	}
	out := fmt.Sprintf("%d tricks: %d refused by this kernel, %d that do not work", len(verdicts), refused, broken)
	for _, backend := range backends {
		var ran, failed, known, better int
		for _, v := range verdicts {
			r, ok := v.Traced[backend]
			if !ok {
				continue
			}
			ran++
			if len(r.Problems) > 0 {
				failed++
			}
			if len(r.Known) > 0 {
				known++
			}
			if len(r.Better) > 0 {
				better++
			}
		}
		out += fmt.Sprintf("; %s: %d ran, %d not as the table says, %d with known shortfalls, %d better",
			backend, ran, failed, known, better)
	}
	return out
}

// failures is what makes a run of the suite fail.
func failures(verdicts []Verdict) []string {
	var out []string
	for _, v := range verdicts {
		if v.Problem != "" {
			out = append(out, v.Trick.Name+": "+v.Problem)
		}
		for backend, r := range v.Traced {
			for _, problem := range r.Problems {
				out = append(out, fmt.Sprintf("%s under %s: %s", v.Trick.Name, backend, problem))
			}
		}
	}
	return out
}
