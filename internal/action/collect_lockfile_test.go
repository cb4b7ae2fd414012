package action

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/attest"
)

// lockfiles puts files into a folder, and collects them.
func lockfiles(t *testing.T, ctx context.Context, files map[string]string) (attest.Lockfile, Section) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	stop, err := lockfileCollector{}.Start(ctx, Target{Plan: Plan{Dir: dir}})
	if err != nil {
		t.Fatal(err)
	}
	s, err := stop(t.Context(), Step{Started: true})
	if err != nil {
		t.Fatal(err)
	}
	return s.Body.(attest.Lockfile), s
}

// TestLockfileBounds: what is beyond a bound is a gap, and what is above it is
// there.
func TestLockfileBounds(t *testing.T) {
	many := map[string]string{"requirements.txt": "top\n"}
	for i := range maxLockFiles + 1 {
		many[fmt.Sprintf("sub%03d/requirements.txt", i)] = "a\n"
	}
	body, s := lockfiles(t, t.Context(), many)
	if len(body.Files) != maxLockFiles || body.Files[0].Path != "requirements.txt" || len(s.Gaps) != 1 ||
		s.Gaps[0] != `2 lock files are not read: there are more than 64, as "sub063/requirements.txt"` {
		t.Errorf("%d files, gaps %q", len(body.Files), s.Gaps)
	}

	var long strings.Builder
	for i := range 60_000 {
		fmt.Fprintf(&long, "package-%d==1.0 --hash=sha256:%064x\n", i, i)
	}
	body, s = lockfiles(t, t.Context(), map[string]string{"requirements.txt": long.String()})
	text, err := attest.Encode(body)
	if err != nil {
		t.Fatal(err)
	}
	if f := body.Files[0]; f.Entries != 60_000 || len(body.Entries)+body.NotListed != f.Entries || body.NotListed == 0 || len(text) > maxLockListed {
		t.Errorf("%d entries, %d listed, %d not, %d bytes", f.Entries, len(body.Entries), body.NotListed, len(text))
	}
	if len(s.Gaps) != 1 || !strings.Contains(s.Gaps[0], "are counted and not listed") {
		t.Errorf("gaps %q", s.Gaps)
	}
}

// TestLockfileCancelled: after a cancel there is no time to look.
func TestLockfileCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	body, s := lockfiles(t, ctx, map[string]string{"go.sum": ""})
	if len(body.Files) > 0 || len(s.Gaps) != 1 || s.Gaps[0] != "not all folders were looked at: the run was cancelled" {
		t.Errorf("%d files, gaps %q", len(body.Files), s.Gaps)
	}
}
