package trace

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// bigTrace is 20,000 processes with 50 opens each, of some 400,000 files with
// names like those of a source tree and inodes of a used file system.
func bigTrace(h Handler) {
	r := rand.New(rand.NewPCG(1, 2))
	for p := range 20_000 {
		pid := 1000 + p
		h.Handle(Message{Kind: Fork, PID: pid, Parent: 1000 + p/20, Time: int64(p) * 1e6, Comm: "sh"})
		h.Handle(Message{Kind: Exec, PID: pid, Time: int64(p)*1e6 + 1e5, Path: "/usr/bin/node", Ino: 77, Args: []string{"node", fmt.Sprint("task-", p)}})
		for range 50 {
			n := r.IntN(400_000)
			h.Handle(Message{
				Kind: Open, PID: pid, Dev: 65024, Ino: uint64(n)*2654435761%9_000_000 + 11, Access: Read,
				Path: fmt.Sprintf("/home/runner/work/project/project/node_modules/package-%d/dist/lib/module-%d.js", n%997, n),
			})
		}
		h.Handle(Message{Kind: Exit, PID: pid, Time: int64(p)*1e6 + 9e5})
	}
}

// TestScale keeps the promise of the documentation: 20,000 processes and
// 1,000,000 opens in less than 300 MB, and in a sidecar of less than 20 MB.
func TestScale(t *testing.T) {
	if testing.Short() {
		t.Skip("a million opens")
	}
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s := NewSummary(SummaryBounds{})
	bigTrace(s)
	var sidecar bytes.Buffer
	enc, err := zstd.NewWriter(&sidecar, zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Write(enc, nil); err != nil {
		t.Fatal(err)
	}
	if err := enc.Close(); err != nil {
		t.Fatal(err)
	}
	debug.FreeOSMemory()
	runtime.ReadMemStats(&after)
	live := float64(after.HeapAlloc-before.HeapAlloc-uint64(sidecar.Cap())) / 1e6
	t.Logf("%d processes, %d opens: %.0f MB live, %.0f MB taken from the system, sidecar %.1f MB",
		len(s.Processes()), s.Opens(), live, float64(after.Sys)/1e6, float64(sidecar.Len())/1e6)
	if len(s.Dropped) > 0 || live > 150 || sidecar.Len() > 20_000_000 {
		t.Errorf("dropped %v, %.0f MB live, sidecar %d bytes", s.Dropped, live, sidecar.Len())
	}
	again := NewSummary(SummaryBounds{})
	if err := Replay(&sidecar, again); err != nil || again.Opens() != s.Opens() || len(again.Processes()) != len(s.Processes()) {
		t.Errorf("replayed %d opens of %d: %v", again.Opens(), s.Opens(), err)
	}
}

func BenchmarkSummary(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		bigTrace(NewSummary(SummaryBounds{}))
	}
}

func BenchmarkWire(b *testing.B) {
	m := Message{Kind: Open, Time: 1e18, PID: 12345, Path: "/usr/share/doc/package/some/file.txt", Dev: 65024, Ino: 123456, Access: Read}
	var buf []byte
	for b.Loop() {
		buf = AppendMessage(buf[:0], &m)
		if _, _, err := ParseMessage(buf); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	s := NewSummary(SummaryBounds{})
	bigTrace(s)
	for b.Loop() {
		if err := s.Write(io.Discard, nil); err != nil {
			b.Fatal(err)
		}
	}
}
