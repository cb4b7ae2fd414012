//go:build linux && (amd64 || arm64)

package ptrace

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

var (
	ratioOf = flag.String("ratio", "", "measure a workload, traced against untraced: true, grep, build, or a shell command")
	rounds  = flag.Int("rounds", 5, "pairs of runs for -ratio")
)

// TestRatio prints what tracing costs in wall time, as the median of pairs in
// ABBA order, and the same for two untraced series. It asserts nothing.
func TestRatio(t *testing.T) {
	if *ratioOf == "" {
		t.Skip("only with -ratio")
	}
	script := map[string]string{
		"true":  "i=0; while [ $i -lt 2000 ]; do /bin/true; i=$((i+1)); done",
		"grep":  "grep -r no-such-text-anywhere /usr/share >/dev/null 2>&1; true",
		"build": "cd " + packages(t, 200) + " && GOCACHE=$(mktemp -d) go build ./...",
	}[*ratioOf]
	if script == "" {
		script = *ratioOf
	}
	var cpu [2]time.Duration // of the last run of each
	plain := func() (took time.Duration) {
		took, cpu[0] = untraced(t, script)
		return took
	}
	traced := func() time.Duration {
		r := run(t, "sh", "-c", script)
		r.sound(t)
		if !r.state.Success() {
			t.Fatal(r.state, r.out)
		}
		tracer := r.tracer.ProcessState
		cpu[1] = r.state.UserTime() + r.state.SystemTime() + tracer.UserTime() + tracer.SystemTime()
		t.Log(r.out, len(r.messages), "messages,", r.account.NotFound, "not found, tracer", tracer.UserTime(), tracer.SystemTime())
		return r.took
	}
	plain()
	var ratios, noise, work []float64
	for i := range *rounds {
		var a, b, c time.Duration
		if i%2 == 0 {
			a, b, c = plain(), traced(), plain()
		} else {
			c, b, a = plain(), traced(), plain()
		}
		t.Log(a, b, c)
		ratios = append(ratios, 2*float64(b)/float64(a+c))
		work = append(work, float64(cpu[1])/float64(cpu[0]))
		noise = append(noise, float64(c)/float64(a))
	}
	slices.Sort(ratios)
	slices.Sort(noise)
	slices.Sort(work)
	fmt.Printf("%s: traced/untraced %.2f (%.2f to %.2f), untraced/untraced %.2f, CPU time %.2f\n",
		*ratioOf, ratios[len(ratios)/2], ratios[0], ratios[len(ratios)-1], noise[len(noise)/2], work[len(work)/2])
}

func untraced(t *testing.T, script string) (took, cpu time.Duration) {
	t.Helper()
	cmd := exec.Command("sh", "-c", script)
	began := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatal(err, string(out))
	}
	return time.Since(began), cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}

// packages makes a Go module of n packages.
func packages(t *testing.T, n int) string {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module example.com/many\n\ngo 1.26\n")
	for i := range n {
		write(fmt.Sprintf("p%d/p.go", i), fmt.Sprintf("package p%d\n\nimport \"fmt\"\n\nfunc F(n int) string { return fmt.Sprint(n, %d) }\n", i, i))
	}
	write("main.go", "package main\n\nimport \"example.com/many/p0\"\n\nfunc main() { println(p0.F(1)) }\n")
	return dir
}
