package oracle

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/org/cilock-action/pkg/actionref"
)

// place is a reference where a reader saw it. How often it is executed is not
// compared: neither oracle counts.
type place struct {
	Kind      string // step, job or container
	Value     string
	Line, Col int
}

func (p place) String() string { return fmt.Sprintf("%d:%d %s %q", p.Line, p.Col, p.Kind, p.Value) }

// workflow is a file that both sides read.
type workflow struct {
	name, path string
	src        []byte
	found      map[place]bool
	ends       map[place]int // column behind the reference, where it is written in one piece
}

// workflows are the case files that are workflows, and our own.
func workflows(t *testing.T) []workflow {
	t.Helper()
	cases, _ := filepath.Glob("../../pkg/actionref/testdata/cases/*.yml")
	own, _ := filepath.Glob("../../.github/workflows/*.yml")
	if len(cases) < 40 || len(own) == 0 {
		t.Fatalf("%d cases and %d workflows of our own", len(cases), len(own))
	}
	var list []workflow
	for _, path := range slices.Concat(cases, own) {
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f := actionref.Find(src)
		if f.Kind == actionref.Action {
			continue
		}
		w := workflow{strings.TrimSuffix(filepath.Base(path), ".yml"), path, src, map[place]bool{}, map[place]int{}}
		for _, u := range f.Uses {
			p := place{string(u.Place), u.Ref.Text(), u.Line, u.Col}
			w.found[p] = true
			if u.Span.Start < u.Span.End {
				w.ends[p] = endOf(src, u.Span)
			}
		}
		list = append(list, w)
	}
	return list
}

// endOf is the column, in characters from 1, behind a reference and its quote.
func endOf(src []byte, s actionref.Span) int {
	before := bytes.TrimRight(src[:s.Start], " \t")
	after := len(src) - len(bytes.TrimLeft(src[s.End:], " \t"))
	end := s.End
	if quote := before[len(before)-1]; after < len(src) && src[after] == quote && (quote == '"' || quote == '\'') {
		end = after + 1
	}
	line := 1 + bytes.LastIndexAny(src[:s.Start], "\r\n")
	return 1 + utf8.RuneCount(src[line:end])
}

// compare fails if a reader disagrees and the table does not say why, or the
// table says so and it does not.
func (w workflow) compare(t *testing.T, theirs map[place]bool, table map[string]string) {
	t.Helper()
	var lines []string
	for p := range w.found {
		if !theirs[p] {
			lines = append(lines, "only ours:   "+p.String())
		}
	}
	for p := range theirs {
		if !w.found[p] {
			lines = append(lines, "only theirs: "+p.String())
		}
	}
	slices.Sort(lines)
	why, known := table[w.name]
	switch {
	case len(lines) > 0 && !known:
		t.Errorf("%s: they disagree\n\t%s", w.name, strings.Join(lines, "\n\t"))
	case len(lines) == 0 && known:
		t.Errorf("%s: they agree now; the table says %q", w.name, why)
	case known:
		t.Logf("%s: %s (%d places)", w.name, why, len(lines))
	}
}

// checkTable: every entry is about a file that exists.
func checkTable(t *testing.T, list []workflow, table map[string]string) {
	t.Helper()
	for name := range maps.Keys(table) {
		if !slices.ContainsFunc(list, func(w workflow) bool { return w.name == name }) {
			t.Errorf("the table is about %s, which is no case", name)
		}
	}
}

// answer is what an oracle prints for one file.
type answer struct {
	File string `json:"file"`
	Read bool   `json:"read"`
	Uses []struct {
		Place   string `json:"place"`
		Value   string `json:"value"`
		Line    int    `json:"line"`
		Col     int    `json:"col"`
		EndLine int    `json:"endLine"` // 0: the oracle does not say
		EndCol  int    `json:"endCol"`
	} `json:"uses"`
}

// compareAll asks an oracle about all files but those it is not asked about.
func compareAll(t *testing.T, list []workflow, table, unasked map[string]string, ask func(paths []string) []byte) {
	t.Helper()
	checkTable(t, list, table)
	checkTable(t, list, unasked)
	var asked []workflow
	var paths []string
	for _, w := range list {
		if _, no := unasked[w.name]; !no {
			path, err := filepath.Abs(w.path)
			if err != nil {
				t.Fatal(err)
			}
			asked, paths = append(asked, w), append(paths, path)
		}
	}
	var answers []answer
	if err := json.Unmarshal(ask(paths), &answers); err != nil || len(answers) != len(asked) {
		t.Fatalf("%d answers for %d files: %v", len(answers), len(asked), err)
	}
	read := 0
	for i, a := range answers {
		if !a.Read {
			continue
		}
		read++
		theirs := map[place]bool{}
		for _, u := range a.Uses {
			p := place{u.Place, strings.Trim(u.Value, " \t\r\n"), u.Line, u.Col}
			theirs[p] = true
			if end := asked[i].ends[p]; end > 0 && u.EndLine == u.Line && u.EndCol != end {
				t.Errorf("%s: %v ends in column %d, and theirs in %d", asked[i].name, p, end, u.EndCol)
			}
		}
		asked[i].compare(t, theirs, table)
	}
	t.Logf("read %d of %d files", read, len(asked))
	if read < 30 {
		t.Error("the oracle reads almost nothing")
	}
}

// run runs an oracle in dir and returns what it prints.
func run(t *testing.T, dir string, command ...string) ([]byte, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), runTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Dir, cmd.WaitDelay = dir, 5*time.Second
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s in %s: %w\n%s", command[0], dir, err, stderr.String())
	}
	return out, nil
}

// runTimeout bounds one command: building a tool or downloading four packages.
const runTimeout = 3 * time.Minute
