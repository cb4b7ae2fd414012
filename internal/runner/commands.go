package runner

import (
	"bytes"
	"io"
	"sync"
	"unicode"
	"unicode/utf8"
)

// The bounds of what is held to see whether it becomes a command, in bytes. A
// longer line passes as it comes, and so do more blanks before one.
const (
	maxCommandLine   = 1 << 20
	maxCommandBlanks = 1 << 10
)

// commandReader obeys the commands that an action means for itself and that the
// runner would take for ours: set-output, save-state, set-env and add-path. Both
// outputs of one process pass through it on their way out; those commands are
// taken out of them. All others pass.
type commandReader struct {
	outputs, state, env map[string]string
	path                []string
	unsecure            bool     // set-env and add-path are allowed
	errs                []error  // what could not be obeyed: it fails the step
	notices             []string // what was not obeyed and does not

	mu      sync.Mutex
	stopped string // the word that ends stop-commands, or empty
}

func newCommandReader() *commandReader {
	return &commandReader{outputs: map[string]string{}, state: map[string]string{}, env: map[string]string{}}
}

// filter is a writer for one of the outputs. What it lets out does not depend on
// how the output is cut into writes.
func (r *commandReader) filter(to io.Writer) *commandFilter { return &commandFilter{of: r, to: to} }

// commandFilter holds a line back from where it may be a command: its beginning
// for ::name::, the first ##[ for the older form. A line ends at \n or \r, as it
// does for the runner (StreamReader).
type commandFilter struct {
	of      *commandReader
	to      io.Writer
	held    []byte // the end of the line so far
	out     []byte // let out, not written yet
	begun   bool   // what is held is not the line's beginning
	passing bool   // the rest of this line is no command
	swallow bool   // a \n now belongs to a line that was taken out
}

func (f *commandFilter) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		if f.swallow {
			f.swallow = false
			if rest[0] == '\n' {
				rest = rest[1:]
				continue
			}
		}
		part, whole := rest, false
		if end := bytes.IndexAny(rest, "\r\n"); end >= 0 {
			part, whole = rest[:end+1], true
		}
		rest = rest[len(part):]
		f.part(part, whole)
	}
	return len(p), f.flush()
}

// Close lets out what was held back at the end of the output.
func (f *commandFilter) Close() error {
	f.line(f.held, nil)
	return f.flush()
}

func (f *commandFilter) flush() error {
	out := f.out
	f.out = f.out[:0]
	if len(out) == 0 {
		return nil
	}
	_, err := f.to.Write(out)
	return err
}

// part is a piece of one line, up to its end if whole.
func (f *commandFilter) part(b []byte, whole bool) {
	if !f.passing {
		f.held = append(f.held, b...)
		f.letOut(whole)
		if len(f.held) <= maxCommandLine {
			if whole {
				end := max(len(f.held)-1, 0)
				f.line(f.held[:end], f.held[end:])
			}
			return
		}
		b, f.held, f.passing = f.held, nil, true
	}
	f.out = append(f.out, b...)
	if whole {
		f.next()
	}
}

// letOut lets out what is held and no part of a command.
func (f *commandFilter) letOut(whole bool) {
	if !f.begun && mayBegin(f.held) {
		return
	}
	n := bytes.Index(f.held, []byte(oldPrefix))
	if n < 0 {
		n = len(f.held)
		for !whole && n > 0 && n > len(f.held)-len(oldPrefix)+1 && bytes.HasPrefix([]byte(oldPrefix), f.held[n-1:]) {
			n--
		}
	}
	f.out = append(f.out, f.held[:n]...)
	f.held = f.held[n:]
	f.begun = f.begun || n > 0
}

// line is the end of a line that was held, and what ends it.
func (f *commandFilter) line(line, end []byte) {
	keep, taken := len(line), false
	if len(line) > 0 {
		keep, taken = f.of.obey(string(line), !f.begun)
	}
	f.out = append(f.out, line[:keep]...)
	if !taken || keep > 0 || f.begun {
		f.out = append(f.out, end...)
	} else {
		f.swallow = len(end) > 0 && end[0] == '\r'
	}
	f.next()
}

func (f *commandFilter) next() { f.held, f.begun, f.passing = nil, false, false }

// mayBegin reports whether the beginning of a line can be that of ::name::. White
// space may come first.
func mayBegin(b []byte) bool {
	rest := bytes.TrimLeftFunc(b, unicode.IsSpace)
	switch {
	case len(b)-len(rest) > maxCommandBlanks:
		return false
	case len(rest) < len(commandKey):
		return bytes.HasPrefix([]byte(commandKey), rest) || !utf8.FullRune(rest)
	}
	return bytes.HasPrefix(rest, []byte(commandKey)) || !utf8.FullRune(rest)
}
