//go:build linux

package ptrace_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/org/cilock-action/pkg/trace/ptrace"
)

// A machine that cannot do it says so, and why: the caller goes on to another
// sensor, and has a gap in its record where there is none.
func ExampleProbe() {
	if err := ptrace.Probe(context.Background()); errors.Is(err, errors.ErrUnsupported) {
		fmt.Println("not here:", err)
		return
	}
	fmt.Println("ready")
}
