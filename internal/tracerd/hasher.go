package tracerd

import (
	"context"
	"fmt"
	"time"

	"github.com/org/cilock-action/pkg/trace"
)

// hasher stands between a sensor and the sender: it passes every message on,
// and takes the digest of each file that was executed or mapped as program text,
// once, while the process is likely to be there still. Nothing waits for it.
type hasher struct {
	next  *sender
	queue chan wanted
	seen  map[fileID]bool
	late  int // files for which the queue had no room
	done  chan struct{}
}

type fileID struct{ dev, ino uint64 }

// stamp is what tells one content of a file from another, short of its digest.
type stamp struct {
	fileID
	size         int64
	mtime, ctime int64 // nanoseconds
}

// wanted is one file to hash.
type wanted struct {
	fileID
	pid  int
	path string
}

// maxQueue is far above what a build runs in the time that it takes to hash a
// program.
const maxQueue = 4096

func newHasher(next *sender) *hasher {
	h := &hasher{next: next, queue: make(chan wanted, maxQueue), seen: map[fileID]bool{}, done: make(chan struct{})}
	go h.run()
	return h
}

// Handle is called by the sensor, one message at a time.
func (h *hasher) Handle(m trace.Message) {
	h.next.Handle(m)
	switch {
	case m.Kind == trace.Exec:
		h.want(m.PID, m.Path, fileID{m.Dev, m.Ino})
		if m.Script != "" {
			h.want(m.PID, m.Script, fileID{})
		}
	case m.Kind == trace.Open && m.Access&(trace.Mapped|trace.Executed) != 0 && m.Errno == 0:
		h.want(m.PID, m.Path, fileID{m.Dev, m.Ino})
	case m.Kind == trace.Open && m.Access&trace.Write != 0:
		delete(h.seen, fileID{m.Dev, m.Ino}) // what is executed next is another content
	}
}

func (h *hasher) want(pid int, path string, id fileID) {
	if path == "" || id.ino != 0 && h.seen[id] {
		return
	}
	if id.ino != 0 {
		h.seen[id] = true
	}
	select {
	case h.queue <- wanted{id, pid, path}:
	default:
		h.late++
	}
}

func (h *hasher) run() {
	defer close(h.done)
	known := map[stamp]bool{}
	for w := range h.queue {
		m, at := w.digest()
		if !known[at] || m.SHA256 == "" {
			known[at] = true
			h.next.Handle(m)
		}
	}
}

// stop waits for the files that are still to be hashed and returns the gaps.
func (h *hasher) stop(ctx context.Context) (gaps []string) {
	close(h.queue)
	dropped := 0
	select {
	case <-h.done:
	case <-ctx.Done():
		for range h.queue {
			dropped++
		}
		select { // the one that is being hashed
		case <-h.done:
		case <-time.After(lastWithin):
			dropped++
		}
	}
	if dropped > 0 {
		gaps = append(gaps, fmt.Sprintf("%d executed files were not hashed in time", dropped))
	}
	if h.late > 0 {
		gaps = append(gaps, fmt.Sprintf("%d executed files were not hashed: they came too fast", h.late))
	}
	return gaps
}

// lastWithin is how long the last file may take when the time is up.
const lastWithin = 100 * time.Millisecond
