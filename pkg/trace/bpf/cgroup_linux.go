//go:build amd64 || arm64

package bpf

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// cgroupRoot is where the root of the cgroup v2 hierarchy is mounted.
func cgroupRoot() (string, error) {
	mounts, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return "", fmt.Errorf("find the cgroup hierarchy: %w", err)
	}
	defer mounts.Close()
	return cgroupMount(mounts)
}

var errNoCgroup2 = errors.New("no cgroup v2 hierarchy is mounted")

// cgroupMount finds it in a mountinfo (proc_pid_mountinfo(5)), the whole of it
// rather than a part.
func cgroupMount(mountinfo io.Reader) (string, error) {
	found := ""
	lines := bufio.NewScanner(mountinfo)
	for lines.Scan() {
		mount, fs, _ := strings.Cut(lines.Text(), " - ")
		fields := strings.Fields(mount)
		if len(fields) < 5 || !strings.HasPrefix(fs, "cgroup2 ") {
			continue
		}
		if found == "" || fields[3] == "/" {
			found = unescapeMount(fields[4])
		}
		if fields[3] == "/" {
			break
		}
	}
	if err := lines.Err(); err != nil {
		return "", fmt.Errorf("read the mounts: %w", err)
	}
	if found == "" {
		return "", errNoCgroup2
	}
	return found, nil
}

// unescapeMount reads a path of a mountinfo, where some characters are \NNN in
// octal.
func unescapeMount(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if c, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(c))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
