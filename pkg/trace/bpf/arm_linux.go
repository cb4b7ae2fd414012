//go:build amd64 || arm64

package bpf

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/org/cilock-action/pkg/trace"
)

// Arm loads the programs, proves that they fire and makes o.PID, with all that
// it starts from then on, their subject. The error wraps errors.ErrUnsupported
// if this machine or these privileges cannot do it, and says why in one line.
func Arm(ctx context.Context, o trace.Options) (trace.Sensor, error) {
	s, err := load(o)
	if err != nil {
		return nil, explain(err)
	}
	if err := s.arm(ctx, o.PID); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// Probe says what Arm would use here: it loads, attaches, tests and releases
// everything. Errors are those of Arm.
func Probe() (trace.Description, error) {
	s, err := load(trace.Options{})
	if err != nil {
		return trace.Description{}, explain(err)
	}
	err = s.selfTest(context.Background())
	return s.Describe(), errors.Join(err, s.close())
}

func (s *sensor) arm(ctx context.Context, pid int) error {
	if err := s.selfTest(ctx); err != nil {
		return err
	}
	root, err := firstMessage(pid)
	if err != nil {
		return fmt.Errorf("read process %d: %w", pid, err)
	}
	if err := s.mark(pid); err != nil {
		return fmt.Errorf("mark process %d: %w", pid, err)
	}
	s.root = root
	go s.run()
	return nil
}

// mark makes a process a member. The kernel finds it through a descriptor, so
// that it is the right one in whatever namespace we are.
func (s *sensor) mark(pid int) error {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if s.setup.Level == 0 {
		// In a namespace of ours the key is unknown here; the exec that follows
		// lists the process.
		if err := s.base.maps[procMapPids].Put(uint32(pid), int32(pid)); err != nil {
			return err
		}
	}
	return s.base.maps[procMapMarks].Put(uint32(fd), markValue{PID: int32(pid)})
}

// markValue is struct mark of src/shared.h.
type markValue struct {
	PID   int32
	Spare uint32
}

// firstMessage describes the root, which nobody saw being made.
func firstMessage(pid int) (trace.Message, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return trace.Message{}, err
	}
	m := trace.Message{Kind: trace.Fork, PID: pid}
	for line := range lines(status) {
		fields := strings.Fields(line[1])
		switch {
		case line[0] == "Name":
			m.Comm = line[1]
		case line[0] == "PPid" && len(fields) == 1:
			m.Parent, err = strconv.Atoi(fields[0])
		case line[0] == "Uid" && len(fields) == 4: // real, effective, saved, file system
			var effective uint64
			effective, err = strconv.ParseUint(fields[1], 10, 32)
			m.UID = uint32(effective)
		}
		if err != nil {
			return m, fmt.Errorf("its status: %w", err)
		}
	}
	return m, nil
}
