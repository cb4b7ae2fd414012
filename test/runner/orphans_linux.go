package runner

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// killTracked ends the processes that carry the job's RUNNER_TRACKING_ID in their
// environment ("Cleaning up orphan processes", JobExtension.cs).
func killTracked(id string) {
	entry := []byte("RUNNER_TRACKING_ID=" + id)
	paths, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, path := range paths {
		env, err := os.ReadFile(path)
		if err != nil {
			continue // gone, or not ours
		}
		for kv := range bytes.SplitSeq(env, []byte{0}) {
			if bytes.Equal(kv, entry) {
				if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
					_ = syscall.Kill(pid, syscall.SIGKILL)
				}
			}
		}
	}
}
