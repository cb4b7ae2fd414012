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
	// ready is called when the self-test has left the hooks that fire.
	ready func(p *part) error
}

// place is where a program is attached.
type place struct {
	hook trace.Hook
	link io.Closer // takes it away
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

// base is what objects are loaded onto.
type base struct {
	spec  *ebpf.CollectionSpec // the object proc, with its tables
	maps  map[string]*ebpf.Map // of proc, by the names in src/shared.h
	calls []call               // that are told
	types *btf.Cache           // of the kernel; to read them takes longer than all else
}

// newBase reads the object proc and makes its maps, while the types are read.
func newBase(o trace.Options, all []call) (base, error) {
	b := base{maps: make(map[string]*ebpf.Map), calls: all, types: btf.NewCache()}
	read := make(chan error, 1)
	go func() {
		_, err := b.types.Kernel()
		read <- err
	}()
	err := b.prepare(o)
	if noTypes := <-read; noTypes != nil {
		err = errors.Join(err, fmt.Errorf("read the kernel's types: %w", noTypes))
	}
	if err != nil {
		return base{}, errors.Join(err, b.close())
	}
	return b, nil
}

func (b *base) prepare(o trace.Options) (err error) {
	if b.spec, err = loadProc(); err != nil {
		return err
	}
	if o.RingBytes != 0 {
		b.spec.Maps[procMapFiles].MaxEntries = uint32(o.RingBytes)
	}
	if err := setCalls(b.spec, b.calls); err != nil {
		return err
	}
	for _, name := range []string{
		procMapMarks, procMapPids, procMapEvents, procMapFiles, procMapCounts, procMapOdds, procMapSetups, procMapSlots, procMapSeen, procMapTails,
	} {
		if b.maps[name], err = ebpf.NewMap(b.spec.Maps[name]); err != nil {
			delete(b.maps, name)
			return fmt.Errorf("make map %s: %w", name, err)
		}
	}
	return nil
}

// load puts what spec says into the kernel, with our maps in place of its own
// of the same names.
func (b base) load(spec *ebpf.CollectionSpec) (*ebpf.Collection, error) {
	return ebpf.NewCollectionWithOptions(spec, b.options(spec))
}

func (b base) options(spec *ebpf.CollectionSpec) ebpf.CollectionOptions {
	shared := make(map[string]*ebpf.Map)
	for name, m := range b.maps {
		if spec.Maps[name] != nil {
			shared[name] = m
		}
	}
	return ebpf.CollectionOptions{MapReplacements: shared, Cache: b.types}
}

// loadPrograms loads some of the programs of proc.
func (b base) loadPrograms(names ...string) (*ebpf.Collection, error) {
	spec := b.spec.Copy()
	for name := range spec.Programs {
		if !slices.Contains(names, name) {
			delete(spec.Programs, name)
		}
	}
	return b.load(spec)
}

// has reports whether the kernel has a tracepoint, with its arguments described.
func (b base) has(tracepoint string) bool {
	kernel, err := b.types.Kernel()
	if err != nil {
		return false
	}
	_, err = kernel.AnyTypeByName("btf_trace_" + tracepoint)
	return err == nil
}

func (b base) close() error {
	var errs []error
	for _, m := range b.maps {
		errs = append(errs, m.Close())
	}
	return errors.Join(errs...)
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
