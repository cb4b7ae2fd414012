package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/pkg/trace"
)

// stream is a trace as `cilock trace` wrote it.
type stream struct {
	messages    []trace.Message
	description *trace.Description // nil if there was no tracer
	account     *trace.Account     // nil if nothing was counted
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

// variantOf is which set of grades a sensor is held to: ptrace, fentry for eBPF
// inside of the kernel's function (fexit/security_file_open, lsm/file_open), or
// exit for eBPF that looks descriptors up when a call returns.
func variantOf(backend string, d *trace.Description) string {
	if backend == "ptrace" {
		return backend
	}
	if d != nil {
		for _, h := range d.Hooks {
			if strings.HasSuffix(h.How, "file_open") {
				return "fentry"
			}
		}
	}
	return "exit"
}

// read reads a trace, and what `cilock trace` said about it. A file that is not
// there is an empty one: whoever killed the tracer may have prevented it.
func read(file, said string) (stream, error) {
	st := listen(said)
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return st, nil
	}
	if err != nil {
		return st, fmt.Errorf("open the trace: %w", err)
	}
	defer f.Close()
	var bad error
	err = trace.Replay(f, trace.HandlerFunc(func(m trace.Message) {
		if err := plain(&m); err != nil && bad == nil {
			bad = err
		}
		st.messages = append(st.messages, m)
	}))
	return st, errors.Join(err, bad)
}

// plain gives the strings of a message the bytes back that JSON cannot carry.
func plain(m *trace.Message) error {
	for _, field := range []*string{&m.Path, &m.Name, &m.Target, &m.Script, &m.Cwd, &m.Address} {
		text, err := filetree.PathOf(*field)
		if err != nil {
			return fmt.Errorf("read a message of process %d: %w", m.PID, err)
		}
		*field = text
	}
	return nil
}

// listen reads description and account from the lines that begin with
// "cilock:". There is no account if no class was counted.
func listen(said string) stream {
	var st stream
	var a trace.Account
	for line := range strings.Lines(said) {
		line, ours := strings.CutPrefix(strings.TrimSpace(line), "cilock: ")
		key, rest, _ := strings.Cut(line, ": ")
		switch {
		case !ours:
		case key == "backend":
			st.description = &trace.Description{Backend: rest}
		case key == "hook" && st.description != nil:
			name, how, _ := strings.Cut(rest, ": ")
			st.description.Hooks = append(st.description.Hooks, trace.Hook{Name: name, How: how})
		case key == "limit":
			a.Limits = append(a.Limits, rest)
		case key == "gap":
			a.Gaps = append(a.Gaps, rest)
		case key == "survivor":
			pid, _ := strconv.Atoi(rest)
			a.Survivors = append(a.Survivors, pid)
		default:
			var c trace.Class
			if n, _ := fmt.Sscanf(line, "%s events: %d attempted, %d received, %d deduplicated, %d lost",
				&c.Name, &c.Attempted, &c.Received, &c.Deduplicated, &c.Lost); n == 5 {
				a.Classes = append(a.Classes, c)
			}
		}
	}
	if a.Classes != nil {
		st.account = &a
	} else if st.description != nil {
		st.description.Limits = a.Limits
	}
	return st
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

// tree checks that every process is born before it does anything, and ends
// once. The first message's process is the root. A PID that comes twice would
// be the kernel's right only after as many forks as there are PIDs.
func (st stream) tree() []string {
	var out []string
	alive := map[int]bool{}
	for i, m := range st.messages {
		still, known := alive[m.PID]
		switch {
		case m.Kind == trace.Digest: // comes when the content has been read
		case m.Kind == trace.Exit:
			if !still {
				out = append(out, fmt.Sprintf("process %d ends before it is born, or twice", m.PID))
			}
			alive[m.PID] = false
		case i == 0 || m.Kind == trace.Fork && !known:
			alive[m.PID] = true
		case m.Kind == trace.Fork:
			out = append(out, fmt.Sprintf("process %d is born twice", m.PID))
		case !known:
			out = append(out, fmt.Sprintf("process %d does something (%s %s) before it is born", m.PID, m.Kind, m.Path))
			alive[m.PID] = true // say it once
		case !still:
			out = append(out, fmt.Sprintf("process %d does something (%s %s) after its end", m.PID, m.Kind, m.Path))
		}
	}
	for _, pid := range st.survivors() {
		delete(alive, pid)
	}
	for pid, still := range alive {
		if still {
			out = append(out, fmt.Sprintf("process %d has no end, and is not said to survive", pid))
		}
	}
	if len(out) > 10 {
		out = append(out[:10], fmt.Sprintf("and %d more", len(out)-10))
	}
	return out
}

func (st stream) survivors() []int {
	if st.account == nil {
		return nil
	}
	return st.account.Survivors
}
