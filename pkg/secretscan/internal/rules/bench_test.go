package rules

import (
	"testing"
)

// BenchmarkLoad is what a run pays that scans nothing.
func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		load(b, "")
	}
}

// BenchmarkFirstFind is Load and the plans of all rules.
func BenchmarkFirstFind(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		load(b, "").Find([]byte("nothing"), func(Match) bool { return true })
	}
}

// BenchmarkShortLine is one line of a log.
func BenchmarkShortLine(b *testing.B) {
	s, line := load(b, ""), []byte("go: downloading example.com/token v1.2.3\n")
	b.ReportAllocs()
	b.SetBytes(int64(len(line)))
	for b.Loop() {
		s.Find(line, func(Match) bool { return true })
	}
}
