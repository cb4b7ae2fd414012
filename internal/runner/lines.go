package runner

import (
	"io"
	"sync"
)

// lineEnds is an output of ours that knows whether its last line is ended. The
// runner reads the output of each step by itself (OutputManager.cs); through us
// they all come one after the other.
type lineEnds struct {
	to io.Writer

	mu   sync.Mutex
	open bool
}

func (l *lineEnds) write(p []byte, fresh bool) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if fresh && l.open {
		if _, err := l.to.Write([]byte("\n")); err != nil {
			return 0, err
		}
	}
	n, err := l.to.Write(p)
	if n > 0 {
		l.open = p[n-1] != '\n'
	}
	return n, err
}

// ownLines is the output of one process: it begins on a line of its own. What a
// process leaves open stays as it is if nothing follows.
type ownLines struct {
	of    *lineEnds
	begun bool
}

func (o *ownLines) Write(p []byte) (int, error) {
	n, err := o.of.write(p, !o.begun)
	o.begun = true
	return n, err
}

// eachLine is an output of which each write begins on a line of its own.
type eachLine struct{ of *lineEnds }

func (e eachLine) Write(p []byte) (int, error) { return e.of.write(p, true) }
