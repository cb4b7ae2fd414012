//go:build amd64 || arm64

package bpf

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"

	"github.com/org/cilock-action/pkg/trace"
)

// tracerSetup is struct setup of src/shared.h.
type tracerSetup struct {
	MntNS, RootMnt, RootDentry, PIDNS uint64
	Level                             uint32
	PID                               int32
	TGID                              uint32
	Spare                             uint32
}

// What note_tracer does.
const (
	noteTracer uint64 = iota
	noteMark
	noteUnmark
)

// loadProcPart loads and attaches object "proc".
func loadProcPart(o trace.Options) (*part, error) {
	spec, err := loadProc()
	if err != nil {
		return nil, err
	}
	if o.RingBytes != 0 {
		spec.Maps[procMapFiles].MaxEntries = uint32(o.RingBytes)
	}
	p := &part{}
	if p.coll, err = ebpf.NewCollection(spec); err != nil {
		return nil, err
	}
	for _, a := range procHooks() {
		if err := p.attach(a.program, a.hook); err != nil {
			return nil, errors.Join(err, p.close())
		}
	}
	return p, nil
}

type attachment struct {
	program string
	hook    trace.Hook
}

// procHooks are the programs of proc in the order in which they are attached:
// the one that inherits membership comes first.
func procHooks() []attachment {
	return []attachment{
		{procProgOnFork, trace.Hook{Name: "fork", How: "tp_btf/sched_process_fork"}},
		{procProgOnExit, trace.Hook{Name: "exit", How: "tp_btf/sched_process_exit"}},
	}
}

// note runs note_tracer on this thread.
func (p *part) note(what uint64) error {
	ret, err := p.coll.Programs[procProgNoteTracer].Run(&ebpf.RunOptions{Context: what})
	if err != nil {
		return fmt.Errorf("run note_tracer: %w", err)
	}
	if ret != 0 {
		return fmt.Errorf("run note_tracer %d: it returned %d", what, ret)
	}
	return nil
}

// tracer makes the kernel note who we are, and returns that.
func (p *part) tracer() (tracerSetup, error) {
	if err := p.note(noteTracer); err != nil {
		return tracerSetup{}, err
	}
	var t tracerSetup
	if err := p.coll.Maps[procMapSetups].Lookup(uint32(0), &t); err != nil {
		return tracerSetup{}, fmt.Errorf("read what note_tracer noted: %w", err)
	}
	return t, nil
}
