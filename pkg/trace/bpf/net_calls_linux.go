//go:build amd64 || arm64

package bpf

import (
	"fmt"

	"github.com/cilium/ebpf"
)

// sockets is the name of all calls about sockets together, in the table of
// calls.
const sockets = "sockets"

// socketCall is an enum call of src/netcall.h.
type socketCall uint8

const (
	callSocket socketCall = iota + 1
	callConnect
	callBind
	callListen
	callAccept
	callSendto
	callSendmsg
	callSendmmsg
	callSocketcall
)

// setSocketCalls writes the numbers of calls into the object, before it is
// loaded.
func setSocketCalls(spec *ebpf.CollectionSpec) error {
	for name, numbers := range map[string]map[uint16]socketCall{
		netVarSocketNumbers: socketNumbers(), netVarSocketNumbers32: compatSocketNumbers(),
	} {
		var table [maxNumbers]socketCall
		for nr, c := range numbers {
			table[nr] = c
		}
		if err := spec.Variables[name].Set(table); err != nil {
			return fmt.Errorf("set the table %s: %w", name, err)
		}
	}
	return nil
}

// tail is the entry of a program that another one goes on with.
type tail struct{ programs *ebpf.Map }

// Close ends that.
func (t tail) Close() error {
	if err := t.programs.Delete(uint32(0)); err != nil {
		return fmt.Errorf("take away the program for sockets: %w", err)
	}
	return nil
}
