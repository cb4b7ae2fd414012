package secretscan

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/org/cilock-action/pkg/secretscan/internal/decode"
	"github.com/org/cilock-action/pkg/secretscan/internal/rules"
)

// token looks like one of GitHub's; nobody issued it.
func token(seed uint32) string { return "ghp_" + fake(seed, 36) }

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func scanner(t testing.TB, o ScanOptions) *Scanner {
	t.Helper()
	if o.DigestKey == nil {
		o.DigestKey = []byte("a key for tests only")
	}
	s, err := NewScanner(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// scan is the result of scanning one text, and checks that no part of any secret in it is in the result.
func scan(t testing.TB, o ScanOptions, text string, secrets ...string) Result {
	t.Helper()
	s := scanner(t, o)
	if err := s.Scan(t.Context(), "log", strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	r := s.Result()
	out, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range secrets {
		if bytes.Contains(out, []byte(secret[4:min(len(secret), 12)])) {
			t.Errorf("the result has part of %q: %s", secret, out)
		}
	}
	if !r.Canary {
		t.Error("the canary was not found")
	}
	return r
}

// brief is what tests compare of findings.
func brief(r Result) (out []string) {
	for _, f := range r.Findings {
		out = append(out, fmt.Sprintf("%s %s %s %d:%d x%d %v", f.RuleID, f.Tier, f.Source, f.Line, f.Offset, f.Count, f.EncodingPath))
	}
	return out
}

func wantFindings(t testing.TB, r Result, want ...string) {
	t.Helper()
	if got := brief(r); !reflect.DeepEqual(got, want) && len(got)+len(want) > 0 {
		t.Errorf("findings\n got %q\nwant %q", got, want)
	}
}

// TestScan: one finding for each secret, at its first place, and none that repeats another.
func TestScan(t *testing.T) {
	one, two, value := token(1), token(2), fake(3, 24)
	values := NewValues([]Value{{"MY_TOKEN", value}})
	for name, c := range map[string]struct {
		text string
		o    ScanOptions
		want []string
	}{
		"clean":             {"nothing here\n", ScanOptions{}, nil},
		"empty":             {"", ScanOptions{}, nil},
		"plain":             {"a\nb " + one + "\n", ScanOptions{}, []string{"github-pat high log 2:4 x1 []"}},
		"repeated":          {one + "\n" + two + "\n" + one, ScanOptions{}, []string{"github-pat high log 1:0 x2 []", "github-pat high log 2:41 x1 []"}},
		"base64":            {"a\n" + b64("GH="+one) + "\n", ScanOptions{}, []string{"github-pat high log 2:2 x1 [base64]"}},
		"plain and base64":  {b64("GH="+one) + "\n" + one, ScanOptions{}, []string{"github-pat high log 1:0 x2 [base64]"}},
		"three layers":      {b64(b64(b64("xx"+one)+"==") + ".."), ScanOptions{}, []string{"github-pat high log 1:0 x1 [base64 base64 base64]"}},
		"too deep":          {b64(b64("xx"+one) + "=="), ScanOptions{Depth: 1}, nil},
		"no decoding":       {b64("xx" + one), ScanOptions{Depth: NoDecoding}, nil},
		"value":             {"x\n" + value, ScanOptions{Values: values}, []string{"environment-value high log 2:2 x1 []"}},
		"value that is key": {"token=" + value + " key=" + value, ScanOptions{Values: values}, []string{"environment-value high log 1:6 x2 []"}},
		"value, encoded":    {"key: " + b64(b64(value)+"=="), ScanOptions{Values: values}, []string{"environment-value high log 1:5 x1 [base64 base64]"}},
		"value in two":      {value[:12] + "\n" + value[12:], ScanOptions{Values: values}, []string{"environment-value high log 1:0 x1 [split]"}},
		"low":               {"api_key = " + fake(9, 34)[4:], ScanOptions{}, []string{"generic-api-key low log 1:10 x1 []"}},
		"low of encoded":    {"api_key = " + b64("GH="+one) + " api_key = " + b64("GH="+one), ScanOptions{}, []string{"github-pat high log 1:10 x1 [base64]"}},
		"high of low":       {"api_key = " + one, ScanOptions{}, []string{"github-pat high log 1:10 x1 []"}},
		"broken line":       {"T=" + one[:20] + "\n" + one[20:] + "\n" + strings.Repeat("lorem ", 3) + "lore\n", ScanOptions{}, []string{"github-pat high log 1:0 x1 [unwrapped]"}},
		"a line's end":      {"T=" + one + "\nabcdefgh0123\n" + strings.Repeat("lorem ", 7), ScanOptions{}, []string{"github-pat high log 1:2 x1 []"}},
		"inline allow":      {one + " gitleaks:allow\n", ScanOptions{}, []string{"github-pat high log 1:0 x1 []"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := scan(t, c.o, c.text, one, two, value)
			wantFindings(t, r, c.want...)
			if r.Incomplete || r.ScannedBytes != int64(len(c.text)) || r.Sources != 1 {
				t.Errorf("%d bytes of %d sources, gaps %q", r.ScannedBytes, r.Sources, r.Gaps)
			}
		})
	}
}

func TestFindingSaysWhatItIs(t *testing.T) {
	value := fake(3, 24)
	r := scan(t, ScanOptions{Values: NewValues([]Value{{"MY_TOKEN", value}})}, value, value)
	f := r.Findings[0]
	other := scan(t, ScanOptions{Values: NewValues([]Value{{"MY_TOKEN", value}}), DigestKey: []byte("another key of tests")}, value)
	if f.Description != "The value of MY_TOKEN." || f.Length != 24 || len(f.Digest) != 64 || f.Digest == other.Findings[0].Digest {
		t.Errorf("%+v, with another key %s", f, other.Findings[0].Digest)
	}
}

// TestBorders plants secrets around each border between windows, plain and encoded: each is found once, with its count.
func TestBorders(t *testing.T) {
	sizes := windowSizes{fresh: 64 << 10, archive: 1 << 20, carry: 48 << 10, overlap: 4 << 10}
	for name, filler := range map[string]func() string{
		"lines":    func() string { return "some words of a log line, of no interest\n" },
		"one line": func() string { return "some words without an end. " },
		"base64":   func() string { return b64(strings.Repeat("plain text. ", 5)) },
	} {
		for _, border := range []int{sizes.fresh - sizes.overlap - 40, sizes.fresh - sizes.overlap/2 - 20, sizes.fresh - 20, sizes.fresh + headSize - 20, sizes.fresh + headSize} {
			for i, secret := range []string{" " + token(1) + " ", " " + b64("GH="+token(1)) + " "} {
				line := filler()
				text := strings.Repeat(line, border/len(line)) + "."
				text = text[:len(text)-len(line)] + strings.Repeat(".", border-len(text)+len(line)) + secret
				at := len(text) - len(secret) + 1
				text += strings.Repeat(line, 2*sizes.fresh/len(line))
				s := scanner(t, ScanOptions{})
				s.sizes = sizes
				if err := s.Scan(t.Context(), "log", strings.NewReader(text)); err != nil {
					t.Fatal(err)
				}
				r := s.Result()
				if len(r.Findings) != 1 || r.Findings[0].Count != 1 || r.Findings[0].Offset != int64(at) || len(r.Findings[0].EncodingPath) != i ||
					r.Findings[0].Line != 1+strings.Count(text[:at], "\n") || r.ScannedBytes != int64(len(text)) {
					t.Errorf("%s, border %d, secret %d at %d: %q", name, border, i, at, brief(r))
				}
			}
		}
	}
}

// TestLongRun: what is encoded in one piece is decoded in one piece, across the end of a window.
func TestLongRun(t *testing.T) {
	sizes := usualWindows()
	blob := b64(strings.Repeat("plain text, and no secret. ", 12_000) + token(1) + strings.Repeat(" more of it.", 3000))
	var wrapped strings.Builder
	for s := blob; len(s) > 0; s = s[min(76, len(s)):] {
		wrapped.WriteString(s[:min(76, len(s))] + "\n")
	}
	for _, before := range []int{0, sizes.fresh - 400_000, sizes.fresh - 100_000, sizes.fresh - 1000} {
		text := strings.Repeat("a line\n", before/7) + "blob " + blob + "\n" + strings.Repeat("a line\n", 200_000)
		var longest int
		s := scanner(t, ScanOptions{})
		s.decode = func(text []byte, b *decode.Budget, each func(decode.Child)) {
			decode.Children(text, b, func(c decode.Child) { longest = max(longest, len(c.Data)); each(c) })
		}
		if err := s.Scan(t.Context(), "log", strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
		if r := s.Result(); longest != len(blob)/4*3-strings.Count(blob, "=") || len(r.Findings) != 1 || r.Findings[0].Count != 1 {
			t.Errorf("%d before: decoded %d bytes of %d, findings %q", before, longest, len(blob)/4*3, brief(r))
		}
	}
	window := []byte(strings.Repeat("words of a log. \n", 40_000) + wrapped.String()[:300_000/77*77])
	if c := usualWindows().plan(window, false); c.child != len("words of a log. \n")*40_000 || c.start > c.child {
		t.Errorf("wrapped text from %d on is cut: %+v", len("words of a log. \n")*40_000, c)
	}
}

// TestSplits: a secret is found however a stream is cut into reads and writes.
func TestSplits(t *testing.T) {
	text := "a line\nGH=" + token(1) + "\nand " + b64("GH="+token(2)) + " it\n"
	want := brief(scan(t, ScanOptions{}, text))
	if len(want) != 2 {
		t.Fatalf("findings %q", want)
	}
	s := scanner(t, ScanOptions{})
	for cut := range len(text) + 1 {
		w := s.Writer(fmt.Sprint(cut))
		for _, part := range []string{text[:cut], text[cut:]} {
			if n, err := io.WriteString(w, part); n != len(part) || err != nil {
				t.Fatalf("cut %d: %d, %v", cut, n, err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if r := s.Result(); len(r.Findings) != 2*(len(text)+1) {
		t.Errorf("%d findings in %d streams", len(r.Findings), len(text)+1)
	}
	s = scanner(t, ScanOptions{})
	if err := s.Scan(t.Context(), "log", iotest.OneByteReader(strings.NewReader(text))); err != nil {
		t.Fatal(err)
	}
	wantFindings(t, s.Result(), want...)
}

// TestWriterIsBounded: a writer waits for the scanner rather than keep everything, and ends.
func TestWriterIsBounded(t *testing.T) {
	s := scanner(t, ScanOptions{Depth: NoDecoding})
	w := s.Writer("stdout")
	chunk := []byte(strings.Repeat("words of a log.\n", 4096))
	total := 0
	for range 200 {
		n, err := w.Write(chunk)
		if err != nil {
			t.Fatal(err)
		}
		total += n
		q := w.(*queue)
		q.mu.Lock()
		queued := cap(q.data)
		q.mu.Unlock()
		if queued > 4*maxQueued {
			t.Fatalf("%d bytes are queued", queued)
		}
	}
	for range 2 {
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Write(chunk); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("write after close: %v", err)
	}
	if r := s.Result(); r.ScannedBytes != int64(total) || r.Incomplete {
		t.Errorf("%d bytes of %d, gaps %q", r.ScannedBytes, total, r.Gaps)
	}
}

// TestAtOnce scans many sources at once; run with -race.
func TestAtOnce(t *testing.T) {
	s := scanner(t, ScanOptions{Values: NewValues([]Value{{"MY_TOKEN", fake(3, 24)}})})
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			if err := s.Scan(t.Context(), fmt.Sprint(i%10), strings.NewReader(token(1)+" "+b64("x="+fake(3, 24)))); err != nil {
				t.Error(err)
			}
			s.Result()
		})
	}
	wg.Wait()
	r := s.Result()
	if len(r.Findings) != 20 || r.Findings[0].Count != 2 || r.Sources != 20 || r.Incomplete {
		t.Errorf("%d findings of %d sources, the first %d times, gaps %q", len(r.Findings), r.Sources, r.Findings[0].Count, r.Gaps)
	}
}

// TestMemory: one line of 50 MB is scanned in bounded memory.
func TestMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("50 MB")
	}
	s := scanner(t, ScanOptions{})
	var most uint64
	n := 0
	r := io.LimitReader(readerFunc(func(p []byte) (int, error) {
		for i := range p {
			p[i] = "abcdefghijklmnop"[(n+i)%16]
		}
		if n += len(p); n/(1<<22) != (n-len(p))/(1<<22) {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
		}
		return len(p), nil
	}), 50<<20)
	if err := s.Scan(t.Context(), "log", r); err != nil {
		t.Fatal(err)
	}
	if got := s.Result(); got.ScannedBytes != 50<<20 || most > 100<<20 {
		t.Errorf("%d bytes scanned with up to %d MB, gaps %q", got.ScannedBytes, most>>20, got.Gaps)
	}
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// TestGaps: what was not looked at is said, and the result is not clean.
func TestGaps(t *testing.T) {
	var many, nested strings.Builder
	for i := range uint32(1200) {
		fmt.Fprintln(&many, token(i))
		fmt.Fprintln(&nested, b64(b64(b64(fmt.Sprintf("no. %04d", i)))))
	}
	failing := io.MultiReader(strings.NewReader("a "+token(1)+" b"), iotest.ErrReader(errors.New("disk on fire")))
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		in   io.Reader
		ctx  context.Context
		o    ScanOptions
		edit func(*Scanner)
		gap  string
		err  string
		n    int
	}{
		"read error":   {in: failing, gap: `log: read to byte 44 only`, err: "scan log: disk on fire", n: 1},
		"cancelled":    {in: strings.NewReader(strings.Repeat("x\n", 2<<20)), ctx: cancelled, gap: "log: read to byte", err: "scan log: context canceled"},
		"rule panics":  {in: strings.NewReader(b64("x " + token(1))), edit: func(s *Scanner) { s.rules = panicking{s.rules} }, gap: "log: panic of the rules"},
		"decoder dies": {in: strings.NewReader("x " + token(1)), edit: func(s *Scanner) { s.decode = func([]byte, *decode.Budget, func(decode.Child)) { panic("x") } }, gap: "log: panic of the decoders", n: 1},
		"truncated":    {in: strings.NewReader(many.String()), gap: "log: rule github-pat: too many matches, the rest was not looked at", n: 200},
		"budget":       {in: strings.NewReader(nested.String()), o: ScanOptions{Limits: Limits{Nodes: 3}}, gap: "log: base64: nodes"},
	} {
		t.Run(name, func(t *testing.T) {
			s := scanner(t, c.o)
			if c.edit != nil {
				c.edit(s)
			}
			if c.ctx == nil {
				c.ctx = t.Context()
			}
			err := s.Scan(c.ctx, "log", c.in)
			if fmt.Sprint(err) != c.err && (err != nil || c.err != "") {
				t.Errorf("error %v, want %q", err, c.err)
			}
			r := s.Result()
			if !r.Incomplete || len(r.Findings) != c.n || !strings.Contains(strings.Join(r.Gaps, "\n"), c.gap) {
				t.Errorf("%d findings, incomplete %t, gaps %q", len(r.Findings), r.Incomplete, r.Gaps)
			}
		})
	}
}

type panicking struct{ ruleEngine }

func (panicking) Find(text []byte, _ func(rules.Match) bool) []int {
	if len(text) > 3 {
		panic(fmt.Sprintf("%q", text))
	}
	return nil
}

// TestCanary: a scanner that finds nothing says so.
func TestCanary(t *testing.T) {
	for name, edit := range map[string]func(*Scanner){
		"blind": func(s *Scanner) { s.rules = blind{s.rules} },
		"no decoders": func(s *Scanner) {
			s.decode = func([]byte, *decode.Budget, func(decode.Child)) {}
		},
	} {
		s := scanner(t, ScanOptions{})
		edit(s)
		if r := s.Result(); r.Canary || !r.Incomplete || !strings.Contains(strings.Join(r.Gaps, "\n"), "canary: ") {
			t.Errorf("%s: canary %t, incomplete %t, gaps %q", name, r.Canary, r.Incomplete, r.Gaps)
		}
	}
	for _, depth := range []int{NoDecoding, 1, MaxDepth} {
		if r := scanner(t, ScanOptions{Depth: depth}).Result(); !r.Canary || r.Incomplete || len(r.Findings) != 0 || r.Sources != 0 || r.ScannedBytes != 0 {
			t.Errorf("depth %d: %+v", depth, r)
		}
	}
}

type blind struct{ ruleEngine }

func (blind) Find([]byte, func(rules.Match) bool) []int { return nil }
