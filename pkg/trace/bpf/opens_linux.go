//go:build amd64 || arm64

package bpf

import (
	"errors"
	"fmt"
	"strings"
	"syscall"

	"github.com/org/cilock-action/pkg/trace"
)

// insideHook sees an open where the kernel makes it. Kernels without BPF
// trampolines, and those that are locked down, refuse it; then the hook at
// sys_exit, which is there in any case, sees all opens.
const insideHook = "fexit/security_file_open"

// uringHook is the name of the hook that sees requests of io_uring, and of the
// calls that are made of them.
const uringHook = "io_uring"

// loadInside loads and attaches object "opens" onto the maps of proc. An error
// leaves the sensor without it.
func loadInside(b base) (*part, error) {
	spec, err := loadOpens()
	if err != nil {
		return nil, err
	}
	if err := setCalls(spec, b.calls); err != nil {
		return nil, err
	}
	p := &part{checks: []check{{hook: insideHook, act: openNull, shows: showsNull(true), optional: true}}}
	if p.coll, err = b.load(spec); err != nil {
		return nil, err
	}
	if err := p.attach(opensProgOnFileOpen, trace.Hook{Name: "opens", How: insideHook}); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

// showsNull reports whether a record is that of the open of /dev/null, by the
// object "opens" or by the hook at sys_exit.
func showsNull(inside bool) func(h head, body []byte) bool {
	return func(h head, body []byte) bool {
		o, err := readObject(body)
		return h.kind == kindOpen && err == nil && (h.aux&auxInside != 0) == inside &&
			strings.HasSuffix(components(o.section[openPath]), "/null")
	}
}

// preferInside makes the hooks of proc leave opens to the object "opens", if it
// has passed its test.
func (s *sensor) preferInside() error {
	if s.opens != nil && len(s.opens.places) == 0 {
		s.noOpens = errors.New("it does not fire")
	}
	if s.opens == nil || s.noOpens != nil {
		return nil
	}
	s.setup.Inside = 1
	if err := s.base.maps[procMapSetups].Put(uint32(0), &s.setup); err != nil {
		return fmt.Errorf("leave opens to %s: %w", insideHook, err)
	}
	return nil
}

// reasoned adds to a hook of proc why it has to see all opens.
func (s *sensor) reasoned(h trace.Hook) trace.Hook {
	if h.How == sysExitHook && s.noOpens != nil {
		h.Reason = fmt.Sprintf("%s cannot be used: %s", insideHook, whyRefused(s.noOpens))
	}
	if h.Name == uringHook && s.setup.Inside != 0 {
		h.Reason += "; opens are seen at " + insideHook
	}
	return h
}

// openLimits is what cannot be known of opens: much more where they are seen
// through their descriptors.
func (s *sensor) openLimits() []string {
	if s.setup.Inside != 0 {
		return []string{"an open through io_uring that fails is not seen"}
	}
	return []string{
		"an open is seen through its descriptor when the call returns: a thread that replaces the descriptor in time shows " +
			"another file, in about 1 of 20,000 attempts",
		"an open through io_uring is seen as the name that was asked for, without the file and the result",
	}
}

// outsideLimit is said of a trace in which the better hook did not see all. A
// kernel that can be preempted may interrupt the program, and until it goes on
// there the program is not run again on that CPU, for anybody.
const outsideLimit = "%d opens were seen through their descriptors when the call returned, " +
	"since the program at " + insideHook + " was interrupted"

// whyRefused is the kernel's reason in one line: the error of a program that was
// refused has the verifier's last words, and a guess about locked memory.
func whyRefused(err error) string {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno.Error()
	}
	return err.Error()
}
