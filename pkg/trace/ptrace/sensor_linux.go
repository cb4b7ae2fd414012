//go:build amd64 || arm64

package ptrace

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"

	"github.com/org/cilock-action/pkg/trace"
	"golang.org/x/sys/unix"
)

// Sensor is a tree of traced processes and the thread that traces it.
type Sensor struct {
	t      *tracer
	lock   chan struct{} // holds one token: whoever has it owns t
	change chan struct{} // something was seen since it was last looked at
	done   chan struct{}
	ended  atomic.Bool // Stop was called
}

// Arm traces the main thread of o.PID, which goes on undisturbed, and what it
// starts from then on. The caller has it install [Filter] afterwards. The error
// wraps errors.ErrUnsupported where the kernel, a security module or a sandbox
// forbids it, and says so. The process that calls Arm has to live on until
// [Sensor.Done]; the parent of o.PID is another one.
func Arm(ctx context.Context, o trace.Options) (trace.Sensor, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("trace process %d: %w", o.PID, err)
	}
	s := &Sensor{
		t: newTracer(o.Handler), lock: make(chan struct{}, 1),
		change: make(chan struct{}, 1), done: make(chan struct{}),
	}
	s.lock <- struct{}{}
	armed := make(chan error)
	go onOwnThread(func() {
		err := s.t.seize(o.PID)
		armed <- err
		if err == nil {
			s.loop()
		}
		close(s.done)
	})
	if err := <-armed; err != nil {
		return nil, fmt.Errorf("trace process %d: %w", o.PID, err)
	}
	return s, nil
}

// onOwnThread runs f on a thread that has no children of its own: the loop
// waits for whatever is a child of its thread, and must not take those of
// os/exec. The thread ends with f.
func onOwnThread(f func()) {
	runtime.LockOSThread()
	var own [16]byte
	if len(readFile("/proc/thread-self/children", own[:])) > 0 {
		next := make(chan struct{})
		go func() { defer close(next); onOwnThread(f) }()
		<-next // this thread is taken until then, so that one is another
		return
	}
	f()
}

// Done is closed when the last process of the tree has ended. Until then this
// process must not end; see the package's documentation.
func (s *Sensor) Done() <-chan struct{} { return s.done }

// Stop implements [trace.Sensor]. What is alive is still served, and no longer
// recorded, until Done.
func (s *Sensor) Stop(ctx context.Context) trace.Account {
	if s.ended.Swap(true) {
		return trace.Account{Gaps: []string{"the sensor was stopped twice"}}
	}
	for {
		select {
		case <-s.lock:
		case <-ctx.Done():
			return trace.Account{Gaps: []string{"the tracer did not come to rest in time: its account is missing"}}
		}
		alive, underway := s.t.alive()
		if len(underway) == 0 || ctx.Err() != nil {
			account := s.t.close(alive, underway)
			s.lock <- struct{}{}
			return account
		}
		s.lock <- struct{}{}
		select {
		case <-s.change:
		case <-s.done:
		case <-ctx.Done():
		}
	}
}

// loop waits for stops and answers them until nothing is traced any more.
func (s *Sensor) loop() {
	for served := 1; ; served++ {
		tid, state, err := waitForStop()
		if errors.Is(err, unix.EINTR) {
			continue
		}
		<-s.lock
		if err == nil {
			s.t.stopped(tid, state)
			if served%turn == 0 {
				s.others()
			}
		} else if !errors.Is(err, unix.ECHILD) {
			s.t.gap(fmt.Sprintf("waiting for the traced processes failed: %v", err))
		}
		s.lock <- struct{}{}
		select {
		case s.change <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}
