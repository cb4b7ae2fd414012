package tracerd

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/org/cilock-action/pkg/trace"
)

// Backend is one way to watch.
type Backend struct {
	Name string
	// Probe, if there is one, finds out whether Arm can work, with nothing done
	// to the frozen process.
	Probe func(context.Context) error
	Arm   func(context.Context, trace.Options) (trace.Sensor, error)
}

// armWithin and stopWithin bound what the tracer does before and after the
// step. Our side has bounds of its own, which are shorter when we are
// cancelled.
const (
	armWithin  = 10 * time.Second
	stopWithin = 10 * time.Second
	maxOrder   = 4 << 10
)

// Serve is the life of a tracer. It takes one order from in, and returns when
// the watch is over: after "stop", or when in ends because our side is gone. A
// sensor whose survivors need it to live on is waited for.
func Serve(in io.Reader, out io.Writer, backends []Backend) error {
	s := &sender{w: out}
	if err := s.send(frameHello, nil); err != nil {
		return fmt.Errorf("trace: answer: %w", err)
	}
	lines := bufio.NewReaderSize(in, maxOrder)
	line, err := lines.ReadSlice('\n')
	if err != nil {
		return fmt.Errorf("trace: read the order: %w", err)
	}
	sensor, hasher, err := arm(line, s, backends)
	if err != nil {
		return s.send(frameRefused, refusal{Reason: err.Error(), Unsupported: errors.Is(err, errors.ErrUnsupported)})
	}
	done := make(chan struct{})
	flushed := make(chan struct{})
	go func() { defer close(flushed); s.run(done) }()
	if err := s.send(frameArmed, armed{sensor.Describe(), os.Getpid()}); err == nil {
		_, _ = lines.ReadSlice('\n') // "stop", or the end: both end the watch
	}

	ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	account := sensor.Stop(ctx)
	account.Gaps = append(account.Gaps, hasher.stop(ctx)...)
	close(done)
	<-flushed
	err = s.end(account)
	if c, ok := sensor.(interface{ Done() <-chan struct{} }); ok {
		if closer, ok := out.(io.Closer); ok {
			closer.Close() // our side waits for the end of the output
		}
		<-c.Done()
	}
	return err
}

// arm reads the order and carries it out.
func arm(line []byte, s *sender, backends []Backend) (trace.Sensor, *hasher, error) {
	var o order
	if err := json.Unmarshal(line, &o); err != nil {
		return nil, nil, fmt.Errorf("read the order: %w", err)
	}
	if err := sameProcess(o.PID, o.Start); err != nil {
		return nil, nil, err
	}
	for _, b := range backends {
		if b.Name != o.Backend {
			continue
		}
		protect()
		ctx, cancel := context.WithTimeout(context.Background(), armWithin)
		defer cancel()
		if b.Probe != nil {
			if err := b.Probe(ctx); err != nil {
				return nil, nil, err
			}
		}
		h := newHasher(s)
		sensor, err := b.Arm(ctx, trace.Options{PID: o.PID, Handler: h, RingBytes: o.Ring})
		if err != nil {
			h.stop(ctx)
			return nil, nil, err
		}
		dropRights()
		return sensor, h, nil
	}
	return nil, nil, fmt.Errorf("backend %q: %w on this system", o.Backend, errors.ErrUnsupported)
}
