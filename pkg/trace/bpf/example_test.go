//go:build linux

package bpf_test

import (
	"errors"
	"fmt"

	"github.com/org/cilock-action/pkg/trace/bpf"
)

// A machine that cannot do it says so, and why: the caller goes on to another
// sensor, and has a gap in its record where there is none.
func ExampleProbe() {
	if _, err := bpf.Probe(); errors.Is(err, errors.ErrUnsupported) {
		fmt.Println("not here:", err)
		return
	}
	fmt.Println("ready")
}
