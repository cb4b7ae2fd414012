package secretscan

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"testing"
)

// corpusCase is one line of the corpus. All secrets in it were generated.
type corpusCase struct {
	Kind, Encoding string
	Rule           bool // a rule of Gitleaks knows the kind
	Needle         string
	Data           []byte
}

func corpus(t *testing.T) (cases []corpusCase) {
	t.Helper()
	f, err := os.Open("testdata/corpus.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var c corpusCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		cases = append(cases, c)
	}
	if lines.Err() != nil || len(cases) == 0 {
		t.Fatal(len(cases), lines.Err())
	}
	return cases
}

// found reports whether anything was found, whether that was the needle itself,
// by its digest, and whether it was a value that the scanner was told, or a part
// of one: a password in a URL, the lines of a key.
func found(t *testing.T, c corpusCase, values *Values) (some, exact, value bool) {
	t.Helper()
	key := bytes.Repeat([]byte("k"), MinDigestKey)
	s, err := NewScanner(ScanOptions{DigestKey: key, Values: values})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Scan(t.Context(), "x", bytes.NewReader(c.Data)); err != nil {
		t.Fatal(err)
	}
	sum := hmac.New(sha256.New, key)
	sum.Write([]byte(c.Needle))
	r := s.Result()
	digest := hex.EncodeToString(sum.Sum(nil))
	return len(r.Findings) > 0,
		slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Digest == digest }),
		slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.RuleID == RuleValue })
}

// TestRecall: of the kinds that a rule knows 95 % are found, 80 % in each
// encoding, and with the value at hand 99.5 % of all. The table is printed.
func TestRecall(t *testing.T) {
	type row struct{ known, some, exact, all, value int }
	rows, total := map[string]*row{}, &row{}
	for _, c := range corpus(t) {
		r := rows[c.Encoding]
		if r == nil {
			r = &row{}
			rows[c.Encoding] = r
		}
		for _, sum := range []*row{r, total} {
			sum.all++
		}
		some, exact, _ := found(t, c, nil)
		_, _, value := found(t, c, NewValues([]Value{{"SECRET", c.Needle}}))
		for _, sum := range []*row{r, total} {
			if c.Rule {
				sum.known++
				sum.some += count(some)
				sum.exact += count(exact)
			}
			sum.value += count(value)
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
