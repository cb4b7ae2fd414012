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
		l.open = false
	}
	if len(p) == 0 {
		return 0, nil
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

// betweenSteps is where we say something of our own. Both outputs may be one file:
// what stands open in either is ended.
type betweenSteps struct{ of *children }

func (b betweenSteps) Write(p []byte) (int, error) {
	if _, err := b.of.stdout.write(nil, true); err != nil {
		return 0, err
	}
	return b.of.stderr.write(p, true)
}
