//go:build linux || darwin

package step

import (
	"context"
	"os"
	"os/exec"
	"testing"
)

const gigabyte = 1 << 30

// BenchmarkPassThrough compares with the shell's way of doing the same: the
// figures to divide are of one run. tee spools the whole gigabyte; the step is
// measured with the default limit and with none.
func BenchmarkPassThrough(b *testing.B) {
	const yes = "yes | head -c 1073741824"
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer null.Close()
	for name, limit := range map[string]int64{"step/64MiB": 0, "step/whole": 2 * gigabyte} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(gigabyte)
			for b.Loop() {
				c := sh(yes)
				c.Stdout, c.SpoolLimit, c.SpoolDir = null, limit, b.TempDir()
				p := start(b, c)
				p.Thaw()
				r := p.Wait(context.Background(), nil)
				if o := r.Outputs[0]; o.Size != gigabyte || !o.Complete {
					b.Fatalf("%+v", o)
				}
				os.Remove(r.Outputs[0].Spool)
			}
		})
	}
	b.Run("tee|sha256sum", func(b *testing.B) {
		b.SetBytes(gigabyte)
		spool := b.TempDir() + "/spool"
		for b.Loop() {
			if err := exec.Command("sh", "-c", yes+` | tee "$0" | sha256sum`, spool).Run(); err != nil {
				b.Fatal(err)
			}
		}
	})
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
