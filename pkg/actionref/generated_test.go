package actionref

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// fragments are steps that generated workflows are made of.
func fragments() []string {
	return []string{
		"- uses: a/b@v1", "- uses: &r a/c@v2", "- uses: *r", "- &s { uses: *r }", "- *s", "- *m", "# é",
		"- { uses: &k 'a/d@v3' , name: &n uses }", "- *n : *r", "- parallel: [ *s, *s ]", "- &k run: x",
		"- &s { parallel: [ { uses: *k }, {uses: a/e@v1 } ] }", "- env: { x: &r a/f@v9 }", "- { name: &r a/z@v1 }",
		"- ? uses\n        : >-\n          a/g@v1", "- uses: |\n          a/h@v1 # x", "- uses: |-   # v1\n          a/h@v1\n",
		"- \"${{ 'uses' }}\": a/i@v1 # v3", "- uses: ' a/j@v1 ' # TODO", "- &m\n        name: 文\n        uses: a/k@v1 # v1.2.3, x",
		"- uses: docker://alpine:3", "- uses:\n          a/l@v1", "- {uses: a/m@v1} # v4",
	}
}

// generate makes a workflow of fragments, the same for the same seed.
func generate(r *rand.Rand) []byte {
	var b strings.Builder
	b.WriteString("on: push\njobs:\n")
	steps := fragments()
	for job := range 1 + r.IntN(3) {
		fmt.Fprintf(&b, "  j%d:\n    steps:\n", job)
		for range 1 + r.IntN(6) {
			b.WriteString("      " + steps[r.IntN(len(steps))] + "\n")
		}
	}
	lineEnd := []string{"\n", "\r\n", "\r"}[r.IntN(3)]
	return []byte(strings.ReplaceAll(b.String(), "\n", lineEnd))
}

// TestGenerated: for workflows of every style mixed, the model of the runner's
// reader agrees, and every reference that can be pinned is pinned in place.
func TestGenerated(t *testing.T) {
	clean := 0
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 0))
		src := generate(r)
		f := Find(src)
		checkFile(t, src, f)
		checkModel(t, src, f)
		if len(f.Problems) == 0 {
			clean++
		}
		var pins []Pinning
		for _, u := range f.Uses {
			if u.Span.Start < u.Span.End && r.IntN(2) == 0 {
				pins = append(pins, Pinning{u, toFor(u), "v7.0.1"})
			}
		}
		got, refused := Pin(src, pins)
		if err := checkPinned(src, got, pins, refused); err != nil {
			t.Error(err)
		}
		for _, no := range refused {
			if k := no.Use.Ref.Kind(); k != KindInvalid && k != KindDynamic {
				t.Errorf("%q was refused: %s", no.Use.Ref, no.Why)
			}
		}
		if t.Failed() {
			t.Fatalf("seed %d: %q", seed, src)
		}
	}
	if clean < 500 {
		t.Errorf("only %d workflows without a problem", clean)
	}
}
