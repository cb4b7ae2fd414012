//go:build !linux

package tracerd

import (
	"errors"

	"github.com/org/cilock-action/pkg/trace"
)

func (w wanted) digest() (trace.Message, stamp) { return trace.Message{}, stamp{} }
func protect()                                  {}
func dropRights()                               {}
func sameProcess(int, uint64) error             { return errors.ErrUnsupported }
func startTime(int) (uint64, error)             { return 0, errors.ErrUnsupported }
func privileged() bool                          { return false }
func (w *Watch) allowPtrace(Options) error      { return errors.ErrUnsupported }
func (w *Watch) installFilter(Options) error    { return errors.ErrUnsupported }

// Backends: there is no sensor for this system.
func Backends() []Backend { return nil }
