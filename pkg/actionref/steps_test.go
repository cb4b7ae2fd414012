package actionref

import (
	"slices"
	"testing"
)

// TestSteps: which step stands where, also where it is an alias, has no id, or
// stands in another one.
func TestSteps(t *testing.T) {
	got := Find([]byte(`on: push
jobs:
  a:
    runs-on: x
    steps:
      - &one
        name: first
        id: build
        uses: o/r@v1
      - run: echo
      - *one
  b:
    runs-on: x
    steps:
      - parallel:
          - run: echo
          - {id: "in", uses: ./x}
`)).Steps
	want := []Step{
		{"a", "build", "o/r@v1", 6},
		{"a", "", "", 10},
		{"a", "build", "o/r@v1", 6},
		{"b", "", "", 16},
		{"b", "in", "./x", 17},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}
