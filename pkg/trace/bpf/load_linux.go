//go:build amd64 || arm64

package bpf

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/link"

	"github.com/org/cilock-action/pkg/trace"
)

// part is one object in the kernel: its maps, programs and places.
type part struct {
	coll   *ebpf.Collection
	places []place
	checks []check
	limits []string // hooks that could not be used, and why
	// ready, if there, is called when it is known which hooks stay.
	ready func(*part) error
}

// place is where a program is attached.
type place struct {
	hook trace.Hook
	link io.Closer
}

// check is how the self-test makes a hook fire.
type check struct {
	hook string // its How
	// act does what the hook sees, on a thread that is a member of the tree.
	act func() error
	// shows reports whether a record that came of it proves the hook.
	shows func(h head, body []byte) bool
	// optional hooks are taken away if they do not fire; others end the sensor.
	optional bool
}

// sharedMaps are the maps of proc that the other objects use in place of theirs:
// the MapReplacements of their load.
func (p *part) sharedMaps() map[string]*ebpf.Map {
	shared := make(map[string]*ebpf.Map)
	for _, name := range []string{procMapMarks, procMapPids, procMapEvents, procMapFiles, procMapCounts, procMapOdds, procMapSetups, procMapTails} {
		shared[name] = p.coll.Maps[name]
	}
	return shared
}

// openMaps are those that object "opens" uses: also for records and repetitions.
func (p *part) openMaps() map[string]*ebpf.Map {
	shared := p.sharedMaps()
	for _, name := range []string{procMapSeen, procMapSlots} {
		shared[name] = p.coll.Maps[name]
	}
	return shared
}

// detach ends the part's work; its maps can still be read.
func (p *part) detach() error {
	var errs []error
	for _, at := range p.places {
		errs = append(errs, at.link.Close())
	}
	p.places = nil
	return errors.Join(errs...)
}

// close detaches what is still attached, and frees programs and maps.
func (p *part) close() error {
	err := p.detach()
	if p.coll != nil {
		p.coll.Close()
	}
	return err
}

// attach puts a program of tracing type where its section says.
func (p *part) attach(program string, hook trace.Hook) error {
	l, err := link.AttachTracing(link.TracingOptions{Program: p.coll.Programs[program]})
	if err != nil {
		return fmt.Errorf("attach %s: %w", hook.How, err)
	}
	p.places = append(p.places, place{hook, l})
	return nil
}

// remove takes a hook away that cannot be relied on.
func (p *part) remove(how, reason string) error {
	var errs []error
	p.places = slices.DeleteFunc(p.places, func(at place) bool {
		if at.hook.How == how {
			errs = append(errs, at.link.Close())
		}
		return at.hook.How == how
	})
	p.limits = append(p.limits, fmt.Sprintf("%s is not used: %s", how, reason))
	return errors.Join(errs...)
}

// hasTracepoint reports whether the running kernel has a tracepoint, with its
// arguments described.
func hasTracepoint(name string) bool {
	kernel, err := btf.LoadKernelSpec()
	if err != nil {
		return false
	}
	_, err = kernel.AnyTypeByName("btf_trace_" + name)
	return err == nil
}
