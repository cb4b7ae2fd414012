//go:build amd64 || arm64

package bpf

import (
	"errors"
	"fmt"
	"iter"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/features"
)

// unsupported is an error that says what this machine lacks.
type unsupported struct {
	reason string
	err    error
}

func (u *unsupported) Error() string   { return "eBPF cannot be used here: " + u.reason }
func (u *unsupported) Unwrap() []error { return []error{errors.ErrUnsupported, u.err} }

// explain turns the error of a load into the reason why this machine or these
// privileges are not enough, and leaves any other error as it is.
func explain(err error) error {
	because := func(format string, args ...any) error {
		return &unsupported{fmt.Sprintf(format, args...), err}
	}
	if _, stat := os.Stat(kernelTypes); stat != nil {
		return because("the kernel gives no type information (%v)", stat)
	}
	// A program that is refused may have EACCES or EPERM as its error too.
	refused := new(ebpf.VerifierError)
	if !errors.As(err, &refused) && (errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES)) {
		return because("%s", denied())
	}
	if errors.Is(err, syscall.ENOSYS) {
		return because("the kernel has no bpf(2)")
	}
	// The newest thing that nothing works without: 5.17.
	if have := features.HaveProgramHelper(ebpf.Tracing, asm.FnLoop); errors.Is(have, ebpf.ErrNotSupported) {
		return because("the kernel is older than 5.17 (no bpf_loop)")
	}
	return err
}

const kernelTypes = "/sys/kernel/btf/vmlinux"

// Numbers of linux/capability.h.
const (
	capSysAdmin = 21
	capPerfmon  = 38
	capBPF      = 39
)

// denied says why the kernel refused bpf(2).
func denied() string {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return "bpf(2) is refused"
	}
	var caps uint64
	var filter string
	for line := range lines(status) {
		switch line[0] {
		case "CapEff":
			caps, _ = strconv.ParseUint(line[1], 16, 64)
		case "Seccomp":
			filter = line[1]
		}
	}
	has := func(c int) bool { return caps>>c&1 == 1 }
	switch {
	case !has(capSysAdmin) && !(has(capBPF) && has(capPerfmon)):
		return "the process lacks CAP_BPF and CAP_PERFMON"
	case inUserNamespace():
		return "the capabilities are those of a user namespace"
	case filter == "2":
		return "bpf(2) is refused, by a seccomp filter it seems"
	case lockdown() == "confidentiality":
		return "the kernel is locked down for confidentiality"
	}
	return "bpf(2) is refused although the capabilities are there"
}

// inUserNamespace reports whether we are in another than the initial one, which
// maps all users to themselves.
func inUserNamespace() bool {
	m, err := os.ReadFile("/proc/self/uid_map")
	return err == nil && strings.Join(strings.Fields(string(m)), " ") != "0 0 4294967295"
}

// lockdown is the kernel's mode of that name, which it shows in brackets.
func lockdown() string {
	b, _ := os.ReadFile("/sys/kernel/security/lockdown")
	_, rest, _ := strings.Cut(string(b), "[")
	mode, _, _ := strings.Cut(rest, "]")
	return mode
}

// lines yields the "Key: value" lines of a file of /proc.
func lines(b []byte) iter.Seq[[2]string] {
	return func(yield func([2]string) bool) {
		for line := range strings.Lines(string(b)) {
			key, value, ok := strings.Cut(line, ":")
			if ok && !yield([2]string{key, strings.TrimSpace(value)}) {
				return
			}
		}
	}
}
