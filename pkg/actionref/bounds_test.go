package actionref

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// TestBounds: files made to take time or memory end, with a problem where the
// runner would refuse them, and never as a clean file without references.
func TestBounds(t *testing.T) {
	repeat := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	head := "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n"
	for name, c := range map[string]struct {
		src     string
		uses    int
		problem string // part of one; empty: none at all
	}{
		"10,000 uses":         {head + repeat(10_000, "      - uses: a/b%d@v1\n"), 10_000, ""},
		"20,000 uses":         {head + repeat(20_000, "      - uses: a/b%d@v1\n"), 20_000, "more than 50000 parts"},
		"one line":            {"jobs: {a: {steps: [" + repeat(20_000, "{uses: 'a/文%[1]d@v1'}, {uses: a/b%[1]d@v1},") + "]}}\n", 40_000, "more than 50000 parts"},
		"one line, few parts": {"jobs: {a: {steps: [{run: '" + strings.Repeat("文", 1<<19) + "'}" + repeat(5_000, ",{uses: a/b%d@v1}") + "]}} # " + strings.Repeat("x", 1<<19), 5_000, ""},
		"too large":           {head + "      - uses: a/b@v1\n" + strings.Repeat("#", MaxFile), 0, "larger than"},
		"as large as allowed": {head + "      - uses: a/b@v1 # v1\n#" + strings.Repeat("x", MaxFile-len(head)-len("      - uses: a/b@v1 # v1\n#")), 1, ""},
		"deep lists":          {head + "      - uses: a/b@v1\n        with: " + strings.Repeat("[", 5_000) + strings.Repeat("]", 5_000) + "\n", 1, "nested deeper"},
		"too deep for YAML":   {head + "      - uses: a/b@v1\n        with: " + strings.Repeat("[", 100_000) + "\n", 0, "YAML error"},
		"deep parallel steps": {head + "      - " + strings.Repeat("{parallel: [", 200) + "{uses: a/b@v1}" + strings.Repeat("]}", 200) + "\n", 0, "nested deeper"},
		"merge bomb":          {"on: push\nx0: &x0 {uses: a/b@v1}\n" + repeat(30, "y%[1]d: &y%[1]d {<<: [*x0, *x0, *x0]}\n") + mergeChain(30) + "jobs: {a: {steps: [{<<: *m29}]}}\n", 1, "merge keys"},
		"alias in a list":     {"on: push\nx: &x [" + strings.Repeat("a,", 1000) + "]\ny: [" + strings.Repeat("*x,", 1000) + "]\njobs: {a: {steps: [{uses: a/b@v1}]}}\n", 1, "more than 50000 parts"},
		"step replayed":       {"on: push\njobs:\n  a: &a\n    steps:\n" + repeat(100, "      - uses: a/b%d@v1\n") + repeat(200, "  b%d: *a\n"), 100, "more than 50000 parts"},
		"many anchors":        {head + repeat(5_000, "      - uses: &x a/b%d@v1\n      - uses: *x\n"), 5_000, ""},
		"one anchor's name":   {head + strings.Repeat("      - &x {uses: a/b@v1}\n      - *x\n", 100_000), maxUses, "more than 50000 parts"},
		"too many uses":       {"jobs: {a: {steps: [" + strings.Repeat("{uses: a/b@v1},", 60_000) + "]}}\n", maxUses, "more than 50000 references"},
		"many problems":       {head + repeat(5_000, "      - {%[1]d: 1, %[1]d: 2}\n"), 0, "the rest is not listed"},
		"many bad bytes":      {head + strings.Repeat("      - uses: a/b\xff@v1\n", 5_000), 5_000, "not valid UTF-8"},
		"expressions":         {head + "      - run: '" + strings.Repeat("${{ github.head_ref }}", 20_000) + "'\n", 0, ""},
		"long key":            {head + "      - " + strings.Repeat("k", 1<<20) + ": x\n", 0, ""},
		"tags":                {head + "      - uses: " + strings.Repeat("!!str ", 3) + "a/b@v1\n", 0, "YAML error"},
		"NUL bytes":           {strings.Repeat("\x00", 1<<16), 0, "control character"},
		"line ends":           {head + strings.Repeat("\r", 1<<19) + strings.Repeat("\u2028", 1<<17) + "\n      - uses: a/b@v1\n", 1, ""},
		"quotes":              {head + "      - uses: \"" + strings.Repeat(`\"`, 1<<18) + "\"\n", 1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := Find([]byte(c.src))
			checkFile(t, []byte(c.src), f)
			if len(f.Uses) != c.uses {
				t.Errorf("%d uses, want %d", len(f.Uses), c.uses)
			}
			said := false
			for _, p := range f.Problems {
				said = said || c.problem != "" && strings.Contains(p.Why, c.problem)
			}
			if said != (c.problem != "") || c.problem == "" && len(f.Problems) > 0 {
				t.Errorf("%d problems, want one with %q: %.300v", len(f.Problems), c.problem, f.Problems)
			}
		})
	}
}

// mergeChain doubles a mapping n times by merge keys.
func mergeChain(n int) string {
	var b strings.Builder
	b.WriteString("m0: &m0 {<<: [*x0, *x0]}\n")
	for i := 1; i < n; i++ {
		fmt.Fprintf(&b, "m%d: &m%d {<<: [*m%d, *m%d]}\n", i, i, i-1, i-1)
	}
	return b.String()
}

// TestPinMany: pinning a file of many references keeps every other byte.
func TestPinMany(t *testing.T) {
	src := workflowOf(5_000)
	pins := pinAll(Find(src))
	got, refused := Pin(src, pins)
	if err := checkPinned(src, got, pins, refused); err != nil || len(refused) > 0 || bytes.Equal(src, got) {
		t.Error(len(refused), err)
	}
}
