package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/org/cilock-action/pkg/attest"
)

// pace is one point of the loss curve: a process that opens files that it has
// not opened before, so that no open is left out as a repetition.
type pace struct {
	name    string
	rate    int // opens per second, 0 as many as can be
	threads int
	files   int // of each process
	procs   int // at once
}

func paces() []pace {
	return []pace{
		{"50,000 opens a second", 50_000, 1, 100_000, 1},
		{"100,000 opens a second", 100_000, 1, 200_000, 1},
		{"300,000 opens a second", 300_000, 1, 600_000, 1},
		{"what one thread can", 0, 1, 600_000, 1},
		{"what two threads can", 0, 2, 600_000, 1},
		{"what eight threads can", 0, 8, 600_000, 1},
		{"what five processes with 64 threads each can", 0, 64, 600_000, 5},
	}
}

// traceLoss is how fast files can be opened before events are lost, and whether
// the record is right about how many were. The count that it is held against is
// the program's own.
func traceLoss(ctx context.Context, b *bench, runs int) (rows []Row, err error) {
	// In memory where that is possible: a disk would set the pace.
	data, err := os.MkdirTemp("/dev/shm", "cilock-bench-")
	if err != nil {
		data = filepath.Join(b.dir, "many")
	}
	defer os.RemoveAll(data)
	if err := fill(data, 600_000, 0); err != nil {
		return nil, err
	}
	for _, p := range paces() {
		var alike, reached, lost, beyond, gaps []float64
		for range runs {
			_, took, err := p.run(ctx, b, data, "off")
			if err != nil {
				return rows, err
			}
			alike = append(alike, p.opens()/took.Seconds())
			row, took, err := p.run(ctx, b, data, "ebpf")
			if err != nil {
				return rows, err
			}
			reached = append(reached, p.opens()/took.Seconds())
			lost, gaps = append(lost, float64(row.Lost)), append(gaps, float64(len(row.Gaps)))
			beyond = append(beyond, float64(row.Attempted)-p.opens())
		}
		what := "trace-loss: " + p.name
		rows = append(rows,
			compared(what+", reached", "ratio", alike, reached, Opens, ratio, Goal{}), alone(what+", lost", lost, Events, Goal{}),
			alone(what+", gaps in the record", gaps, Events, Goal{}), alone(what+", counted beyond these opens", beyond, Events, Goal{}),
		)
	}
	return rows, nil
}

// run opens the files, watched or not. It returns the account of the trace, and how
// long the program says that it took.
func (p pace) run(ctx context.Context, b *bench, data, watched string) (row attest.CollectorRow, took time.Duration, err error) {
	self, err := os.Executable()
	if err != nil {
		return row, 0, err
	}
	said := filepath.Join(b.dir, "took")
	if err := os.RemoveAll(said); err != nil {
		return row, 0, err
	}
	dir, err := b.folder()
	if err != nil {
		return row, 0, err
	}
	load := fmt.Sprintf("%s,%d,%d,%d,%s", data, p.rate, p.threads, p.files, said)
	c := b.run(dir, "sh", "-c", `for i in $(seq "$0"); do "$1" -open "$2" & done; wait`, strconv.Itoa(p.procs), self, load)
	c.trace(watched)
	c.writes = append(c.writes, b.outfile()+".trace.jsonl.zst")
	if _, err := b.measure(ctx, c); err != nil {
		return row, 0, err
	}
	if _, row, err = b.evidence(); err != nil {
		return row, 0, err
	}
	text, err := os.ReadFile(said)
	if err != nil {
		return row, 0, err
	}
	lines := strings.Fields(string(text))
	if len(lines) != p.procs {
		return row, 0, fmt.Errorf("%d of %d processes opened their files", len(lines), p.procs)
	}
	for _, line := range lines {
		one, err := time.ParseDuration(line)
		if err != nil {
			return row, 0, err
		}
		took = max(took, one)
	}
	return row, took, nil
}

// opens are those of all processes.
func (p pace) opens() float64 { return float64(p.files * p.procs) }

// openFiles is the load: "DIR,RATE,THREADS,FILES,TOOK" opens so many files that
// fill made in the folder, at so many a second or as fast as it can, and adds
// a line to TOOK that says how long that was.
func openFiles(load string) error {
	part := strings.Split(load, ",")
	if len(part) != 5 {
		return fmt.Errorf("-open %s: want DIR,RATE,THREADS,FILES,TOOK", load)
	}
	var n [3]int
	for i := range n {
		var err error
		if n[i], err = strconv.Atoi(part[i+1]); err != nil {
			return fmt.Errorf("-open %s: %w", load, err)
		}
	}
	rate, threads := n[0], n[1]
	paths := make([]string, n[2])
	for i := range paths {
		paths[i] = filepath.Join(part[0], "d"+strconv.Itoa(i/1000), "f"+strconv.Itoa(i))
	}
	errs := make([]error, threads)
	start := time.Now()
	var wg sync.WaitGroup
	for t := range threads {
		wg.Go(func() {
			runtime.LockOSThread()
			for i := t; i < len(paths) && errs[t] == nil; i += threads {
				if rate > 0 {
					time.Sleep(time.Until(start.Add(time.Duration(i) * time.Second / time.Duration(rate))))
				}
				errs[t] = openAndClose(paths[i])
			}
		})
	}
	wg.Wait()
	took := time.Since(start)
	f, err := os.OpenFile(part[4], os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(f, took)
	return errors.Join(append(errs, err, f.Close())...)
}
