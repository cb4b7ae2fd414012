//go:build !linux || !(amd64 || arm64)

package bpf

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/org/cilock-action/pkg/trace"
)

// Arm fails: there is no eBPF sensor for this system.
func Arm(context.Context, trace.Options) (trace.Sensor, error) { return nil, unsupported() }

// Probe fails as Arm does.
func Probe() (trace.Description, error) { return trace.Description{}, unsupported() }

func unsupported() error {
	return fmt.Errorf("eBPF on %s/%s: %w", runtime.GOOS, runtime.GOARCH, errors.ErrUnsupported)
}
