package secretscan

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"testing"

	"github.com/org/cilock-action/pkg/secretscan/internal/corpus"
)

// findings are those of every case, by its number: of a scanner for all of them.
func findings(t *testing.T, cases []corpus.Case, o ScanOptions) map[string][]Finding {
	t.Helper()
	s, err := NewScanner(o)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range cases {
		if err := s.Scan(t.Context(), strconv.Itoa(i), bytes.NewReader(c.Data)); err != nil {
			t.Fatal(err)
		}
	}
	out := map[string][]Finding{}
	for _, f := range s.Result().Findings {
		out[f.Source] = append(out[f.Source], f)
	}
	return out
}

// TestRecall: of the kinds that a rule knows 95 % are found, 80 % in each
// encoding, and with the value at hand 99.5 % of all. The table is printed.
func TestRecall(t *testing.T) {
	type row struct{ known, some, exact, all, value int }
	cases := corpus.Read(t)
	key := bytes.Repeat([]byte("k"), MinDigestKey)
	var values []Value
	for _, c := range cases {
		if !slices.ContainsFunc(values, func(v Value) bool { return v.Text == c.Needle }) {
			values = append(values, Value{"SECRET", c.Needle})
		}
	}
	alone, told := findings(t, cases, ScanOptions{DigestKey: key}), findings(t, cases, ScanOptions{Values: NewValues(values)})
	rows, total := map[string]*row{}, &row{}
	for i, c := range cases {
		if rows[c.Encoding] == nil {
			rows[c.Encoding] = &row{}
		}
		sum := hmac.New(sha256.New, key)
		sum.Write([]byte(c.Needle))
		digest, number := hex.EncodeToString(sum.Sum(nil)), strconv.Itoa(i)
		for _, r := range []*row{rows[c.Encoding], total} {
			r.all++
			r.value += count(slices.ContainsFunc(told[number], func(f Finding) bool { return f.RuleID == RuleValue }))
			if c.Rule {
				r.known++
				r.some += count(len(alone[number]) > 0)
				r.exact += count(slices.ContainsFunc(alone[number], func(f Finding) bool { return f.Digest == digest }))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		r := rows[name]
		t.Logf("%-24s known kinds %3d of %3d (exact %3d), with the value %3d of %3d", name, r.some, r.known, r.exact, r.value, r.all)
		if r.some*100 < r.known*80 {
			t.Errorf("%s: %d of %d", name, r.some, r.known)
		}
	}
	t.Logf("all: known kinds %d of %d (exact %d), with the value %d of %d", total.some, total.known, total.exact, total.value, total.all)
	if total.some*100 < total.known*95 || total.value*1000 < total.all*995 {
		t.Errorf("known kinds %d of %d, with the value %d of %d", total.some, total.known, total.value, total.all)
	}
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}
