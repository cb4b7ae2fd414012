package verdict

import (
	"regexp"
	"strconv"
)

// processPattern is how the messages of policies name a process: "process 12", as
// the packs do, or "PID 12", "pid=12", as the published rules and others do.
var processPattern = regexp.MustCompile(`(?i)\b(?:process |pid[ :=]*)([0-9]{1,9})\b`)

// Process is the process that a finding names, the first one. It is read out of a
// message, which is untrusted: there need be no such process.
func (f Finding) Process() (pid int, ok bool) {
	m := processPattern.FindStringSubmatch(f.Found)
	if m == nil {
		return 0, false
	}
	pid, err := strconv.Atoi(m[1])
	return pid, err == nil
}
