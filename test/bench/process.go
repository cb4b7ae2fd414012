package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Sample is one run of one process.
type Sample struct {
	Wall time.Duration
	// CPU is user and system time of the process and the children that it
	// waited for; 0 where the system does not say.
	CPU time.Duration
	// RSS is the most memory resident at once, in bytes, of the process or of
	// the largest child that it waited for, whichever is greater. The children
	// in these measures are small, and so is this program, whose size a child
	// has until its exec. 0 where the system does not say.
	RSS int64
}

// command is a process to be measured. stdout is discarded.
type command struct {
	dir  string
	env  []string // beside the PATH and the folder for temporary files
	args []string
	// writes are files that are removed first. To rename over a file costs
	// milliseconds on ext4, which starts to write the new one out, and a job
	// has a fresh folder.
	writes []string
}

// measure runs c once, and fails if c does.
func (b *bench) measure(ctx context.Context, c command) (Sample, error) {
	for _, path := range c.writes {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return Sample{}, fmt.Errorf("remove what the last run wrote: %w", err)
		}
	}
	cmd := exec.CommandContext(ctx, c.args[0], c.args[1:]...)
	// Little of our own environment: a variable of the machine that measures
	// would be redacted, recorded or obeyed.
	cmd.Dir, cmd.Env = c.dir, append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + b.dir, "TMPDIR=" + b.dir}, c.env...)
	var said bytes.Buffer
	cmd.Stderr = &said
	start := time.Now()
	err := cmd.Run()
	wall := time.Since(start)
	if err != nil {
		return Sample{}, fmt.Errorf("run %s: %w: %s", strings.Join(c.args, " "), err, bytes.TrimSpace(said.Bytes()))
	}
	st := cmd.ProcessState
	return Sample{Wall: wall, CPU: st.UserTime() + st.SystemTime(), RSS: maxRSS(st)}, nil
}

// turns measures two commands n times each, in turns and in ABBA order, after
// one run of both that fills the caches and is not counted.
func (b *bench) turns(ctx context.Context, n int, base, ours command) (baseline, own samples, err error) {
	for i := range n + 1 {
		x, y := base, ours
		if i%2 == 1 {
			x, y = ours, base
		}
		first, err := b.measure(ctx, x)
		if err != nil {
			return nil, nil, err
		}
		second, err := b.measure(ctx, y)
		if err != nil {
			return nil, nil, err
		}
		if i%2 == 1 {
			first, second = second, first
		}
		if i > 0 {
			baseline, own = append(baseline, first), append(own, second)
		}
	}
	return baseline, own, nil
}

// samples are the runs of one command.
type samples []Sample

func (s samples) wall() []float64 {
	return s.each(func(x Sample) float64 { return x.Wall.Seconds() * 1000 })
}

func (s samples) cpu() []float64 {
	return s.each(func(x Sample) float64 { return x.CPU.Seconds() * 1000 })
}

func (s samples) rss() []float64 {
	return s.each(func(x Sample) float64 { return float64(x.RSS) / 1e6 })
}

func (s samples) each(f func(Sample) float64) []float64 {
	out := make([]float64, len(s))
	for i := range s {
		out[i] = f(s[i])
	}
	return out
}
