package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/org/cilock-action/pkg/trace"
)

// maxLine bounds one line of a trace: a message of the longest path, with a
// target and every byte of it escaped, is below this.
const maxLine = 1 << 20

// stream is a trace as `cilock trace` wrote it.
type stream struct {
	messages    []trace.Message
	description *trace.Description // nil if the file does not say
	account     *trace.Account     // nil if the trace has no end
}

// limits are all that the sensor says it cannot do.
func (st stream) limits() []string {
	var out []string
	if st.description != nil {
		out = append(out, st.description.Limits...)
	}
	if st.account != nil {
		out = append(append(out, st.account.Limits...), st.account.Gaps...)
	}
	return out
}

// claimsComplete reports whether the trace says that nothing was lost.
func (st stream) claimsComplete() bool {
	if st.account == nil || len(st.account.Gaps) > 0 {
		return false
	}
	for _, c := range st.account.Classes {
		if c.Lost != 0 || c.Unaccounted() != 0 {
			return false
		}
	}
	return true
}

// variantOf is which set of grades a sensor is held to: ptrace, fentry, or exit
// for eBPF that looks descriptors up when a call returns.
func variantOf(backend string, d *trace.Description) string {
	if backend == "ptrace" {
		return backend
	}
	if d != nil {
		for _, h := range d.Hooks {
			if strings.Contains(h.Name, "open") && (strings.HasPrefix(h.How, "fentry") || strings.HasPrefix(h.How, "lsm")) {
				return "fentry"
			}
		}
	}
	return "exit"
}

// readFile reads a trace. A file that is not there is an empty one: whoever
// killed the tracer may have prevented it.
func readFile(name string) (stream, error) {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return stream{}, nil
	}
	if err != nil {
		return stream{}, fmt.Errorf("read the trace: %w", err)
	}
	defer f.Close()
	return read(f)
}

// read reads JSON lines: messages, and in any other line, or in a field of it,
// the sensor's description and account.
func read(r io.Reader) (stream, error) {
	var st stream
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	for n := 1; lines.Scan(); n++ {
		var m trace.Message
		if err := json.Unmarshal(lines.Bytes(), &m); err == nil && m.Kind != "" {
			st.messages = append(st.messages, m)
			continue
		}
		var other map[string]json.RawMessage
		if err := json.Unmarshal(lines.Bytes(), &other); err != nil {
			return st, fmt.Errorf("line %d of the trace: %w", n, err)
		}
		st.frame(lines.Bytes())
		for _, field := range other {
			st.frame(field)
		}
	}
	if err := lines.Err(); err != nil {
		return st, fmt.Errorf("read the trace: %w", err)
	}
	return st, nil
}

// frame takes text if it is a description or an account.
func (st *stream) frame(text []byte) {
	var d trace.Description
	if json.Unmarshal(text, &d) == nil && d.Backend != "" {
		st.description = &d
	}
	var a trace.Account
	if json.Unmarshal(text, &a) == nil && a.Classes != nil {
		st.account = &a
	}
}

// unsound lists what is wrong with a trace in itself, whatever was traced.
func (st stream) unsound() []string {
	var out []string
	if st.account == nil {
		out = append(out, "the trace has no account")
	} else {
		for _, c := range st.account.Classes {
			if c.Lost != 0 || c.Unaccounted() != 0 {
				out = append(out, fmt.Sprintf("class %s: %d lost, %d unaccounted", c.Name, c.Lost, c.Unaccounted()))
			}
		}
	}
	return append(out, st.tree()...)
}

// tree checks that every process was born before it did anything, and ended
// once. The first message's process is the root.
func (st stream) tree() []string {
	var out []string
	alive := map[int]bool{}
	for i, m := range st.messages {
		switch {
		case i == 0 || m.Kind == trace.Fork:
			alive[m.PID] = true
			continue
		case m.Kind == trace.Digest:
			continue // comes when the content has been read
		case !alive[m.PID]:
			out = append(out, fmt.Sprintf("process %d does something (%s %s%s) before it is born or after its end", m.PID, m.Kind, m.Path, m.Op))
			alive[m.PID] = true // say it once
		}
		if m.Kind == trace.Exit {
			alive[m.PID] = false
		}
	}
	left := 0
	for _, still := range alive {
		if still {
			left++
		}
	}
	if survivors := st.survivors(); left != survivors {
		out = append(out, fmt.Sprintf("%d processes have no end, and %d are said to survive", left, survivors))
	}
	return out
}

func (st stream) survivors() int {
	if st.account == nil {
		return 0
	}
	return len(st.account.Survivors)
}
