//go:build unix

package refs

import (
	"os"
	"syscall"
	"testing"

	"github.com/org/cilock-action/test/nobody"
)

// TestDiscoverNothingBlocks: a fifo has nobody who writes to it.
func TestDiscoverNothingBlocks(t *testing.T) {
	inTree(t, map[string]string{"a/": "", "b/action.yml": ""})
	for _, name := range []string{"a/action.yml", "named"} {
		if err := syscall.Mkfifo(name, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	wantFound(t, []string{".", "named"}, defaultLimits(), []string{"b/action.yml"},
		[]string{"a/action.yml: is not a regular file", "named: is not a regular file"})
	sources, _ := Discover(nil)
	if err := os.Remove("b/action.yml"); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo("b/action.yml", 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sources[0].Read(); err == nil {
		t.Error("a fifo was read")
	}
}

func TestDiscoverForbidden(t *testing.T) {
	if nobody.Rerun(t) {
		return
	}
	inTree(t, map[string]string{"closed/": "", "open/action.yml": ""})
	if err := os.Chmod("closed", 0); err != nil {
		t.Fatal(err)
	}
	wantFound(t, nil, defaultLimits(), []string{"open/action.yml"}, []string{"closed: cannot be searched: permission denied"})
}
