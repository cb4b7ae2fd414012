package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
)

// measure is one entry of the list: it returns its rows.
type measure struct {
	name, does string
	runs       int // pairs
	run        func(ctx context.Context, b *bench, runs int) ([]Row, error)
}

func measures() []measure {
	return append([]measure{
		{"start", "`true` alone and under cilock", 20, start},
		{"hash", "1 GiB of files by openssl and as materials", 5, hash},
		{"output", "1 GiB of output by tee and sha256sum, and under cilock", 3, output},
		{"secrets", "the same under cilock with 20 secrets to redact", 3, secrets},
		{"verify", "`true` and the check of a small bundle", 20, verify},
		{"many", "100,000 small files by sha256sum and as materials", 2, many},
		{"sparse", "a product of 4 GiB without content, and openssl on it", 1, sparse},
	}, traceMeasures()...)
}

func start(ctx context.Context, b *bench, runs int) ([]Row, error) {
	dir, err := b.folder()
	if err != nil {
		return nil, err
	}
	base, ours, err := b.turns(ctx, runs, command{dir: dir, args: []string{"true"}}, b.run(dir, "true"))
	if err != nil {
		return nil, err
	}
	return []Row{
		compared("start: wall time of `true`", "difference", base.wall(), ours.wall(), Milliseconds, difference, Goal{Most: 50}),
		compared("start: CPU time", "difference", base.cpu(), ours.cpu(), Milliseconds, difference, Goal{}),
		alone("start: memory", ours.rss(), Megabytes, Goal{Most: 60}),
	}, nil
}

func hash(ctx context.Context, b *bench, runs int) ([]Row, error) {
	dir, err := b.folder()
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := fill(dir, 16, 64<<20); err != nil {
		return nil, err
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil {
		return nil, err
	}
	openssl := command{dir: dir, args: append([]string{"openssl", "dgst", "-sha256"}, paths...)}
	base, ours, err := b.turns(ctx, runs, openssl, b.run(dir, "true"))
	if err != nil {
		return nil, err
	}
	// All cores are used if the time is well below that of one: ours includes
	// the start, which the ratio of the CPU time includes too.
	parallel := Goal{Least: 0.75 * float64(min(runtime.NumCPU(), 16))}
	if runtime.NumCPU() == 1 {
		parallel = Goal{}
	}
	return []Row{
		compared("hash: CPU time for 1 GiB", "ratio", base.cpu(), ours.cpu(), Milliseconds, ratio, Goal{Most: 1.3}),
		compared("hash: wall time for 1 GiB", "ratio", base.wall(), ours.wall(), Milliseconds, ratio, Goal{}),
		{
			What: "hash: cores used (CPU by wall)", Baseline: coresUsed(base), Ours: coresUsed(ours), Compare: coresUsed(ours),
			Goal: parallel.text(Times), Met: parallel.met(coresUsed(ours)),
		},
		alone("hash: memory", ours.rss(), Megabytes, Goal{}),
	}, nil
}

func coresUsed(s samples) Spread { return spreadOf(paired(s.wall(), s.cpu(), ratio), Times) }

const (
	flood     = "yes | head -c "
	gigabyte  = "1073741824"
	megabytes = "67108864"
)

func output(ctx context.Context, b *bench, runs int) ([]Row, error) {
	dir, err := b.folder()
	if err != nil {
		return nil, err
	}
	spool := filepath.Join(b.dir, "spool")
	defer os.Remove(spool)
	tee := command{dir: dir, writes: []string{spool}, args: []string{"sh", "-c", flood + gigabyte + ` | tee "$0" | sha256sum`, spool}}
	base, ours, err := b.turns(ctx, runs, tee, b.run(dir, "sh", "-c", flood+gigabyte))
	if err != nil {
		return nil, err
	}
	// tee has to write the gigabyte to a disk, of which ours spools the first 64
	// MiB alone: so also without any spool.
	none := command{dir: dir, args: []string{"sh", "-c", flood + gigabyte + ` | sha256sum`}}
	direct, again, err := b.turns(ctx, runs, none, b.run(dir, "sh", "-c", flood+gigabyte))
	if err != nil {
		return nil, err
	}
	less, more, err := b.turns(ctx, runs, b.run(dir, "sh", "-c", flood+megabytes), b.run(dir, "sh", "-c", flood+gigabyte))
	if err != nil {
		return nil, err
	}
	return []Row{
		compared("output: wall time for 1 GiB", "rate", base.wall(), ours.wall(), Milliseconds, rate, Goal{Least: 0.8}),
		compared("output: wall time, sha256sum without tee", "rate", direct.wall(), again.wall(), Milliseconds, rate, Goal{}),
		compared("output: CPU time for 1 GiB", "ratio", base.cpu(), ours.cpu(), Milliseconds, ratio, Goal{}),
		compared("output: memory, 64 MiB and 1 GiB", "ratio", less.rss(), more.rss(), Megabytes, ratio, Goal{Most: 1.1}),
	}, nil
}

// secrets is output with a redactor that has something to look for; the
// baseline is cilock without.
func secrets(ctx context.Context, b *bench, runs int) ([]Row, error) {
	dir, err := b.folder()
	if err != nil {
		return nil, err
	}
	none := b.run(dir, "sh", "-c", flood+gigabyte)
	some := none
	for i := range 20 {
		some.env = append(some.env, fmt.Sprintf("BENCH_%d_TOKEN=not-a-secret-%d-%x", i, i, i*7919+104729))
	}
	base, ours, err := b.turns(ctx, runs, none, some)
	if err != nil {
		return nil, err
	}
	return []Row{
		compared("secrets: wall time for 1 GiB, none and 20", "rate", base.wall(), ours.wall(), Milliseconds, rate, Goal{}),
		compared("secrets: CPU time", "ratio", base.cpu(), ours.cpu(), Milliseconds, ratio, Goal{}),
	}, nil
}

func verify(ctx context.Context, b *bench, runs int) ([]Row, error) {
	dir, err := b.folder()
	if err != nil {
		return nil, err
	}
	if _, err := b.measure(ctx, b.run(dir, "sh", "-c", "echo hi > out.txt")); err != nil {
		return nil, err
	}
	base, ours, err := b.turns(ctx, runs, command{dir: dir, args: []string{"true"}}, b.verify(dir, "out.txt"))
	if err != nil {
		return nil, err
	}
	return []Row{
		compared("verify: wall time, small bundle", "difference", base.wall(), ours.wall(), Milliseconds, difference, Goal{}),
		alone("verify: memory", ours.rss(), Megabytes, Goal{}),
	}, nil
}

func many(ctx context.Context, b *bench, runs int) ([]Row, error) {
	const files = 100_000
	dir, err := b.folder()
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := fill(dir, files, 1000); err != nil {
		return nil, err
	}
	sums := command{dir: dir, args: []string{"sh", "-c", "find . -type f -print0 | xargs -0 sha256sum"}}
	base, ours, err := b.turns(ctx, runs, sums, b.run(dir, "true"))
	if err != nil {
		return nil, err
	}
	var checks samples
	for range runs {
		s, err := b.measure(ctx, b.verify(dir))
		if err != nil {
			return nil, err
		}
		checks = append(checks, s)
	}
	what := "many: " + strconv.Itoa(files) + " files, "
	size, err := b.evidenceSize()
	return []Row{
		compared(what+"wall time", "ratio", base.wall(), ours.wall(), Milliseconds, ratio, Goal{}),
		compared(what+"CPU time", "ratio", base.cpu(), ours.cpu(), Milliseconds, ratio, Goal{}),
		alone(what+"memory", ours.rss(), Megabytes, Goal{}),
		alone(what+"bundle", size, Megabytes, Goal{}),
		alone(what+"verify, wall time", checks.wall(), Milliseconds, Goal{}),
		alone(what+"verify, memory", checks.rss(), Megabytes, Goal{}),
	}, err
}

func (b *bench) evidenceSize() ([]float64, error) {
	st, err := os.Stat(b.outfile())
	if err != nil {
		return nil, fmt.Errorf("look at the evidence: %w", err)
	}
	return []float64{float64(st.Size()) / 1e6}, nil
}

// sparse has both make the file anew: that it is read for the first time costs
// more than to hash it where the memory of the page cache is new, too.
func sparse(ctx context.Context, b *bench, runs int) ([]Row, error) {
	dir, err := b.folder()
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	const file = "sparse.img"
	path := filepath.Join(dir, file)
	openssl := command{dir: dir, writes: []string{path}, args: []string{"sh", "-c", "truncate -s 4G " + file + " && openssl dgst -sha256 " + file}}
	product := b.run(dir, "truncate", "-s", "4G", file)
	product.writes = append(product.writes, path)
	base, ours, err := b.turns(ctx, runs, openssl, product)
	if err != nil {
		return nil, err
	}
	return []Row{
		compared("sparse: wall time, 4 GiB product", "ratio", base.wall(), ours.wall(), Milliseconds, ratio, Goal{}),
		alone("sparse: memory", ours.rss(), Megabytes, Goal{}),
	}, nil
}
