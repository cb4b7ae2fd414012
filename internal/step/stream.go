package step

import (
	"errors"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// bufferSize is the most that one read takes; a pipe on Linux is asked to
	// hold four times that.
	bufferSize = 256 << 10
	pipeSize   = 1 << 20
	// buffers rotate between the copy and the evidence, so that hashing one
	// overlaps with copying the next. They are made when they are first used:
	// most steps write little, and 1.5 MB at the start makes the collector run.
	buffers = 3
)

// stream copies one output of the command to dst and to the evidence. Two
// goroutines: copy reads and passes on at once, collect hashes and spools. If
// collect is the slower one, copy waits for a buffer: nothing piles up.
type stream struct {
	name string
	src  *os.File
	dst  io.Writer // nil discards

	full, free chan []byte
	giveUp     chan struct{} // closed when Wait stops waiting for us
	once       sync.Once
	finished   chan Output // buffered: the evidence part, once

	moved    int64 // bytes read; copy's own
	complete atomic.Bool
	mu       sync.Mutex
	writeErr error
}

func newStream(name string, src *os.File, dst io.Writer) *stream {
	s := &stream{
		name: name, src: src, dst: dst,
		full: make(chan []byte, buffers), free: make(chan []byte, buffers),
		giveUp: make(chan struct{}), finished: make(chan Output, 1),
	}
	for range buffers {
		s.free <- nil
	}
	return s
}

// run starts the two goroutines. The evidence belongs to the stream from here.
func (s *stream) run(e *evidence) {
	go s.copy()
	go s.collect(e)
}

func (s *stream) copy() {
	defer close(s.full)
	defer s.src.Close() // before full tells Wait that all is over
	for s.pass(s.src.Read) {
	}
}

// pass moves one read on, and reports whether there may be more.
func (s *stream) pass(read func([]byte) (int, error)) bool {
	var buf []byte
	select {
	case buf = <-s.free:
	case <-s.giveUp:
		return false
	}
	if buf == nil {
		buf = make([]byte, bufferSize)
	}
	n, err := read(buf)
	if n > 0 && !s.deliver(buf[:n]) {
		return false
	}
	if n <= 0 {
		s.free <- buf
	}
	switch {
	case err == nil:
		return true
	case errors.Is(err, os.ErrDeadlineExceeded):
		// The drain is over. What is in the pipe already was written by the
		// command, perhaps, while we were held up by a slow reader of ours: take
		// at most one pipe full of it, without waiting.
		s.rest()
	default:
		s.complete.Store(isEOF(err))
	}
	return false
}

// deliver hands p to the evidence and writes it to dst. Both only read it; copy
// does not take the buffer back before the write is done.
func (s *stream) deliver(p []byte) bool {
	s.moved += int64(len(p))
	s.full <- p // has room for every buffer there is
	if s.dst == nil || s.failed() {
		return true
	}
	if _, err := s.dst.Write(p); err != nil {
		// The command would see its own pipe closed, so it shall; what it wrote
		// before that is still evidence.
		s.mu.Lock()
		s.writeErr = err
		s.mu.Unlock()
		s.rest()
		return false
	}
	return true
}

func (s *stream) failed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.writeErr != nil
}

// rest reads what can be had without waiting, up to one pipe full.
func (s *stream) rest() {
	limit := s.moved + pipeSize
	for s.moved < limit {
		more := s.pass(func(p []byte) (int, error) { return readNow(s.src, p) })
		if !more {
			return
		}
	}
}

func (s *stream) collect(e *evidence) {
	var o Output
	defer func() { s.finished <- o }()
	defer func() { e.finish(&o) }()
	take := func(b []byte) {
		e.write(b)
		o.Size += int64(len(b)) // so that size and digest are of the same bytes
		s.free <- b[:cap(b)]
	}
	for {
		select {
		case b, ok := <-s.full:
			if !ok {
				return
			}
			take(b)
		case <-s.giveUp:
			for { // what was read before still counts
				select {
				case b, ok := <-s.full:
					if !ok {
						return
					}
					take(b)
				default:
					return
				}
			}
		}
	}
}

// deadline bounds the waiting for more output. It reports false where the
// system cannot do that for this kind of file; then only abandon helps.
func (s *stream) deadline(t time.Time) bool {
	return !errors.Is(s.src.SetReadDeadline(t), os.ErrNoDeadline)
}

// abandon stops waiting: a copy that is stuck in a write to a reader that does
// not read is left behind.
func (s *stream) abandon() { s.once.Do(func() { close(s.giveUp) }) }

// output completes the evidence part with what copy knows.
func (s *stream) output(o Output) Output {
	o.Name, o.Complete = s.name, s.complete.Load()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.writeErr != nil {
		o.WriteError, o.ReaderGone = s.writeErr.Error(), errors.Is(s.writeErr, syscall.EPIPE)
	}
	return o
}
