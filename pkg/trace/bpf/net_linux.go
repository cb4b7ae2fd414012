//go:build amd64 || arm64

package bpf

import (
	"errors"

	"github.com/cilium/ebpf"

	"github.com/org/cilock-action/pkg/trace"
)

// loadNet loads the network object onto the maps of proc, by their names. An
// error leaves the sensor without it: it becomes a limit of the trace.
func loadNet(shared map[string]*ebpf.Map) (*part, error) {
	return nil, errors.New("not built in")
}

// netDecoder makes messages of the network object's records. It is used by one
// goroutine.
type netDecoder struct{}

// decode delivers what one record means, which may be nothing or several
// messages. m has PID, Time, Marks and Errno of the record's head set.
func (*netDecoder) decode(h head, m trace.Message, body []byte, deliver func(trace.Message)) error {
	return errRecord
}
