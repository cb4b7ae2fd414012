//go:build unix

package keyless

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/org/cilock-action/test/stack"
)

// predicate is a JSON object of about that many bytes, of many small fields as
// in a record of files.
func predicate(size int) string {
	var b strings.Builder
	b.WriteString(`{"end":0`)
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, `,"dir%d/file%d":{"sha256":"%064x"}`, i/1000, i, i)
	}
	b.WriteString("}")
	return b.String()
}

const benchType = "https://example.com/predicate/v1"

// took is how long the program runs, all of it, and the most memory it had, in
// bytes.
func (j *job) took(args ...string) (wall time.Duration, memory int64) {
	cmd := exec.Command(filepath.Join(folder, "cilock"), args...)
	cmd.Dir, cmd.Env = j.dir, j.env
	start := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		j.t.Errorf("%s: %v\n%s", args[0], err, out)
	}
	wall = time.Since(start)
	const kilobyte = 1 << 10 // Linux' ru_maxrss
	return wall, cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss * kilobyte
}

// BenchmarkKeyless signs a predicate of 100 kB keylessly: one process, and eight
// at once, beside one that signs with a key. Milliseconds are of whole
// processes; Rekor v2 publishes once a second.
func BenchmarkKeyless(b *testing.B) {
	s := stack.Start(b)
	j := newJob(b, s.Env)
	j.write("p.json", predicate(100_000))
	args := func(name string, more ...string) []string {
		return append([]string{"attest", "--type", benchType, "--predicate", "p.json", "--subjects", "a@sha256:" + strings.Repeat("a", 64), "-o", name}, more...)
	}
	j.openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "key.pem")
	var one, eight, key time.Duration
	for b.Loop() {
		took, _ := j.took(args("key.json", "--key", "key.pem")...)
		key += took
		took, _ = j.took(args("one.json", "--keyless", services(s), "--require-signing")...)
		one += took
		start := time.Now()
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() { j.took(args(fmt.Sprintf("%d.json", i), "--keyless", services(s), "--require-signing")...) })
		}
		all.Wait()
		eight += time.Since(start)
	}
	report := func(d time.Duration, unit string) { b.ReportMetric(d.Seconds()*1e3/float64(b.N), unit) }
	report(key, "ms-with-a-key")
	report(one, "ms-keyless")
	report(eight, "ms-eight-at-once")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkVerify verifies keyless bundles of two sizes, beside the program that
// only starts.
func BenchmarkVerify(b *testing.B) {
	for name, size := range map[string]int{"100kB": 100_000, "4.5MB": 4_500_000} {
		b.Run(name, func(b *testing.B) {
			s := stack.Start(b)
			j := newJob(b, s.Env)
			j.write("p.json", predicate(size))
			j.write("out.txt", "made\n")
			if said, code := j.cilock("attest", "--type", benchType, "--predicate", "p.json", "--subjects", "out.txt", "-o", "e.json", "--keyless", services(s), "--require-signing"); code != 0 {
				b.Fatal(said)
			}
			var ours, start time.Duration
			var memory int64
			for b.Loop() {
				took, most := j.took("verify", "--verify-repo=octo-org/octo-repo", "--trusted-root="+s.TrustedRoot, "--bundle=e.json", "out.txt")
				ours, memory = ours+took, max(memory, most)
				took, _ = j.took("help")
				start += took
			}
			b.ReportMetric((ours-start).Seconds()*1e3/float64(b.N), "ms-more-than-help")
			b.ReportMetric(float64(memory)/1e6, "MB")
			b.ReportMetric(0, "ns/op")
		})
	}
}
