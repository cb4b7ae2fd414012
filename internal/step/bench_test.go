//go:build linux || darwin

package step

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"
)

const gigabyte = 1 << 30

// BenchmarkPassThrough compares with the shell's way of doing the same, in
// turns. rate is ours as a part of the shell's: more is better, 0.8 is the
// limit. In 64MiB the step spools as much as it does by default, while tee
// writes the whole gigabyte, so whole is the harder and fairer one.
func BenchmarkPassThrough(b *testing.B) {
	const yes = "yes | head -c 1073741824"
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer null.Close()
	for _, bc := range []struct {
		name  string
		limit int64
	}{{"64MiB", 0}, {"whole", 2 * gigabyte}} {
		b.Run(bc.name, func(b *testing.B) {
			b.SetBytes(gigabyte)
			spool := b.TempDir() + "/spool"
			var ours, theirs time.Duration
			turns := [2]func(){
				func() {
					began := time.Now()
					c := sh(yes)
					c.Stdout, c.SpoolLimit, c.SpoolDir = null, bc.limit, b.TempDir()
					p := start(b, c)
					p.Thaw()
					r := p.Wait(context.Background(), nil)
					ours += time.Since(began)
					if o := r.Outputs[0]; o.Size != gigabyte || !o.Complete {
						b.Fatalf("%+v", o)
					}
					os.Remove(r.Outputs[0].Spool)
				},
				func() {
					began := time.Now()
					if err := exec.Command("sh", "-c", yes+` | tee "$0" | sha256sum`, spool).Run(); err != nil {
						b.Fatal(err)
					}
					theirs += time.Since(began)
					os.Remove(spool) // as ours: to cut the old one is not what is measured
				},
			}
			for b.Loop() {
				turns[0]()
				turns[1]()
				turns[0], turns[1] = turns[1], turns[0]
			}
			b.ReportMetric(theirs.Seconds()/ours.Seconds(), "rate")
		})
	}
}

// BenchmarkTrue is what wrapping the shortest step costs, beside the step.
func BenchmarkTrue(b *testing.B) {
	dir := b.TempDir()
	b.Run("step", func(b *testing.B) {
		for b.Loop() {
			c := Command{Args: []string{"true"}, Env: []string{path}, SpoolDir: dir}
			p := start(b, c)
			p.Thaw()
			if r := p.Wait(context.Background(), nil); r.ExitCode != 0 {
				b.Fatalf("%+v", r)
			}
		}
	})
	b.Run("direct", func(b *testing.B) {
		for b.Loop() {
			if err := exec.Command("true").Run(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
