package actionref

import (
	"strings"
	"testing"
)

// TestExact: the place of the reference itself, beside quotes, other
// characters, and a BOM.
func TestExact(t *testing.T) {
	for _, test := range []struct {
		src, text string
		want      Exact
	}{
		{"a@b", "a@b", Exact{1, 1, 4}},
		{"\ufeffé: 'x@1'", "x@1", Exact{1, 5, 8}},
		{"\n\r\n\rü x@1\n", "x@1", Exact{4, 3, 6}},
		{"x: \n  日本@1", "日本@1", Exact{2, 3, 7}},
		{strings.Repeat(" ", maxColumn) + "x@1", "x@1", Exact{}},
	} {
		at := strings.Index(test.src, test.text)
		got := newLineIndex([]byte(test.src)).exact(Span{Start: at, End: at + len(test.text)})
		if got != test.want {
			t.Errorf("%.20q: %+v, want %+v", test.src, got, test.want)
		}
	}
	for _, span := range []Span{{}, {Start: 1, End: 9}, {Start: 2, End: 1}} {
		if got := newLineIndex([]byte("abc")).exact(span); got != (Exact{}) {
			t.Errorf("%v: %+v", span, got)
		}
	}
}
