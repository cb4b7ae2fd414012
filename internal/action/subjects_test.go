package action

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestHashFileEnds: a cancelled run does not go on to hash a large subject.
func TestHashFileEnds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "large")
	if err := os.WriteFile(path, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := hashFile(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if sum, err := hashFile(ctx, path); !errors.Is(err, context.Canceled) {
		t.Errorf("got %q, %v, want the cancellation", sum, err)
	}
}
