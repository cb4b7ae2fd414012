package tracerd

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/org/cilock-action/pkg/trace"
)

// disarmed watches for calls by which a step could have taken the sensor out
// of action without its end being seen: who is root can reach the tracer's
// programs and its memory. Such a call is a gap, whatever it was for.
type disarmed struct {
	tracer int // its PID
	gaps   []string
}

// maxDisarms bounds what is told of them one by one.
const maxDisarms = 5

// look takes a message of the step.
func (d *disarmed) look(m trace.Message) {
	if m.Errno != 0 || !d.reaches(m) {
		return
	}
	if len(d.gaps) < maxDisarms {
		d.gaps = append(d.gaps, fmt.Sprintf("process %d may have disarmed the sensor: %s", m.PID, strings.TrimSpace(m.Op+" "+m.Target+m.Path)))
	}
}

// reaches reports whether a message is of a way to the tracer. A program or map
// of somebody else is found by its id; our own process by its PID.
func (d *disarmed) reaches(m trace.Message) bool {
	pid := strconv.Itoa(d.tracer)
	switch {
	case m.Kind == trace.Syscall && m.Op == "bpf":
		return strings.HasSuffix(m.Target, "_GET_FD_BY_ID")
	case d.tracer == 0:
		return false
	case m.Kind == trace.Syscall:
		switch m.Op {
		case "ptrace", "process_vm_writev":
			return m.Target == pid || strings.HasSuffix(m.Target, " "+pid) || strings.HasPrefix(m.Target, pid+" ")
		}
	case m.Kind == trace.Open:
		return m.Path == "/proc/"+pid+"/mem" && m.Access&trace.Write != 0
	}
	return false
}
