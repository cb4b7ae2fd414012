package policy

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

// limitData has the kernel refuse this process more data than it has now and
// growth bytes more, whatever allocates it: one call of a builtin can ask for all
// at once, faster than anybody watches. Go maps its heap in pieces of 64 MiB,
// which count whole.
func limitData(growth uint64) {
	const arena = 64 << 20
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return // the watch remains
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmData:"); ok {
			kB, err := strconv.ParseUint(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			if err == nil {
				most := kB<<10 + growth + 2*arena
				_ = syscall.Setrlimit(rlimitData, &syscall.Rlimit{Cur: most, Max: most})
			}
		}
	}
}

const rlimitData = syscall.RLIMIT_DATA // counts private mappings too, from Linux 4.7 on
