package report

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/org/cilock-action/internal/sink"
)

// data is what the script shows: tables whose cells are numbers of strings, each
// of which stands in the page once.
type data struct {
	Strings []string      `json:"strings"`
	Bundles []*bundleData `json:"bundles"`

	at    map[string]int
	bytes int // of JSON, about
}

// bundleData is the data of one bundle.
type bundleData struct {
	ID    string           `json:"id"`
	Grids map[string]*grid `json:"grids"`
	// Processes are arrays of numbers, see processRow. Files are those of each,
	// as rows of the grid files.
	Processes [][]int `json:"processes"`
	Files     [][]int `json:"files"`
	Length    int     `json:"length"` // of the step, in microseconds
}

// grid is a table. Facets are the columns that can be chosen from.
type grid struct {
	Head   []string `json:"head"`
	Facets []int    `json:"facets"`
	Rows   [][]int  `json:"rows"`
	More   int      `json:"more,omitempty"` // rows that are not here
}

// Bounds of the data. Beyond them rows are counted.
const (
	maxGridRows = 150_000
	maxData     = 64 << 20 // bytes of JSON, about
	maxCell     = 600      // bytes
	perNumber   = 7        // bytes of JSON, with a comma
)

func newData() *data {
	return &data{Strings: []string{""}, at: map[string]int{"": 0}, Bundles: []*bundleData{}}
}

func (d *data) bundle(id string) *bundleData {
	b := &bundleData{ID: id, Grids: map[string]*grid{}, Processes: [][]int{}, Files: [][]int{}}
	d.Bundles = append(d.Bundles, b)
	return b
}

// text is the number of a string. It is the one way by which a text gets into the
// data, and spells hidden characters out.
func (d *data) text(s string) int { return d.textAt(s, maxCell) }

func (d *data) textAt(s string, most int) int {
	s = sink.Reveal(cutAt(s, most))
	if n, ok := d.at[s]; ok {
		return n
	}
	d.at[s] = len(d.Strings)
	d.Strings = append(d.Strings, s)
	d.bytes += jsonSize(s)
	return d.at[s]
}

// jsonSize is what a string takes in the data, quotes and comma included.
func jsonSize(s string) int {
	n := len(s) + 3
	for _, c := range []byte(s) {
		if c < 0x20 || c == '<' || c == '>' || c == '&' || c == '"' || c == '\\' {
			n += 5
		}
	}
	return n
}

// full reports whether the data has all that it may.
func (d *data) full() bool { return d.bytes > maxData }

// row adds one to g, if there is room.
func (d *data) row(g *grid, cells ...string) bool {
	if len(g.Rows) >= maxGridRows || d.full() {
		g.More++
		return false
	}
	d.bytes += perNumber * len(cells)
	row := make([]int, len(cells))
	for i, c := range cells {
		row[i] = d.text(c)
	}
	g.Rows = append(g.Rows, row)
	return true
}

// json is the data with <, >, & and the line separators escaped, so that nothing
// in it ends the element that it stands in.
func (d *data) json() ([]byte, error) {
	out, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("encode the page's data: %w", err)
	}
	return out, nil
}

// number writes a count as a cell: none is empty.
func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// processRow is an image as the script reads it.
func (d *data) processRow(p *processes, i image) []int {
	d.bytes += 14 * perNumber
	flag := 0
	if i.bad {
		flag |= 1
	}
	if i.exec {
		flag |= 2
	}
	marks := ""
	if len(i.marks) > 0 {
		marks = cut(join(i.marks...))
	}
	return []int{
		i.parent, i.pid, d.text(i.label()), d.text(i.program), d.textAt(i.line, maxText), d.text(i.cwd), i.uid,
		p.since(i.start), p.since(i.end), d.text(i.result), flag, d.text(i.digest), d.text(marks), d.text(clock(i.start)),
	}
}
