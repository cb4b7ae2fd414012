//go:build amd64 || arm64

package ptrace

import "golang.org/x/sys/unix"

// queue gives the stops in an order in which every thread gets its turn.
//
// wait4 looks through the tracees in the order of their last attachment, newest
// first, and returns the first that has stopped (do_wait, kernel/exit.c). With
// one processor, a thread that was sent on may run to its next stop before the
// tracer runs again; then it would be the only one that is ever served. So at
// times all that have stopped are taken before any of them is sent on.
type queue struct {
	taken []stop // in the order in which wait4 gave them
	alone int    // stops that were served since all were taken
}

type stop struct {
	tid   int
	state unix.WaitStatus
}

// turn is how many stops are served before everybody who waits has a turn. Each
// turn costs one wait4 that finds nothing.
const turn = 32

// next is the stop to serve next. A thread that is killed meanwhile has left its
// stop: requests fail with ESRCH then.
func (q *queue) next() (tid int, state unix.WaitStatus, err error) {
	if len(q.taken) > 0 {
		first := q.taken[0]
		q.taken = q.taken[1:]
		return first.tid, first.state, nil
	}
	if tid, state, err = waitForStop(); err != nil {
		return tid, state, err
	}
	if q.alone++; q.alone >= turn {
		q.alone = 0
		q.takeAll()
	}
	return tid, state, nil
}

// takeAll takes the stops that are there. None of those threads is sent on, so
// that each gives at most its stop and its end. An error comes again in next.
func (q *queue) takeAll() {
	q.taken = q.taken[:0]
	for {
		tid, state, err := pollStop()
		if tid == 0 || err != nil {
			return
		}
		q.taken = append(q.taken, stop{tid, state})
	}
}

// polls is how often the loop looks for the next stop before it sleeps. A
// thread that was sent on to the exit of its call is back in microseconds;
// going to sleep and being woken up costs more than that.
const polls = 8

// waitForStop gives up the processor between two looks: the tracee may be
// waiting for it.
func waitForStop() (tid int, state unix.WaitStatus, err error) {
	for range polls {
		if tid, state, err = pollStop(); tid != 0 || err != nil {
			return tid, state, err
		}
		yield()
	}
	tid, err = unix.Wait4(-1, &state, unix.WALL|unix.WNOTHREAD, nil)
	return tid, state, err
}
