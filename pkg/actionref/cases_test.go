package actionref

import (
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// row is an expected row of a case file: what it leaves out is not compared.
type row struct {
	Line     int     `json:"line"`
	Col      *int    `json:"col"`
	Uses     *string `json:"uses"`
	Kind     Kind    `json:"kind"`
	Pinned   *bool   `json:"pinned"`
	Annotate *bool   `json:"annotate"`
	Count    *int    `json:"count"`
	Comment  *string `json:"comment"`
	Why      *string `json:"why"`
	Form     *string `json:"canonical"`
}

// TestCases reads each case file and compares with the answers beside it: the
// same rows in the same order, no more. Rows of errors are compared by line.
func TestCases(t *testing.T) {
	files, _ := filepath.Glob("testdata/cases/*.yml")
	if len(files) < 10 {
		t.Fatalf("%d case files, want at least 10", len(files))
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".yml"), func(t *testing.T) {
			src, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(strings.TrimSuffix(name, ".yml") + ".json")
			if err != nil {
				t.Fatal(err)
			}
			var want []row
			if err := json.Unmarshal(text, &want); err != nil {
				t.Fatal(err)
			}
			file := Find(src)
			checkSpans(t, src, file)
			got := rowsOf(file)
			for i, w := range want {
				if i >= len(got) {
					t.Errorf("row missing: line %d %s", w.Line, w.Kind)
					continue
				}
				if d := w.differs(got[i]); d != "" {
					t.Errorf("row %d: %s", i, d)
				}
			}
			for i := len(want); i < len(got); i++ {
				t.Errorf("row too many: %s", encode(got[i]))
			}
		})
	}
}

func rowsOf(f File) []row {
	rows := []row{}
	for _, u := range f.Uses {
		text, pinned, annotate := u.Value, u.Ref.Pinned(), u.Ref.Annotate()
		why, form := cmp.Or(u.Why, u.Ref.Why()), u.Ref.Canonical()
		rows = append(rows, row{u.Line, &u.Col, &text, u.Ref.Kind(), &pinned, &annotate, &u.Count, &u.Comment, &why, &form})
	}
	for _, p := range f.Problems {
		rows = append(rows, row{Line: p.Line, Col: &p.Col, Kind: KindError, Why: &p.Why})
	}
	slices.SortStableFunc(rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(*a.Col, *b.Col))
	})
	return rows
}

func (w row) differs(got row) string {
	same := w.Line == got.Line && w.Kind == got.Kind
	if w.Kind != KindError {
		same = same && equal(w.Col, got.Col) && equal(w.Uses, got.Uses) && equal(w.Pinned, got.Pinned) &&
			equal(w.Annotate, got.Annotate) && equal(w.Count, got.Count) && equal(w.Comment, got.Comment) &&
			equal(w.Why, got.Why) && equal(w.Form, got.Form)
	}
	if same {
		return ""
	}
	return "found " + encode(got) + "\n\t       want  " + encode(w)
}

func equal[T comparable](want, got *T) bool { return want == nil || got != nil && *want == *got }

func encode(r row) string {
	text, _ := json.Marshal(r)
	return string(text)
}

// checkSpans: a span that is not empty is exactly the reference.
func checkSpans(t *testing.T, src []byte, f File) {
	t.Helper()
	for _, u := range f.Uses {
		s := u.Span
		if s.Start < 0 || s.End < s.Start || s.End > len(src) {
			t.Fatalf("span %v of %d bytes", s, len(src))
		}
		if s.Start < s.End && string(src[s.Start:s.End]) != u.Ref.Text() {
			t.Errorf("span of %q is %q", u.Ref.Text(), src[s.Start:s.End])
		}
	}
}
