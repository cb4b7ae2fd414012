package refs

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/pkg/actionref"
)

const pinnedUse = "acme/pinned@3f1c9a7be0d25486af77c41be83d90265cb1e8d4"

func workflow(uses ...string) string {
	text := "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n"
	for _, u := range uses {
		text += "      - uses: " + u + "\n"
	}
	return text
}

// summaryOf is a row as text, for comparing.
func summaryOf(r Row) string {
	return fmt.Sprintf("%s:%d:%d %s %s", r.File, r.Line, r.Col, r.Kind, r.Uses)
}

// TestScanOrder: the order is that of path, line and column, however many
// files are read at once.
func TestScanOrder(t *testing.T) {
	files := map[string]string{"zz/action.yml": "-"}
	var want []string
	for i := range 60 {
		name := fmt.Sprintf("%02d/action.yml", i)
		files[name] = "runs:\n  using: composite\n  steps:\n    - uses: a/b@v1\n    - uses: a/b@v2\n"
		want = append(want, name+":4:13 action a/b@v1", name+":5:13 action a/b@v2")
	}
	inTree(t, files)
	for range 5 {
		r := Scan(nil)
		var got []string
		for _, row := range r.Rows {
			got = append(got, summaryOf(row))
		}
		if r.Files != 61 || len(got) != 121 || !slices.Equal(got[:120], want) || r.Rows[120].Kind != actionref.KindError {
			t.Fatalf("%d files, rows are %q", r.Files, got)
		}
	}
}

// TestScanLimit: what is beyond the limit is said, and ends the reading.
func TestScanLimit(t *testing.T) {
	inTree(t, map[string]string{"a.yml": workflow("a/b@v1", "a/b@v2"), "b.yml": workflow("a/b@v3"), "c.yml": workflow("a/b@v4")})
	sources, problems := Discover([]string{"a.yml", "b.yml", "c.yml"})
	r := scan(sources, problems, actionref.Find, 2)
	if r.Files != 1 || len(r.Rows) != 3 || r.Rows[2].File != "b.yml" || r.Rows[2].Kind != actionref.KindError || !r.Rows[2].Annotate {
		t.Errorf("%d files, rows are %+v", r.Files, r.Rows)
	}
	if f := Judge(r); f[0].Rule != ruleUnread {
		t.Errorf("first finding is %+v", f[0])
	}
}

// TestScanUnread: a file that is there and cannot be read is an error row.
func TestScanUnread(t *testing.T) {
	inTree(t, map[string]string{"a.yml": workflow("a/b@v1")})
	sources, _ := Discover([]string{"a.yml"})
	sources[0].name = "gone.yml"
	r := scan(sources, nil, actionref.Find, maxRows)
	if len(r.Rows) != 1 || r.Rows[0].Kind != actionref.KindError || r.Rows[0].Line != 1 || r.Files != 0 || Judge(r)[0].Level != Error {
		t.Errorf("rows are %+v", r.Rows)
	}
}

// TestScanRow: every field of a row, from what actionref found.
func TestScanRow(t *testing.T) {
	inTree(t, map[string]string{"a.yml": ""})
	sources, _ := Discover([]string{"a.yml"})
	sha := strings.Repeat("0123456789", 4)
	find := func([]byte) actionref.File {
		return actionref.File{
			Uses: []actionref.Use{{
				Ref: actionref.Parse("Acme/Tool@v1", actionref.InStep), Place: actionref.InStep, Job: "build", Line: 3, Col: 7,
				Count: 2, Comment: "v1.2.3", Why: "reached through <<", Locked: true, LockedSHA: sha,
			}},
			Problems:   []actionref.Problem{{Line: 2, Col: 1, Why: "bad"}},
			Injections: []actionref.Injection{{Line: 9, Col: 4, Expression: "${{ x }}", Job: "build"}},
		}
	}
	r := scan(sources, nil, find, maxRows)
	row := r.Rows[1]
	want := Row{
		File: "a.yml", Line: 3, Col: 7, Uses: "Acme/Tool@v1", Kind: actionref.KindAction, Annotate: true, Count: 2, Comment: "v1.2.3",
		Why:       "reached through <<",
		Canonical: "acme/tool@v1", Job: "build", Locked: true, LockedSHA: sha, ref: row.ref,
	}
	if !reflect.DeepEqual(row, want) || row.ref.Repository() != "acme/tool" {
		t.Errorf("row is\n%+v, want\n%+v", row, want)
	}
	if p := (Row{File: "a.yml", Line: 2, Col: 1, Kind: actionref.KindError, Annotate: true, Why: "bad"}); !reflect.DeepEqual(r.Rows[0], p) {
		t.Errorf("problem is %+v", r.Rows[0])
	}
	if x := (Injection{"a.yml", 9, 4, "${{ x }}", "build"}); len(r.Injections) != 1 || r.Injections[0] != x {
		t.Errorf("injections are %+v", r.Injections)
	}
}

// TestScanNames: a name that is not UTF-8 stays tellable from others.
func TestScanNames(t *testing.T) {
	p := Problem{File: "bad\xffname.yml", Why: "x"}
	r := scan(nil, []Problem{p}, actionref.Find, maxRows)
	if name, err := filetree.PathOf(r.Rows[0].File); err != nil || name != p.File {
		t.Errorf("recorded as %q", r.Rows[0].File)
	}
}
