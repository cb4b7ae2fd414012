package tracerd

import (
	"encoding/json"
	"io"
	"sync"
	"time"

	"github.com/org/cilock-action/pkg/trace"
)

// sender writes frames. Messages are gathered, and go out when they fill a
// batch or have waited for a beat of the flusher.
type sender struct {
	mu    sync.Mutex
	w     io.Writer
	batch []byte // wire form of messages, not yet framed
	frame []byte
	sent  uint64
	err   error // the peer is gone: everything else is dropped
}

const (
	batchBytes = 64 << 10
	flushEvery = 50 * time.Millisecond
	beatEvery  = time.Second
)

// Handle queues a message. It is safe for several goroutines: digests come from
// another one than the sensor's messages.
func (s *sender) Handle(m trace.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return
	}
	s.batch = trace.AppendMessage(s.batch, &m)
	s.sent++
	if len(s.batch) >= batchBytes {
		s.flush()
	}
}

// flush writes the batch; the caller holds the lock.
func (s *sender) flush() {
	if len(s.batch) > 0 {
		s.write(frameMessages, s.batch)
		s.batch = s.batch[:0]
	}
}

func (s *sender) write(kind byte, rest []byte) {
	if s.err != nil {
		return
	}
	s.frame = appendFrame(s.frame[:0], kind, rest)
	_, s.err = s.w.Write(s.frame)
}

// send flushes, and sends one frame of JSON; a nil body has none.
func (s *sender) send(kind byte, body any) error {
	var rest []byte
	if body != nil {
		var err error
		if rest, err = json.Marshal(body); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flush()
	s.write(kind, rest)
	return s.err
}

// run flushes and beats until done.
func (s *sender) run(done <-chan struct{}) {
	flush, beat := time.NewTicker(flushEvery), time.NewTicker(beatEvery)
	defer flush.Stop()
	defer beat.Stop()
	for {
		select {
		case <-done:
			return
		case <-flush.C:
			s.mu.Lock()
			s.flush()
			s.mu.Unlock()
		case <-beat.C:
			s.mu.Lock()
			s.write(frameBeat, nil)
			s.mu.Unlock()
		}
	}
}

// end sends the account, and how many messages there were; none goes out after
// it.
func (s *sender) end(account trace.Account) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	rest, err := json.Marshal(ending{account, s.sent})
	if err != nil {
		return err
	}
	s.flush()
	s.write(frameEnd, rest)
	if err = s.err; err == nil {
		s.err = io.ErrClosedPipe
	}
	return err
}
