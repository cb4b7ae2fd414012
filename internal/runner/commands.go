package runner

import (
	"bytes"
	"io"
	"strings"
	"sync"
)

// maxCommandLine bounds a line that is held to see whether it is a command. A
// longer one passes as it comes.
const maxCommandLine = 1 << 20

// reader of commands: both outputs of one process pass through it on their way
// out. It obeys the two that an action means for itself and that the runner would
// take for ours, set-output and save-state, and takes them out. All others pass.
// It is as strict or lax as the runner (ActionCommand.cs): blanks may come first,
// the name's case is ignored, and after stop-commands nothing is one.
type commandReader struct {
	outputs, state map[string]string

	mu      sync.Mutex
	stopped string // the word that ends stop-commands, or empty
}

func newCommandReader() *commandReader {
	return &commandReader{outputs: map[string]string{}, state: map[string]string{}}
}

// filter is a writer for one of the outputs: it holds back the beginning of a
// line as long as that may become a command.
func (r *commandReader) filter(to io.Writer) *commandFilter { return &commandFilter{of: r, to: to} }

type commandFilter struct {
	of      *commandReader
	to      io.Writer
	held    []byte
	passing bool // the rest of this line is no command
}

func (f *commandFilter) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		end := bytes.IndexByte(p, '\n')
		part, whole := p, false
		if end >= 0 {
			part, whole = p[:end+1], true
		}
		p = p[len(part):]
		if err := f.part(part, whole); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// part is a piece of one line, up to its end if whole.
func (f *commandFilter) part(b []byte, whole bool) error {
	if f.passing {
		f.passing = !whole
		_, err := f.to.Write(b)
		return err
	}
	if len(f.held) == 0 && !mayBecome(b) {
		f.passing = !whole
		_, err := f.to.Write(b)
		return err
	}
	f.held = append(f.held, b...)
	if !whole && len(f.held) <= maxCommandLine && mayBecome(f.held) {
		return nil
	}
	line := f.held
	f.held = nil
	if whole && f.of.obey(strings.TrimRight(string(line), "\r\n")) {
		return nil
	}
	f.passing = !whole
	_, err := f.to.Write(line)
	return err
}

// Close lets out what was held back at the end of the output.
func (f *commandFilter) Close() error {
	line := f.held
	f.held = nil
	if len(line) == 0 || f.of.obey(string(line)) {
		return nil
	}
	_, err := f.to.Write(line)
	return err
}

// mayBecome reports whether the beginning of a line can be that of a command.
func mayBecome(b []byte) bool {
	b = bytes.TrimLeft(b, " \t\v\f\r")
	return len(b) < 2 && bytes.HasPrefix([]byte("::"), b) || bytes.HasPrefix(b, []byte("::"))
}

// obey reports whether a line was a command for the action itself.
func (r *commandReader) obey(line string) bool {
	name, properties, data, ok := parseCommand(line)
	if !ok {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped != "" {
		if name == r.stopped {
			r.stopped = ""
		}
		return false
	}
	switch strings.ToLower(name) {
	case "stop-commands":
		r.stopped = data
	case "set-output":
		return set(r.outputs, properties, data)
	case "save-state":
		return set(r.state, properties, data)
	}
	return false
}

// maxSet bounds the values that commands set in one step.
const maxSet = 10_000

func set(m map[string]string, properties map[string]string, data string) bool {
	if name := properties["name"]; name != "" && len(m) < maxSet {
		m[name] = data
	}
	return true
}

// open is the word that ends stop-commands if the process has left it open: the
// runner forgets it with the step, which ours is not.
func (r *commandReader) open() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stopped
}

// parseCommand reads ::name key=value,key=value::data.
func parseCommand(line string) (name string, properties map[string]string, data string, ok bool) {
	rest, ok := strings.CutPrefix(strings.TrimLeft(line, " \t\v\f\r"), "::")
	if !ok {
		return "", nil, "", false
	}
	head, data, ok := strings.Cut(rest, "::")
	if !ok {
		return "", nil, "", false
	}
	name, list, _ := strings.Cut(head, " ")
	properties = map[string]string{}
	for part := range strings.SplitSeq(list, ",") {
		if key, value, ok := strings.Cut(strings.TrimSpace(part), "="); ok {
			properties[key] = unescapeProperty(value)
		}
	}
	return name, properties, unescapeData(data), name != ""
}

func unescapeData(s string) string {
	return strings.NewReplacer("%0D", "\r", "%0A", "\n", "%25", "%").Replace(s)
}

func unescapeProperty(s string) string {
	return strings.NewReplacer("%0D", "\r", "%0A", "\n", "%3A", ":", "%2C", ",", "%25", "%").Replace(s)
}
