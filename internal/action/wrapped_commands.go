package action

import (
	"bytes"
	"crypto/rand"
	"io"
	"strings"
	"sync"

	"github.com/org/cilock-action/internal/runner"
)

// maxHeldLine bounds the line that is held to be looked at, in bytes. A longer one
// is ended there: what follows must not stand in the middle of a line.
const maxHeldLine = 1 << 20

// output is where the step's output goes. With wrapped-commands block the runner
// is told to take nothing in it as a command until release is called.
func (p Plan) output(d Deps) (stdout, stderr io.Writer, release func()) {
	if p.Wrap == nil || !p.Wrap.block || !d.Sink.InActions() {
		return d.Stdout, d.Stderr, func() {}
	}
	b := &blocker{to: d.Stdout}
	b.stop()
	out, errs := &blockedStream{of: b}, &blockedStream{of: b}
	return out, errs, func() {
		out.flush()
		errs.flush()
		b.resume()
	}
}

// blocker brackets text with stop-commands (ActionCommandManager.cs). Both
// streams of the step leave through one, line by line: the runner reads ours
// apart, and a line of the other could come while commands are allowed.
type blocker struct {
	mu    sync.Mutex
	to    io.Writer
	token string // that allows commands again; nobody can have seen it before
	err   error
}

func (b *blocker) stop() {
	b.token = "cilock-" + rand.Text()
	b.write("::stop-commands::" + b.token + "\n")
}

func (b *blocker) resume() { b.write("::" + b.token + "::\n") }

func (b *blocker) write(s string) {
	if _, err := io.WriteString(b.to, s); err != nil && b.err == nil {
		b.err = err
	}
}

// line passes one line on. A mask must reach the runner in any case: it protects
// the secrets of whoever reads the log.
func (b *blocker) line(line []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if value, ok := runner.Masked(strings.TrimRight(string(line), "\r\n")); ok {
		b.resume()
		b.write("::add-mask::" + strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(value) + "\n")
		b.stop()
		return b.err
	}
	b.write(string(line))
	return b.err
}

// blockedStream is stdout or stderr. It is written by one goroutine.
type blockedStream struct {
	of   *blocker
	held []byte
}

func (s *blockedStream) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		end := bytes.IndexAny(p, "\r\n") + 1 // a carriage return ends a line for the runner
		if end == 0 {
			end = len(p)
		}
		s.held = append(s.held, p[:end]...)
		p = p[end:]
		last := s.held[len(s.held)-1]
		whole := last == '\n' || last == '\r'
		if !whole && len(s.held) > maxHeldLine {
			s.held, whole = append(s.held, '\n'), true
		}
		if whole {
			if err := s.of.line(s.held); err != nil {
				return 0, err
			}
			s.held = s.held[:0]
		}
	}
	return n, nil
}

// flush ends a last line that has no end.
func (s *blockedStream) flush() {
	if len(s.held) > 0 {
		_ = s.of.line(append(s.held, '\n'))
		s.held = nil
	}
}
