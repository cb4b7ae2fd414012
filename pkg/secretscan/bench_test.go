package secretscan

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"testing"
	"time"
)

// log makes n bytes of what a build prints.
func plainLog(n int) []byte {
	var b bytes.Buffer
	for i := uint32(0); b.Len() < n; i++ {
		fmt.Fprintf(&b, "2026-01-02T03:04:05.%07dZ #%d compile pkg/mod%d/file_%d.go (%d ms): ok, key %s\n", i, i%50, i%97, i, i%1000, fake(i, 12)[4:])
	}
	return b.Bytes()[:n]
}

// BenchmarkWriter reports, beside MB/s, the rate as a multiple of SHA-256 over the same bytes in the same run.
func BenchmarkWriter(b *testing.B) {
	text := plainLog(8 << 20)
	for _, n := range []int{0, 1, 20, 200} {
		b.Run(fmt.Sprintf("secrets=%d", n), func(b *testing.B) {
			var environ []string
			for i := range uint32(n) {
				environ = append(environ, fmt.Sprintf("T%d_TOKEN=%s", i, fake(i+1000, 70)[4:20+i%50]))
			}
			r := NewRedactor(environ, Options{})
			w := r.Writer(io.Discard)
			b.SetBytes(int64(len(text)))
			var hashing time.Duration
			b.ResetTimer()
			for range b.N {
				for rest := text; len(rest) > 0; rest = rest[min(32<<10, len(rest)):] {
					w.Write(rest[:min(32<<10, len(rest))])
				}
				b.StopTimer()
				start := time.Now()
				sha256.Sum256(text)
				hashing += time.Since(start)
				b.StartTimer()
			}
			b.ReportMetric(hashing.Seconds()/b.Elapsed().Seconds(), "x-sha256")
			b.ReportMetric(float64(len(r.index.needles)), "needles")
		})
	}
}

func BenchmarkNewRedactor(b *testing.B) {
	var environ []string
	for i := range uint32(20) {
		environ = append(environ, fmt.Sprintf("T%d_TOKEN=%s", i, fake(i, 40)))
	}
	environ = append(environ, "SSH_KEY="+fakePEM())
	for b.Loop() {
		NewRedactor(environ, Options{})
	}
}

func BenchmarkRedactString(b *testing.B) {
	r := NewRedactor([]string{"A_TOKEN=" + fake(1, 40), "SSH_KEY=" + fakePEM()}, Options{})
	for b.Loop() {
		r.RedactString("/usr/share/some/path/to/a/file/name.go")
	}
}

func manyValues(n int) []Value {
	var list []Value
	for i := range uint32(n) {
		size := 16 + i%60
		if i%20 == 0 {
			size = 1700
		}
		list = append(list, Value{fmt.Sprintf("T%d_TOKEN", i), fake(i+1000, int(size)+4)[4:]})
	}
	return list
}

func BenchmarkNewValues(b *testing.B) {
	list := manyValues(200)
	for b.Loop() {
		NewValues(list)
	}
}

// BenchmarkValuesFind is of plain values, as in every node, and of all forms, as at the top.
func BenchmarkValuesFind(b *testing.B) {
	text := plainLog(8 << 20)
	for _, n := range []int{1, 20, 200} {
		v := NewValues(manyValues(n))
		for name, encoded := range map[string]bool{"node": false, "top": true} {
			b.Run(fmt.Sprintf("values=%d/%s", n, name), func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				for b.Loop() {
					v.Find(text, encoded, func(h Hit) bool { b.Fatal(h); return false })
				}
				b.ReportMetric(float64(len(v.forms.needles)), "needles")
			})
		}
	}
}

// BenchmarkStart is what a run pays before it has scanned anything: the rules, and the canary that proves them.
func BenchmarkStart(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		s, err := NewScanner(ScanOptions{})
		if err != nil {
			b.Fatal(err)
		}
		s.Result()
	}
}
