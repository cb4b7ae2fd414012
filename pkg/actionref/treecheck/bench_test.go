//go:build unix

package treecheck

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// BenchmarkHash compares Hash on an action of 2,000 files of up to 16 kB with
// git on the same folder, "git add -A" into a new index and "git write-tree",
// in turns. ratio is our wall time by git's: lower is better. git also writes
// the objects, which nobody needs here.
func BenchmarkHash(b *testing.B) {
	dir := b.TempDir()
	src := rand.NewChaCha8([32]byte{})
	for i := range 2000 {
		data := make([]byte, src.Uint64()%(16<<10))
		_, _ = src.Read(data)
		path := filepath.Join(dir, fmt.Sprintf("node_modules/m%d/dist/lib/f%d.js", i/20, i))
		must(b, os.MkdirAll(filepath.Dir(path), 0o755))
		must(b, os.WriteFile(path, data, 0o644))
	}
	ctx, git := context.Background(), gitIn(b, dir)
	var ours, theirs time.Duration
	for b.Loop() {
		work := b.TempDir()
		_, err := git(ctx, nil, "init", "-q", "--bare", work)
		must(b, err)
		start := time.Now()
		_, err = git(ctx, nil, "--git-dir="+work, "--work-tree="+dir, "-c", "core.autocrlf=false", "add", "-A", "-f", ".")
		must(b, err)
		want, err := git(ctx, nil, "--git-dir="+work, "write-tree")
		must(b, err)
		theirs += time.Since(start)
		start = time.Now()
		got, err := Hash(ctx, dir, Limits{})
		must(b, err)
		ours += time.Since(start)
		if got.ID != string(bytes.TrimSpace(want)) {
			b.Fatalf("tree %s, git says %s", got.ID, want)
		}
	}
	b.ReportMetric(ours.Seconds()/theirs.Seconds(), "ratio")
	b.ReportMetric(ours.Seconds()*1000/float64(b.N), "ours-ms")
	b.ReportMetric(theirs.Seconds()*1000/float64(b.N), "git-ms")
}

// BenchmarkSubst shows that the match takes time in proportion to the text,
// for the text and the pattern that cost a naive search the most: the second
// text is ten times the first.
func BenchmarkSubst(b *testing.B) {
	for _, size := range []int{100_000, 1_000_000} {
		content := bytes.Repeat([]byte("$Format:%h$"+string(bytes.Repeat([]byte("a"), 500))+"b"), size/1000)
		content = append(content, "$Format:%h$"...)
		disk := bytes.Repeat([]byte("a"), size)
		p := parseSubst(content, func(string) (string, bool) { return "", false })
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			b.SetBytes(int64(size))
			for b.Loop() {
				if p.match(disk) {
					b.Fatal("matches")
				}
			}
		})
	}
}
