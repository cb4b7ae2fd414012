//go:build amd64 || arm64

package bpf

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/cilium/ebpf"
)

// selfTest proves that each hook fires: a thread of ours becomes a member of the
// tree for a moment, does what the hooks are to see, and the rings are searched
// for it. A program that loads and attaches is no proof: a BPF LSM program does
// both on kernels that never call it. Afterwards the counters begin at zero.
func (s *sensor) selfTest(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var checks []check
	for _, p := range s.parts {
		checks = append(checks, p.checks...)
	}
	failed := make([]error, len(checks))
	if err := s.asMember(func() {
		for i, c := range checks {
			failed[i] = c.act()
		}
	}); err != nil {
		return fmt.Errorf("self-test: %w", err)
	}
	fired := s.discard(checks)
	var errs []error
	i := -1 // in checks, which are those of all parts in this order
	for _, p := range s.parts {
		for _, c := range p.checks {
			i++
			switch {
			case fired[i]:
			case c.optional:
				errs = append(errs, p.remove(c.hook, whyNot(failed[i])))
			default:
				errs = append(errs, &unsupported{fmt.Sprintf("%s: %s", c.hook, whyNot(failed[i])), failed[i]})
			}
		}
		if p.ready != nil {
			errs = append(errs, p.ready(p))
		}
	}
	return errors.Join(append(errs, s.reset(), s.preferInside())...)
}

func whyNot(err error) string {
	if err != nil {
		return fmt.Sprintf("it could not be tested (%v)", err)
	}
	return "it does not fire"
}

// asMember runs act on a thread that is a member meanwhile. The thread ends with
// it: the goroutine stays locked to it.
func (s *sensor) asMember(act func()) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		if err := s.proc.note(noteMark); err != nil {
			done <- err
			return
		}
		act()
		done <- s.proc.note(noteUnmark)
	}()
	return <-done
}

// discard empties the rings and says which checks have their proof.
func (s *sensor) discard(checks []check) []bool {
	fired := make([]bool, len(checks))
	for _, r := range []*ring{s.events, s.files} {
		for raw := r.peek(); raw != nil; raw = r.peek() {
			if h, body, err := readHead(raw); err == nil {
				for i, c := range checks {
					fired[i] = fired[i] || c.shows(h, body)
				}
			}
			r.drop(raw)
		}
	}
	return fired
}

// reset sets the counters to zero. Nobody is a member at that time.
func (s *sensor) reset() error {
	cpus, err := ebpf.PossibleCPU()
	if err != nil {
		return fmt.Errorf("count the CPUs: %w", err)
	}
	for c := range classes {
		err = errors.Join(err, s.base.maps[procMapCounts].Put(uint32(c), make([]counters, cpus)))
	}
	for i := range s.base.maps[procMapOdds].MaxEntries() {
		err = errors.Join(err, s.base.maps[procMapOdds].Put(i, make([]uint64, cpus)))
	}
	if err != nil {
		return fmt.Errorf("set the counters to zero: %w", err)
	}
	return nil
}

// procChecks make the hooks of proc fire: a program that ends at once, and an
// open of the kind that no better hook sees.
func procChecks() []check {
	nothing := func() error { return nil }
	is := func(want kind) func(head, []byte) bool {
		return func(h head, _ []byte) bool { return h.kind == want }
	}
	return []check{
		{hook: "tp_btf/sched_process_fork", act: runNothing, shows: is(kindFork)},
		{hook: "tp_btf/sched_process_exec", act: nothing, shows: is(kindExec)},
		{hook: "tp_btf/sched_process_exit", act: nothing, shows: is(kindExit)},
		{hook: sysExitHook, act: pointAtNull, shows: showsNull(false)},
	}
}
