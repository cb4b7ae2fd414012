package verdict

import "testing"

// TestProcess: the packs' messages and the published rule's name a process in two ways.
func TestProcess(t *testing.T) {
	for text, want := range map[string]int{
		"process 12 (/usr/bin/cat) opened /proc/7/environ":                                12,
		"process 12 executed /tmp/x, which process 11 wrote and had a connection":         12,
		"Suspicious file access: process /usr/bin/cat (PID 6025) read /proc/self/environ": 6025,
		"pid=7":                                  7,
		"12 processes":                           0,
		"process 12345678901":                    0,
		"rapid 5":                                0,
		"the process is unknown, see rule 5 (x)": 0,
	} {
		pid, ok := Finding{Found: text}.Process()
		if pid != want || ok != (want > 0) {
			t.Errorf("%q names process %d, %v; want %d", text, pid, ok, want)
		}
	}
}
