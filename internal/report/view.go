package report

import (
	"fmt"
	"iter"
	"maps"
	"slices"
)

// view is the page without its data: what can be read without a script.
type view struct {
	Title    string
	Verdict  banner
	Command  string
	Groups   []Group
	About    string // what the findings are
	Findings []findingRow
	More     int // findings that are not shown
	Bundles  []bundleView
}

// banner is the verdict in words. Mark is its class and never all there is.
type banner struct {
	Mark, Sign, Word, By string
}

// findingRow is one reason for the verdict. Chain are the processes that led to
// the one it is about.
type findingRow struct {
	Mark, Rule, Step, Expected, Found, Chain, Fix string
}

// bundleView is one piece of evidence.
type bundleView struct {
	ID, Title string
	Sections  []section
	Embedded  bool
	Name      string // of the file
	SHA256    string
}

// section is a part of a bundle. Its tables are whole without a script; a grid is
// filled in by the script from the page's data.
type section struct {
	ID, Title string
	Notes     []string
	Facts     []fact
	Tables    []table
	Grids     []gridPlace
	Raw       []raw
}

type gridPlace struct{ Bundle, Name, Title string }

type fact struct{ Name, Value string }

type table struct {
	Caption string
	Head    []string
	Rows    [][]string
	More    int // rows that are not shown
}

// raw is the JSON of an attestation that the page knows no better way to show.
type raw struct{ Title, Text string }

// maxRows bounds a table that needs no script.
const maxRows = 1100

func (t *table) add(cells ...string) {
	if len(t.Rows) == maxRows {
		t.More++
		return
	}
	for i := range cells {
		cells[i] = cut(cells[i])
	}
	t.Rows = append(t.Rows, cells)
}

// fact adds one, unless there is nothing to say.
func (s *section) fact(name, value string) {
	if value != "" {
		s.Facts = append(s.Facts, fact{cut(name), cut(value)})
	}
}

func (s *section) note(format string, args ...any) {
	s.Notes = append(s.Notes, cut(fmt.Sprintf(format, args...)))
}

func (s *section) table(t table) {
	if len(t.Rows) > 0 {
		s.Tables = append(s.Tables, t)
	}
}

func (s *section) empty() bool {
	return len(s.Notes)+len(s.Facts)+len(s.Tables)+len(s.Grids)+len(s.Raw) == 0
}

// sorted goes over a map by its keys.
func sorted[V any](m map[string]V) iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		for _, key := range slices.Sorted(maps.Keys(m)) {
			if !yield(key, m[key]) {
				return
			}
		}
	}
}
