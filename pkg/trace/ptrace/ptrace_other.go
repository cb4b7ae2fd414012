//go:build !linux || !(amd64 || arm64)

package ptrace

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/org/cilock-action/pkg/trace"
)

// Arm is not possible here: the error wraps errors.ErrUnsupported.
func Arm(context.Context, trace.Options) (trace.Sensor, error) { return nil, unsupported() }

// Probe says so too.
func Probe(context.Context) error { return unsupported() }

func unsupported() error {
	return fmt.Errorf("tracing with ptrace on %s/%s: %w", runtime.GOOS, runtime.GOARCH, errors.ErrUnsupported)
}
