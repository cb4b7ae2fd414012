package stack

import (
	"os"
	"testing"
)

// TestBinaries builds everything that is started from here, so that no other
// test is charged for it.
func TestBinaries(t *testing.T) {
	for name, path := range map[string]string{"sigstack": Binary(t), "rekor1": module(t, "rekor1"), "cosign": Cosign(t)} {
		info, err := os.Stat(path)
		if err != nil || info.Mode()&0o111 == 0 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
}
