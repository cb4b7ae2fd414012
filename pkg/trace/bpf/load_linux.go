//go:build amd64 || arm64

package bpf

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"

	"github.com/org/cilock-action/pkg/trace"
)

// part is one object in the kernel: its maps, programs and places.
type part struct {
	coll  *ebpf.Collection
	links []link.Link
	hooks []trace.Hook
}

// sharedMaps are the maps of proc that the other objects use in place of theirs:
// the MapReplacements of their load.
func (p *part) sharedMaps() map[string]*ebpf.Map {
	shared := make(map[string]*ebpf.Map)
	for _, name := range []string{procMapMarks, procMapPids, procMapEvents, procMapFiles, procMapCounts, procMapOdds, procMapSetups} {
		shared[name] = p.coll.Maps[name]
	}
	return shared
}

// detach ends the part's work; its maps can still be read.
func (p *part) detach() error {
	var errs []error
	for _, l := range p.links {
		errs = append(errs, l.Close())
	}
	p.links = nil
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
	p.links = append(p.links, l)
	p.hooks = append(p.hooks, hook)
	return nil
}
