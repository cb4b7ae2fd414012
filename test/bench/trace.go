package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/org/cilock-action/pkg/attest"
)

// traced is one workload of the behaviour layer, with the goals for the ratio
// of the command's own wall time, with a tracer to without.
type traced struct {
	name, does   string
	ebpf, ptrace Goal
	// prepare fills the folder and returns the command; fresh is done before
	// each run.
	prepare func(ctx context.Context, b *bench, dir string) (args, env []string, fresh func() error, err error)
}

func tracedWorkloads() []traced {
	return []traced{
		{"trace-build", "a cold `go build` of some 200 packages, watched", Goal{Most: 1.03}, Goal{Most: 1.25}, goBuild},
		{"trace-npm", "`npm ci --offline` of some 400 packages, watched", Goal{Most: 1.02}, Goal{Most: 1.2}, npmInstall},
		{"trace-true", "2,000 times `/bin/true`, watched", Goal{Most: 1.05}, Goal{Most: 1.9}, manyTrue},
		{"trace-grep", "`grep -r` over /usr/share, watched", Goal{Most: 1.25}, Goal{Most: 14}, grepShare},
	}
}

// traceMeasures are the workloads as entries of the list, and the start.
func traceMeasures() (list []measure) {
	for _, w := range tracedWorkloads() {
		list = append(list, measure{w.name, w.does, 5, w.run})
	}
	return append(list,
		measure{"trace-start", "`true` under cilock, watched and not", 20, traceStart},
		measure{"trace-loss", "files opened ever faster, until events are lost", 1, traceLoss},
		measure{"trace-scale", "20,000 processes with 50 files each, watched", 1, traceScale},
	)
}

// run measures both backends: in each round not watched, watched by the one,
// by the other, and not watched again, every second round backwards. The second
// series of the unwatched is the noise.
func (w traced) run(ctx context.Context, b *bench, runs int) ([]Row, error) {
	dir, err := b.folder()
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	args, env, fresh, err := w.prepare(ctx, b, dir)
	if err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	order := []*series{{trace: "off"}, {trace: "ebpf", goal: w.ebpf}, {trace: "ptrace", goal: w.ptrace}, {trace: "off"}}
	for round := range runs + 1 {
		for i := range order {
			s := order[i]
			if round%2 == 1 {
				s = order[len(order)-1-i]
			}
			if err := fresh(); err != nil {
				return nil, err
			}
			c := b.run(dir, args...)
			c.env = env
			c.trace(s.trace)
			sample, err := b.measure(ctx, c)
			if err != nil {
				return nil, err
			}
			if err := s.add(b, sample, round > 0); err != nil {
				return nil, err
			}
		}
	}
	base := order[0]
	rows := []Row{compared(w.name+": noise, unwatched again", "ratio", base.own, order[3].own, Milliseconds, ratio, Goal{})}
	for _, s := range order[1:3] {
		rows = append(rows, s.rows(w.name+": "+s.trace, base)...)
	}
	return rows, nil
}

// rows are what is told of a series.
func (s *series) rows(what string, base *series) []Row {
	return []Row{
		compared(what+", the command's wall time", "ratio", base.own, s.own, Milliseconds, ratio, s.goal),
		compared(what+", with start and evidence", "ratio", base.samples.wall(), s.samples.wall(), Milliseconds, ratio, Goal{}),
		compared(what+", CPU time", "ratio", base.samples.cpu(), s.samples.cpu(), Milliseconds, ratio, Goal{}),
		alone(what+", events lost", s.lost, Events, Goal{Most: 0.5}),
		alone(what+", events", s.events, Events, Goal{}),
		alone(what+", memory", s.samples.rss(), Megabytes, Goal{}),
	}
}

// trace sets how the run is watched.
func (c *command) trace(backend string) {
	for i, arg := range c.args {
		if arg == "--trace" {
			c.args[i+1] = backend
		}
	}
}

// series are the runs of one way to watch, with what their evidence says.
type series struct {
	trace        string // off, or the backend
	goal         Goal
	samples      samples
	own          []float64 // the command's own wall time, milliseconds
	events, lost []float64
}

func (s *series) add(b *bench, sample Sample, counts bool) error {
	own, row, err := b.evidence()
	if err != nil || !counts {
		return err
	}
	s.samples = append(s.samples, sample)
	s.own = append(s.own, own.Seconds()*1000)
	s.events = append(s.events, float64(row.Received))
	s.lost = append(s.lost, float64(row.Lost)+float64(len(row.Gaps)))
	return nil
}

// evidence reads from the last run how long the command took, and the account
// of its trace. A backend that did not start is an error.
func (b *bench) evidence() (own time.Duration, row attest.CollectorRow, err error) {
	data, err := os.ReadFile(b.outfile())
	if err != nil {
		return 0, row, err
	}
	bundle, err := attest.ParseBundle(data)
	if err != nil {
		return 0, row, err
	}
	pem, err := os.ReadFile(b.public)
	if err != nil {
		return 0, row, err
	}
	key, err := attest.ParsePublicKey(pem)
	if err != nil {
		return 0, row, err
	}
	v, err := attest.Verify(bundle, key)
	if err != nil {
		return 0, row, err
	}
	a, _ := v.Collection.Find(attest.TypeCompleteness)
	var done attest.Completeness
	if err := json.Unmarshal(a.Body, &done); err != nil {
		return 0, row, err
	}
	for _, r := range done.Collectors {
		if r.Name == "trace" {
			row = r
		}
	}
	if row.State == attest.StateFailed {
		return 0, row, fmt.Errorf("trace: %s", row.Reason)
	}
	return a.EndTime.Sub(a.StartTime), row, nil
}

// traceStart is what a tracer adds to the start and the end of a step.
func traceStart(ctx context.Context, b *bench, runs int) (rows []Row, err error) {
	dir, err := b.folder()
	if err != nil {
		return nil, err
	}
	for _, backend := range []struct {
		name string
		goal Goal
	}{{"ebpf", Goal{Most: 50}}, {"ptrace", Goal{Most: 10}}} {
		base, ours := b.run(dir, "true"), b.run(dir, "true")
		ours.trace(backend.name)
		off, on, err := b.turns(ctx, runs, base, ours)
		if err != nil {
			return nil, err
		}
		rows = append(rows, compared("trace-start: "+backend.name+", load, arm and tear down", "difference", off.wall(), on.wall(), Milliseconds, difference, backend.goal))
	}
	return rows, nil
}

// traceScale is what a trace of the size that is promised to fit costs.
func traceScale(ctx context.Context, b *bench, runs int) (rows []Row, err error) {
	dir, err := b.folder()
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	data := filepath.Join(b.dir, "data")
	if err := fill(data, 20_000, 1); err != nil {
		return nil, err
	}
	sidecar := b.outfile() + ".trace.jsonl.zst"
	script := `find "$0" -type f | xargs -n 50 -P 2 cat >/dev/null`
	script = "i=0; while [ $i -lt 50 ]; do " + script + "; i=$((i+1)); done"
	for _, backend := range []string{"ebpf", "ptrace"} {
		s := new(series)
		var size []float64
		for range runs {
			c := b.run(dir, "sh", "-c", script, data)
			c.trace(backend)
			c.writes = append(c.writes, sidecar)
			sample, err := b.measure(ctx, c)
			if err != nil {
				return nil, err
			}
			if err := s.add(b, sample, true); err != nil {
				return nil, err
			}
			info, err := os.Stat(sidecar)
			if err != nil {
				return nil, err
			}
			size = append(size, float64(info.Size())/1e6)
		}
		what := "trace-scale: " + backend
		rows = append(rows,
			alone(what+", events", s.events, Events, Goal{}), alone(what+", events lost", s.lost, Events, Goal{Most: 0.5}),
			alone(what+", memory", s.samples.rss(), Megabytes, Goal{Most: 300}), alone(what+", sidecar", size, Megabytes, Goal{Most: 20}),
			alone(what+", wall time", s.samples.wall(), Milliseconds, Goal{}),
		)
	}
	return rows, nil
}

func nothing() error { return nil }

func manyTrue(context.Context, *bench, string) (args, env []string, fresh func() error, err error) {
	return []string{"sh", "-c", "i=0; while [ $i -lt 2000 ]; do /bin/true; i=$((i+1)); done"}, nil, nothing, nil
}

func grepShare(context.Context, *bench, string) (args, env []string, fresh func() error, err error) {
	return []string{"sh", "-c", "grep -rsq no-such-text-anywhere /usr/share; true"}, []string{"LC_ALL=C"}, nothing, nil
}

// goBuild makes a module of 40 packages that use some 160 of the standard
// library, and builds it with an empty cache.
func goBuild(_ context.Context, b *bench, dir string) (args, env []string, fresh func() error, err error) {
	var main strings.Builder
	main.WriteString("package main\n\nimport (\n\t_ \"net/http\"\n\t_ \"encoding/xml\"\n\t_ \"go/parser\"\n\t_ \"html/template\"\n\t_ \"database/sql\"\n")
	files := map[string]string{"go.mod": "module bench.example/many\n\ngo 1.26\n"}
	for i := range 40 {
		name := "p" + strconv.Itoa(i)
		fmt.Fprintf(&main, "\t_ \"bench.example/many/%s\"\n", name)
		files[name+"/"+name+".go"] = fmt.Sprintf("package %s\n\nimport \"fmt\"\n\n// F is there.\nfunc F() string { return fmt.Sprint(%d) }\n", name, i)
	}
	files["main.go"] = main.String() + ")\n\nfunc main() {}\n"
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return nil, nil, nil, err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return nil, nil, nil, err
		}
	}
	cache := filepath.Join(b.dir, "gocache")
	fresh = func() error { return os.RemoveAll(cache) }
	env = []string{"GOCACHE=" + cache, "GOFLAGS=-mod=mod", "GOPROXY=off", "GOTOOLCHAIN=local", "CGO_ENABLED=0"}
	return []string{"go", "build", "-o", filepath.Join(b.dir, "many"), "."}, env, fresh, nil
}

// npmPackages bring some 400 packages and 16,000 files with them.
const npmPackages = `{"name":"bench","version":"1.0.0","private":true,"dependencies":{
"webpack":"5.95.0","jest":"29.7.0","eslint":"8.57.1","express":"4.21.0","lodash":"4.17.21","@babel/preset-env":"7.25.7"}}
`

// npmInstall fills a cache once, and then installs from it.
func npmInstall(ctx context.Context, b *bench, dir string) (args, env []string, fresh func() error, err error) {
	if err := os.WriteFile(filepath.Join(dir, "package.json"), []byte(npmPackages), 0o644); err != nil {
		return nil, nil, nil, err
	}
	cache := filepath.Join(b.dir, "npm")
	env = []string{"npm_config_cache=" + cache, "npm_config_audit=false", "npm_config_fund=false", "npm_config_update_notifier=false"}
	// The second asks for what the lock file does not say, such as where each
	// package is if npm is told to leave that out.
	for _, args := range [][]string{{"install", "--ignore-scripts"}, {"ci", "--prefer-offline", "--ignore-scripts"}} {
		fill := exec.CommandContext(ctx, "npm", args...)
		fill.Dir, fill.Env = dir, append(os.Environ(), env...)
		if out, err := fill.CombinedOutput(); err != nil {
			return nil, nil, nil, fmt.Errorf("fill npm's cache: %w: %s", err, out)
		}
	}
	fresh = func() error { return os.RemoveAll(filepath.Join(dir, "node_modules")) }
	return []string{"npm", "ci", "--offline", "--ignore-scripts"}, env, fresh, nil
}
