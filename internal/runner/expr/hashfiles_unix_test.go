//go:build unix

package expr

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestHashFilesFifo: nobody writes to it, and nothing waits for that.
func TestHashFilesFifo(t *testing.T) {
	dir := workspace(t, "a")
	if err := syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o644); err != nil {
		t.Skip(err)
	}
	if _, err := HashFiles(t.Context(), dir, []string{"**"}); err == nil || !strings.Contains(err.Error(), "fifo is not a regular file") {
		t.Errorf("error %v", err)
	}
}
