package filetree

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"
)

// makeFiles writes n files of the given size, 1,000 to a directory.
func makeFiles(t testing.TB, dir string, n, size int) {
	t.Helper()
	data := make([]byte, size)
	src := rand.NewChaCha8([32]byte{})
	for i := range n {
		_, _ = src.Read(data)
		sub := filepath.Join(dir, "dir"+strconv.Itoa(i/1000))
		if i%1000 == 0 {
			must(t, os.MkdirAll(sub, 0o755))
		}
		must(t, os.WriteFile(filepath.Join(sub, "f"+strconv.Itoa(i)), data, 0o644))
	}
}

// BenchmarkHash compares a scan of 1 GiB in 16 files with openssl on the same
// files, from a warm cache and in turns; then one core with all cores. ratio is
// our CPU time by openssl's: lower is better, 1.3 is the limit, and a machine
// that does other things as well changes it little. wall-ratio is the same of
// one core's wall time, speedup one core's wall time by all cores'.
func BenchmarkHash(b *testing.B) {
	dir := b.TempDir()
	makeFiles(b, dir, 16, 64<<20)
	paths, err := filepath.Glob(filepath.Join(dir, "*/*"))
	must(b, err)
	b.SetBytes(1 << 30)
	var openssl, one, all, opensslCPU, oneCPU time.Duration
	theirs := func() {
		cmd := exec.Command("openssl", append([]string{"dgst", "-sha256"}, paths...)...)
		openssl += timed(func() {
			if out, err := cmd.CombinedOutput(); err != nil {
				b.Skipf("openssl: %v: %s", err, out)
			}
		})
		opensslCPU += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	ours := func() {
		before := ownCPU()
		one += timed(func() { scan(b, newScanner(b, dir, Options{Workers: 1})) })
		oneCPU += ownCPU() - before
	}
	scan(b, newScanner(b, dir, Options{})) // what was written may still be on its way to the disk
	turns := [2]func(){theirs, ours}
	for b.Loop() {
		turns[0]()
		turns[1]()
		turns[0], turns[1] = turns[1], turns[0]
		all += timed(func() { scan(b, newScanner(b, dir, Options{})) })
	}
	if oneCPU > 0 {
		b.ReportMetric(oneCPU.Seconds()/opensslCPU.Seconds(), "ratio")
	}
	b.ReportMetric(one.Seconds()/openssl.Seconds(), "wall-ratio")
	b.ReportMetric(one.Seconds()/all.Seconds(), "speedup")
}

// BenchmarkRescan compares the second scan of 100,000 small files, nothing
// having changed, with the first. first-s and rescan-s are seconds.
func BenchmarkRescan(b *testing.B) {
	dir := b.TempDir()
	makeFiles(b, dir, 100_000, 1000)
	var first, again time.Duration
	var before, after runtime.MemStats
	for b.Loop() {
		s := newScanner(b, dir, Options{})
		runtime.GC()
		runtime.ReadMemStats(&before)
		first += timed(func() { scan(b, s) })
		runtime.GC()
		runtime.ReadMemStats(&after)
		again += timed(func() { scan(b, s) })
	}
	b.ReportMetric(first.Seconds()/float64(b.N), "first-s")
	b.ReportMetric(again.Seconds()/float64(b.N), "rescan-s")
	b.ReportMetric(again.Seconds()/first.Seconds(), "ratio")
	b.ReportMetric(float64(int64(after.HeapAlloc)-int64(before.HeapAlloc))/100_000, "B/file")
}

// BenchmarkSparse compares a 4 GiB file without content with hashing as many
// zeros from memory, which is the least that a full digest costs.
func BenchmarkSparse(b *testing.B) {
	const size = 4 << 30
	dir := b.TempDir()
	must(b, os.Truncate(write(b, dir, "sparse", ""), size))
	b.SetBytes(size)
	var ours, least time.Duration
	for b.Loop() {
		var snap *Snapshot
		ours += timed(func() { snap = scan(b, newScanner(b, dir, Options{})) })
		want := sha256.New()
		least += timed(func() {
			for range size / chunk {
				want.Write(make([]byte, chunk))
			}
		})
		if f := snap.File("sparse"); f == nil || string(want.Sum(nil)) != string(f.SHA256[:]) {
			b.Fatal("not the digest of the full content")
		}
	}
	b.ReportMetric(ours.Seconds()/least.Seconds(), "ratio")
}

func timed(f func()) time.Duration {
	start := time.Now()
	f()
	return time.Since(start)
}

// Beyond 4 GiB, where a size in 32 bits would wrap. The digest is that of
// "head -c 4294967299 /dev/zero | openssl dgst -sha256".
func TestHugeSparseFileIsHashedInFull(t *testing.T) {
	if testing.Short() {
		t.Skip("hashing 4 GiB takes seconds")
	}
	dir := t.TempDir()
	must(t, os.Truncate(write(t, dir, "sparse", ""), 4<<30+3))
	f := scan(t, newScanner(t, dir, Options{})).File("sparse")
	const want = "930fa067940ff8d9f427e3a116b7598503c70ce7380d66ff65f8de33d558f7f3"
	if f == nil || hex.EncodeToString(f.SHA256[:]) != want {
		t.Errorf("sparse file: %+v", f)
	}
}

func TestManySmallFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("100,000 files take seconds to write")
	}
	dir := t.TempDir()
	makeFiles(t, dir, 100_000, 10)
	s := newScanner(t, dir, Options{})
	snap, err := s.Scan(context.Background())
	must(t, err)
	if len(snap.Files) != 100_000 || snap.Incomplete != "" || len(snap.Others) != 0 {
		t.Errorf("%d files, %d others, incomplete %q", len(snap.Files), len(snap.Others), snap.Incomplete)
	}
	if again := scan(t, s); hasChangeTime && again.Reused != 100_000 {
		t.Errorf("%d of 100,000 unchanged files were not read again", again.Reused)
	}
}
