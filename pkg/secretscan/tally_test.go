package secretscan

import (
	"fmt"
	"testing"
)

// TestTally: what two decoders read at one place counts once, also if it is another part of the same value there, and what
// one text has twice counts twice.
func TestTally(t *testing.T) {
	at := func(node, start, end int, secret string) occurrence {
		o := occurrence{rule: "r", tier: TierLow, digest: [32]byte([]byte(fmt.Sprintf("%-32s", secret))), group: "value X", node: node, local: span{start, end}, span: span{0, 100}}
		if node == 0 {
			o.span = o.local
		}
		return o
	}
	for name, c := range map[string]struct {
		windows [][]occurrence
		want    string
	}{
		"apart":             {[][]occurrence{{at(0, 0, 10, "a"), at(0, 10, 20, "a"), at(0, 50, 60, "b")}}, "a:2 b:1 "},
		"two decoders":      {[][]occurrence{{at(1, 0, 90, "a"), at(2, 0, 91, "a"), at(3, 5, 95, "a")}}, "a:1 "},
		"parts":             {[][]occurrence{{at(1, 0, 90, "a"), at(2, 10, 20, "b"), at(2, 30, 40, "c"), at(2, 50, 60, "c")}}, "a:1 "},
		"twice in one":      {[][]occurrence{{at(1, 0, 10, "a"), at(1, 20, 30, "a"), at(2, 0, 10, "a"), at(2, 20, 30, "a")}}, "a:2 "},
		"again in the next": {[][]occurrence{{at(0, 40, 60, "a")}, {at(0, 40, 60, "a"), at(0, 70, 90, "a")}}, "a:2 "},
	} {
		src := &source{s: scanner(t, ScanOptions{}), tally: newTally(), gaps: map[string]int{}}
		st := src.strand(origin{}, src.newTap(nil))
		st.buf = make([]byte, 100)
		for _, list := range c.windows {
			src.tally.add(st, list)
		}
		got := ""
		for _, f := range src.tally.findings {
			var digest [1]byte
			fmt.Sscanf(f.Digest[:2], "%x", &digest[0])
			got += fmt.Sprintf("%c:%d ", digest[0], f.Count)
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
