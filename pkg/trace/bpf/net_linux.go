//go:build amd64 || arm64

package bpf

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/link"

	"github.com/org/cilock-action/pkg/trace"
)

// missing is what the programs at the end of calls do themselves, because a
// better place could not be used: the bits of src/netcall.h.
type missing uint32

const (
	missingConnect missing = 1 << iota
	missingSend
	missingBind
	missingUnix
	missingCreate
)

// netPlace is where a program of the network object goes.
type netPlace struct {
	program string
	name    string // of the hook
	how     string // the section of the program
	missing missing
}

// inCgroup reports whether the program is attached to a cgroup.
func (at netPlace) inCgroup() bool {
	return at.program != netProgNetExit && at.program != netProgTcpState
}

// howNetExit is where proc's program at the same place goes on.
const howNetExit = "tp_btf/sys_exit (sockets)"

// netPlaces are the places in the order in which they are attached.
func netPlaces() []netPlace {
	return []netPlace{
		{netProgSockCreate, "socket", "cgroup/sock_create", missingCreate},
		{netProgConnect4, "connect", "cgroup/connect4", missingConnect},
		{netProgConnect6, "connect", "cgroup/connect6", missingConnect},
		{netProgSendmsg4, "send", "cgroup/sendmsg4", missingSend},
		{netProgSendmsg6, "send", "cgroup/sendmsg6", missingSend},
		{netProgPostBind4, "bind", "cgroup/post_bind4", missingBind},
		{netProgPostBind6, "bind", "cgroup/post_bind6", missingBind},
		{netProgConnectUnix, "local socket", "cgroup/connect_unix", missingUnix},
		{netProgSendmsgUnix, "local socket", "cgroup/sendmsg_unix", missingUnix},
		{netProgSkbOut, "packet", "cgroup_skb/egress", 0},
		{netProgSkbIn, "packet", "cgroup_skb/ingress", 0},
		{netProgTcpState, "failed connect", "tp_btf/inet_sock_set_state", 0},
		{netProgNetExit, "listen, accept, local socket", howNetExit, 0},
	}
}

// netPart is the network object in the kernel.
type netPart struct {
	part
	spec *ebpf.CollectionSpec
	errs map[string]error // of programs that were not loaded
}

// loadNetPart loads the network object onto the maps of proc, by their names,
// and attaches what this kernel and these privileges allow; the rest is in the
// limits with its reason. An error leaves the sensor without all of it.
func loadNetPart(b base) (*part, error) {
	spec, err := loadNet()
	if err != nil {
		return nil, fmt.Errorf("read the network object: %w", err)
	}
	if err := setSocketCalls(spec); err != nil {
		return nil, err
	}
	p := &netPart{spec: spec, errs: make(map[string]error)}
	if !hasLocalHooks(b.types) {
		for _, name := range []string{netProgConnectUnix, netProgSendmsgUnix} {
			delete(spec.Programs, name)
			p.errs[name] = errors.New("needs Linux 6.7")
		}
	}
	if err := p.load(b); err != nil {
		return nil, err
	}
	root, noRoot := cgroupRoot()
	for _, at := range netPlaces() {
		err := p.errs[at.program]
		if err == nil && at.inCgroup() {
			err = noRoot
		}
		if err == nil {
			err = p.attachAt(at, root)
		}
		if err != nil {
			p.limits = append(p.limits, fmt.Sprintf("%s is not used: %v", at.how, err))
		}
	}
	if len(p.places) == 0 {
		return nil, errors.Join(fmt.Errorf("no hook could be attached; the first: %s", p.limits[0]), p.close())
	}
	p.checks, p.ready = netChecks(), netReady
	p.limits = append(p.limits, netLimits()...)
	return &p.part, nil
}

// netLimits are what these hooks never see, or cannot prove.
func netLimits() []string {
	return []string{
		"names of hosts are what programs said on the wire: DNS over TLS or HTTPS and an encrypted ClientHello hide them",
		"packets through a socket from before the trace are read only after the step has connected it or sent to an address through it",
		"io_uring's listen and accept are not seen, nor its bind of a local socket; accepted connections are not read for names",
	}
}

// netReady tells the program at the end of calls what it does itself, because a
// better place could not be used, and says so in its hook.
func netReady(p *part) error {
	var gone missing
	var reasons []string
	for _, at := range netPlaces() {
		if !slices.ContainsFunc(p.places, func(have place) bool { return have.hook.How == at.how }) {
			gone |= at.missing
			reasons = append(reasons, at.how)
		}
	}
	if err := p.coll.Variables[netVarMissing].Set(uint32(gone)); err != nil {
		return fmt.Errorf("say which hooks are missing: %w", err)
	}
	for i := range p.places {
		if p.places[i].hook.How == howNetExit && gone != 0 {
			p.places[i].hook.Reason = "in place of " + strings.Join(reasons, ", ")
		}
	}
	return nil
}

// hasLocalHooks reports whether the kernel has programs of a cgroup for local
// sockets. The length of an address came with them.
func hasLocalHooks(types *btf.Cache) bool {
	kernel, err := types.Kernel()
	if err != nil {
		return false
	}
	var context *btf.Struct
	if err := kernel.TypeByName("bpf_sock_addr_kern", &context); err != nil {
		return false
	}
	return slices.ContainsFunc(context.Members, func(m btf.Member) bool { return m.Name == "uaddrlen" })
}

// load loads all programs at once, or if that fails one by one.
func (p *netPart) load(b base) error {
	opts := b.options(p.spec)
	coll, err := ebpf.NewCollectionWithOptions(p.spec, opts)
	if err == nil {
		p.coll = coll
		return nil
	}
	all := p.spec.Programs
	only := p.spec.Copy()
	clear(only.Programs)
	if p.coll, err = ebpf.NewCollectionWithOptions(only, opts); err != nil {
		return fmt.Errorf("make the maps of the network: %w", err)
	}
	opts.MapReplacements = maps.Clone(p.coll.Maps)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		one := p.spec.Copy()
		maps.DeleteFunc(one.Programs, func(n string, _ *ebpf.ProgramSpec) bool { return n != name })
		coll, err := ebpf.NewCollectionWithOptions(one, opts)
		if err != nil {
			p.errs[name] = err
			continue
		}
		p.coll.Programs[name] = coll.DetachProgram(name)
		coll.Close()
	}
	return nil
}

func (p *netPart) attachAt(at netPlace, cgroup string) error {
	if at.program == netProgNetExit {
		return p.continueCalls(at)
	}
	if !at.inCgroup() {
		return p.attach(at.program, trace.Hook{Name: at.name, How: at.how})
	}
	l, err := link.AttachCgroup(link.CgroupOptions{
		Path: cgroup, Attach: p.spec.Programs[at.program].AttachType, Program: p.coll.Programs[at.program],
	})
	if err != nil {
		return fmt.Errorf("attach to %s: %w", cgroup, err)
	}
	p.places = append(p.places, place{trace.Hook{Name: at.name, How: at.how}, l})
	return nil
}

// continueCalls makes proc's program at the end of calls go on with the one for
// sockets. A second program at that place would cost every call of the machine.
func (p *netPart) continueCalls(at netPlace) error {
	if err := p.coll.Maps[netMapTails].Put(uint32(0), p.coll.Programs[at.program]); err != nil {
		return fmt.Errorf("continue the program of %s: %w", at.how, err)
	}
	p.places = append(p.places, place{trace.Hook{Name: at.name, How: at.how}, tail{p.coll.Maps[netMapTails]}})
	return nil
}
