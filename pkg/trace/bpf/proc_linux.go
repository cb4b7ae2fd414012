//go:build amd64 || arm64

package bpf

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/org/cilock-action/pkg/trace"
)

// tracerSetup is struct setup of src/shared.h.
type tracerSetup struct {
	MntNS, RootMnt, RootDentry, PIDNS uint64
	Level                             uint32
	PID                               int32
	TGID                              uint32
	Group                             int32
	Inside, Spare                     uint32
}

// What note_tracer does.
const (
	noteTracer uint64 = iota
	noteMark
	noteUnmark
)

// loadProcPart loads and attaches what nothing works without.
func loadProcPart(b base) (_ *part, err error) {
	p := &part{checks: procChecks()}
	if p.coll, err = b.loadPrograms(procProgNoteTracer, procProgOnFork, procProgOnExec, procProgOnSysExit, procProgOnExit); err != nil {
		return nil, err
	}
	for _, a := range procHooks() {
		if err := p.attach(a.program, a.hook); err != nil {
			return nil, errors.Join(err, p.close())
		}
	}
	return p, nil
}

// sysExitHook sees calls when they return.
const sysExitHook = "tp_btf/sys_exit"

type attachment struct {
	program string
	hook    trace.Hook
}

// procHooks are the programs of proc in the order in which they are attached:
// the one that inherits membership comes first.
func procHooks() []attachment {
	return []attachment{
		{procProgOnFork, trace.Hook{Name: "fork", How: "tp_btf/sched_process_fork"}},
		{procProgOnExec, trace.Hook{Name: "exec", How: "tp_btf/sched_process_exec"}},
		{procProgOnSysExit, trace.Hook{Name: "files and calls", How: sysExitHook}},
		{procProgOnExit, trace.Hook{Name: "exit", How: "tp_btf/sched_process_exit"}},
	}
}

// loadUring loads the program for requests of io_uring: the one whose
// tracepoint the kernel has. An error leaves the sensor without it.
func loadUring(b base) (_ *part, err error) {
	program, tracepoint := procProgOnSubmitReq, "io_uring_submit_req"
	if !b.has(tracepoint) {
		program, tracepoint = procProgOnSubmitSqe, "io_uring_submit_sqe"
	}
	how := "tp_btf/" + tracepoint
	p := &part{checks: []check{uringCheck(how)}}
	if p.coll, err = b.loadPrograms(program); err != nil {
		return nil, err
	}
	if err := p.attach(program, trace.Hook{Name: uringHook, How: how}); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
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
	t.Group = int32(unix.Getpgrp())
	if err := p.coll.Maps[procMapSetups].Put(uint32(0), &t); err != nil {
		return tracerSetup{}, fmt.Errorf("add to what note_tracer noted: %w", err)
	}
	return t, nil
}
