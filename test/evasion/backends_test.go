package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/trace"
)

// TestTricks runs every trick under each backend that is there, or untraced,
// and prints the table with -v. In CI each backend must be there. Each trick
// must work, or be refused with a reason: every judgement stands on that.
func TestTricks(t *testing.T) {
	needRoot(t)
	if testing.Short() {
		t.Skip("takes minutes")
	}
	u := newSuite(t, newCilock(t))
	for _, backend := range []string{"ebpf", "ptrace"} {
		if haveBackend(t, u, backend) {
			u.backends = append(u.backends, backend)
		}
	}
	verdicts, err := u.all(t.Context(), regexp.MustCompile(""), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	if err := print(&table, verdicts, u.backends); err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%s\n%s", table.String(), count(verdicts, u.backends))
	for _, failure := range failures(verdicts) {
		t.Error(failure)
	}
}

// needRoot skips where the tricks cannot be run as they are meant.
func needRoot(t *testing.T) {
	t.Helper()
	if runtime.GOOS != "linux" || os.Geteuid() != 0 {
		t.Skip("needs Linux and root")
	}
}

// newCilock is the program of this module.
func newCilock(t *testing.T) string {
	t.Helper()
	cilock := filepath.Join(openFolder(t), "cilock")
	if err := buildCilock(t.Context(), cilock); err != nil {
		t.Fatal(err)
	}
	return cilock
}

// haveBackend reports whether a backend can be had, with hooks for files and for
// the network. CI requires it.
func haveBackend(t *testing.T, u *suite, backend string) bool {
	t.Helper()
	end := probe(t, u, backend)
	d := listen(end.ours).description
	if d != nil && d.Backend == backend && hears(d, "open", "file") && hears(d, "connect", "network") {
		return true
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("no complete %s sensor:\n%s", backend, end.ours)
	}
	t.Logf("no complete %s sensor:\n%s", backend, end.ours)
	return false
}

// probe traces something small.
func probe(t *testing.T, u *suite, backend string) ended {
	t.Helper()
	dir := filepath.Join(u.work, "probe-"+backend)
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	end, err := start(t.Context(), patience, dir, u.cilock, "trace", "--backend", backend, "--out", dir+".trace", "--",
		filepath.Join(u.tricks, "bpf_list"))
	if err != nil {
		t.Fatal(err)
	}
	return end
}

// hears reports whether a sensor has a hook of one of these names.
func hears(d *trace.Description, names ...string) bool {
	for _, h := range d.Hooks {
		for _, name := range names {
			if strings.Contains(h.Name, name) {
				return true
			}
		}
	}
	return false
}
