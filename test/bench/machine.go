package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
)

// Machine is where the figures are from. What /proc does not say is empty.
type Machine struct {
	CPU    string `json:"cpu"`
	Cores  int    `json:"cores"`
	Memory string `json:"memory"`
	Kernel string `json:"kernel"`
	Go     string `json:"go"`
	// LoadBefore and LoadAfter are the load averages of 1, 5 and 15 minutes.
	LoadBefore string `json:"loadBefore"`
	LoadAfter  string `json:"loadAfter"`
}

func thisMachine() Machine {
	return Machine{
		CPU:        field("/proc/cpuinfo", "model name"),
		Cores:      runtime.NumCPU(),
		Memory:     field("/proc/meminfo", "MemTotal"),
		Kernel:     strings.TrimSpace(content("/proc/sys/kernel/osrelease")),
		Go:         fmt.Sprintf("%s %s/%s", runtime.Version(), runtime.GOOS, runtime.GOARCH),
		LoadBefore: load(),
	}
}

func load() string {
	f := strings.Fields(content("/proc/loadavg"))
	return strings.Join(f[:min(3, len(f))], " ")
}

// field is the first value of a name in a file of "name : value" lines.
func field(path, name string) string {
	for line := range strings.Lines(content(path)) {
		if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == name {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

func content(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return string(b)
}
