//go:build amd64 || arm64

package bpf

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/org/cilock-action/pkg/trace"
	"golang.org/x/sys/unix"
)

// sensor is what Arm returns.
type sensor struct {
	base    base
	proc    *part
	opens   *part   // nil where the kernel refuses it
	noOpens error   // and why, or why it is not used
	net     *part   // nil without it
	parts   []*part // proc and what else could be loaded
	limits  []string
	setup   tracerSetup
	events  *ring
	files   *ring
	handler trace.Handler
	decoder decoder
	root    trace.Message

	received  [classes]atomic.Uint64
	repeated  [classes]atomic.Uint64
	malformed atomic.Uint64

	wake    int // eventfd: there is something in stopped
	stopped chan context.Context
	done    chan struct{} // closed when run has returned
}

// load puts everything into the kernel, with nobody marked.
func load(o trace.Options) (_ *sensor, err error) {
	s := &sensor{
		handler: o.Handler, wake: -1, stopped: make(chan context.Context, 1), done: make(chan struct{}),
		decoder: decoder{ended: make(map[int]bool), calls: calls(), links: make(links)},
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if err := enoughFiles(); err != nil {
		return nil, err
	}
	if s.base, err = newBase(o, s.decoder.calls); err != nil {
		return nil, fmt.Errorf("load the programs: %w", err)
	}
	if err := s.loadParts(); err != nil {
		return nil, fmt.Errorf("load the programs: %w", err)
	}
	if s.setup, err = s.proc.tracer(); err != nil {
		return nil, err
	}
	if s.events, err = openRing(s.base.maps[procMapEvents]); err != nil {
		return nil, err
	}
	if s.files, err = openRing(s.base.maps[procMapFiles]); err != nil {
		return nil, err
	}
	if s.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return nil, fmt.Errorf("make an eventfd: %w", err)
	}
	s.decoder.offset, err = clockOffset()
	return s, err
}

// clockOffset is what the Unix time is ahead of the records' clock.
func clockOffset() (int64, error) {
	var mono, wall unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &mono); err != nil {
		return 0, fmt.Errorf("read the clock: %w", err)
	}
	if err := unix.ClockGettime(unix.CLOCK_REALTIME, &wall); err != nil {
		return 0, fmt.Errorf("read the clock: %w", err)
	}
	return wall.Nano() - mono.Nano(), nil
}

// loadParts loads the objects, all at once. Without proc there is no sensor; what
// else cannot be loaded is a limit.
func (s *sensor) loadParts() error {
	objects := []struct {
		what string
		load func(base) (*part, error)
	}{{"processes and files", loadProcPart}, {"opens", loadInside}, {"io_uring", loadUring}, {"the network", loadNetPart}}
	parts, errs := make([]*part, len(objects)), make([]error, len(objects))
	var wg sync.WaitGroup
	for i, object := range objects {
		wg.Go(func() { parts[i], errs[i] = object.load(s.base) })
	}
	wg.Wait()
	for i, object := range objects {
		switch {
		case errs[i] == nil:
			s.parts = append(s.parts, parts[i])
		case i > 1: // of opens, the limits depend on it
			s.limits = append(s.limits, fmt.Sprintf("no hooks for %s: %v", object.what, errs[i]))
		}
	}
	s.proc, s.opens, s.noOpens, s.net = parts[0], parts[1], errs[1], parts[3]
	return errs[0]
}

func (s *sensor) close() error {
	var errs []error
	for _, r := range []*ring{s.events, s.files} {
		if r != nil {
			errs = append(errs, r.close())
		}
	}
	for _, p := range s.parts {
		errs = append(errs, p.close())
	}
	errs = append(errs, s.base.close())
	if s.wake >= 0 {
		errs = append(errs, unix.Close(s.wake))
	}
	return errors.Join(errs...)
}

// Describe says what is watching.
func (s *sensor) Describe() trace.Description {
	d := trace.Description{Backend: "ebpf", Limits: slices.Clone(s.limits)}
	for _, p := range s.parts {
		for _, at := range p.places {
			d.Hooks = append(d.Hooks, s.reasoned(at.hook))
		}
		d.Limits = append(d.Limits, p.limits...)
	}
	d.Limits = append(append(d.Limits, s.openLimits()...), standingLimits()...)
	return d
}

// standingLimits are those of the places where the programs are.
func standingLimits() []string {
	return []string{
		"renames, links, removals, changes by name and such requests of io_uring are recorded with the names that the program passed",
		"calls that failed because a name did not exist, or existed already, are not recorded; such opens are counted",
		"memory that is made executable after it was mapped (mprotect) is not seen",
		"a descriptor that the step did not open itself (from a daemon that hands it over, from an event of fanotify) is not seen as an open",
	}
}

// pollEvery is how long a record waits in a ring that is nearly empty.
const pollEvery = 20 * time.Millisecond

// run delivers records until Stop.
func (s *sensor) run() {
	defer close(s.done)
	s.handler.Handle(s.root)
	fds := []unix.PollFd{
		{Fd: int32(s.wake), Events: unix.POLLIN},
		{Fd: int32(s.events.fd), Events: unix.POLLIN},
		{Fd: int32(s.files.fd), Events: unix.POLLIN},
	}
	for {
		s.drain(context.Background())
		select {
		case ctx := <-s.stopped:
			s.settle(ctx)
			s.decoder.net.flush(s.handler.Handle)
			return
		default:
			unix.Poll(fds, int(pollEvery.Milliseconds()))
		}
	}
}

// drain delivers all records that are there, in the order of their time as far
// as both rings show it. A ring that looked empty is looked at again after the
// other one's record was seen: what happened before it is there by then, so
// that a process is made before its files are opened.
func (s *sensor) drain(ctx context.Context) {
	for ctx.Err() == nil {
		a, b := s.events.peek(), s.files.peek()
		if a == nil {
			a = s.events.peek()
		}
		switch {
		case a == nil && b == nil:
			return
		case b == nil || a != nil && before(a, b):
			s.take(a)
			s.events.drop(a)
		default:
			s.take(b)
			s.files.drop(b)
		}
	}
}

// before compares the times of two records.
func before(a, b []byte) bool {
	x, _, errX := readHead(a)
	y, _, errY := readHead(b)
	return errX != nil || errY == nil && x.time <= y.time
}

// take delivers one record and counts it.
func (s *sensor) take(raw []byte) {
	h, body, err := readHead(raw)
	if err != nil {
		s.malformed.Add(1)
		return
	}
	repeated, err := s.decoder.decode(h, body, s.handler.Handle)
	if err != nil {
		s.malformed.Add(1)
	}
	if repeated {
		s.repeated[h.class].Add(1)
		return
	}
	s.received[h.class].Add(1)
}

// settleFor bounds the wait for programs that were still running, on another
// CPU, when their hooks were taken away.
const settleFor = 100 * time.Millisecond

// settle delivers what is left, after nothing new comes any more, until the
// counts of both sides agree.
func (s *sensor) settle(ctx context.Context) {
	for end := time.Now().Add(settleFor); ; {
		s.drain(ctx)
		if counts, err := s.counts(); err != nil || s.balanced(counts) || ctx.Err() != nil || time.Now().After(end) {
			return
		}
	}
}

// Stop ends the watch. See trace.Sensor.
func (s *sensor) Stop(ctx context.Context) trace.Account {
	var gaps []string
	for _, p := range s.parts {
		if err := p.detach(); err != nil {
			gaps = append(gaps, fmt.Sprintf("detach: %v", err))
		}
	}
	s.stopped <- ctx
	if _, err := unix.Write(s.wake, []byte{1, 0, 0, 0, 0, 0, 0, 0}); err != nil {
		gaps = append(gaps, fmt.Sprintf("wake the reader: %v", err)) // it looks by itself, a little later
	}
	stuck := false
	select {
	case <-s.done:
	case <-ctx.Done():
		select { // the handler may be in the middle of one message
		case <-s.done:
		case <-time.After(settleFor):
			stuck = true
		}
	}
	if err := ctx.Err(); err != nil {
		gaps = append(gaps, fmt.Sprintf("what was still in the buffers was not read: %v", errors.Join(err, context.Cause(ctx))))
	}
	account := s.account()
	account.Gaps = append(account.Gaps, gaps...)
	if !stuck { // else it still reads the rings
		s.addNames(&account)
		if err := s.close(); err != nil {
			account.Gaps = append(account.Gaps, fmt.Sprintf("release: %v", err))
		}
	}
	return account
}
