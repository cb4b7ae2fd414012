package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/trace"
)

// TestEBPF and TestPtrace run every trick under a backend, and print the table
// with -v. In CI each backend must be there.
func TestEBPF(t *testing.T)   { testBackend(t, "ebpf") }
func TestPtrace(t *testing.T) { testBackend(t, "ptrace") }

func testBackend(t *testing.T, backend string) {
	needRoot(t)
	if testing.Short() {
		t.Skip("takes a minute")
	}
	u := newSuite(t, newCilock(t), backend)
	needBackend(t, u, backend)
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

// newCilock is the program of this module.
func newCilock(t *testing.T) string {
	t.Helper()
	cilock := filepath.Join(openFolder(t), "cilock")
	if err := buildCilock(t.Context(), cilock); err != nil {
		t.Fatal(err)
	}
	return cilock
}

// needBackend skips where a backend cannot be had, or where it has no hooks for
// files or for the network. CI requires it.
func needBackend(t *testing.T, u *suite, backend string) {
	t.Helper()
	end := probe(t, u, backend)
	d := listen(end.ours).description
	if d != nil && d.Backend == backend && hears(d, "open", "file") && hears(d, "connect", "network") {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("no complete %s sensor:\n%s", backend, end.ours)
	}
	t.Skipf("no complete %s sensor:\n%s", backend, end.ours)
}

// probe traces something small.
func probe(t *testing.T, u *suite, backend string) ended {
	t.Helper()
	dir := filepath.Join(u.work, "probe")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	end, err := start(t.Context(), dir, u.cilock, "trace", "--backend", backend, "--out", dir+".trace", "--",
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
