package secretscan

import (
	"context"
	"io"
	"sync"
)

// maxQueued bounds what a Writer has taken and the scanner has not, in bytes.
const maxQueued = 4 << 20

// Writer returns a writer to a source, which is scanned beside it as ScanStream does, however it is cut into writes. A
// write waits only while more than 4 MiB wait to be scanned. Close waits for the scan's end; its error is the scan's.
// What was written is in a Result only after Close.
func (s *Scanner) Writer(source string) io.WriteCloser {
	q := &queue{done: make(chan error, 1)}
	q.changed.L = &q.mu
	go func() {
		src := s.newSource(source, true)
		err := s.add(context.Background(), src, q)
		q.mu.Lock()
		q.over = true // nobody reads on
		q.changed.Broadcast()
		q.mu.Unlock()
		q.done <- err
	}()
	return q
}

// A queue is a pipe with room.
type queue struct {
	done chan error

	mu      sync.Mutex // guards all below
	changed sync.Cond
	data    []byte
	read    int // bytes of data that were taken
	closed  bool
	over    bool
	err     error
}

func (q *queue) Write(p []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for rest := p; len(rest) > 0; {
		for len(q.data)-q.read >= maxQueued && !q.closed && !q.over {
			q.changed.Wait()
		}
		if q.closed || q.over {
			return len(p) - len(rest), io.ErrClosedPipe
		}
		n := min(len(rest), maxQueued-(len(q.data)-q.read))
		if q.read > 0 && len(q.data)+n > cap(q.data) {
			q.data, q.read = append(q.data[:0], q.data[q.read:]...), 0
		}
		q.data = append(q.data, rest[:n]...)
		rest = rest[n:]
		q.changed.Broadcast()
	}
	return len(p), nil
}

func (q *queue) Read(p []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.read == len(q.data) && !q.closed {
		q.changed.Wait()
	}
	if q.read == len(q.data) {
		return 0, io.EOF
	}
	n := copy(p, q.data[q.read:])
	if q.read += n; q.read == len(q.data) {
		q.data, q.read = q.data[:0], 0
	}
	q.changed.Broadcast()
	return n, nil
}

// Close ends the source. A second one does nothing but return the same.
func (q *queue) Close() error {
	q.mu.Lock()
	if q.closed {
		defer q.mu.Unlock()
		return q.err
	}
	q.closed = true
	q.changed.Broadcast()
	q.mu.Unlock()
	err := <-q.done
	q.mu.Lock()
	defer q.mu.Unlock()
	q.err = err
	return err
}
