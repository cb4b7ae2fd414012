//go:build amd64 || arm64

package ptrace

import "golang.org/x/sys/unix"

// wait4 looks through the tracees in the order of their last attachment, newest
// first, and returns the first that has stopped (do_wait, kernel/exit.c). With
// one processor, a thread that was sent on may run to its next stop before the
// tracer runs again; then it would be the only one that is ever served. So now
// and then some threads are asked for by name.
//
// Each is served at once. A stop that was put aside could be over when its turn
// comes: an exec by another thread ends the leader and takes its ID over, and
// what was meant for the one would send the other on.
const (
	turn  = 32 // stops are served between two turns
	asked = 8  // threads have one in each
)

// others serves some of the threads, drawn at random as Go walks its maps.
func (s *Sensor) others() {
	var some [asked]int
	n := 0
	for tid := range s.t.threads {
		if n == len(some) {
			break
		}
		some[n] = tid
		n++
	}
	for _, tid := range some[:n] {
		if state, ok := pollThread(tid); ok {
			s.t.stopped(tid, state)
		}
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
