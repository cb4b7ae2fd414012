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
	"unsafe"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/features"
	"golang.org/x/sys/unix"
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
	// The library explains a refusal by versions of the kernel: we look ourselves.
	if reason := unprivileged(); reason != "" {
		return because("%s", reason)
	}
	switch refused := tryMap(); {
	case errors.Is(refused, syscall.EPERM), errors.Is(refused, syscall.EACCES):
		return because("bpf(2) is refused although the capabilities are there%s", by())
	case refused != nil:
		return because("bpf(2) does not work (%v)", refused)
	}
	// The newest thing that nothing works without: 5.17.
	if have := features.HaveProgramHelper(ebpf.Tracing, asm.FnLoop); errors.Is(have, ebpf.ErrNotSupported) {
		return because("the kernel is older than 5.17 (no bpf_loop)")
	}
	return err
}

// needFiles is twice what a sensor has open: each program, map and hook is a file.
const needFiles = 256

// enoughFiles refuses a limit that might end the loading anywhere: the library
// takes a file too many for a kernel that lacks something, and the sensor would
// go without a part for it.
func enoughFiles() error {
	var files syscall.Rlimit
	err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files)
	if err != nil || files.Cur >= needFiles {
		return nil
	}
	return &unsupported{fmt.Sprintf("no more than %d files may be open (ulimit -n), and it takes %d", files.Cur, needFiles), syscall.EMFILE}
}

// tryMap makes the simplest map there is.
func tryMap() error {
	attr := struct{ kind, key, value, entries uint32 }{unix.BPF_MAP_TYPE_ARRAY, 4, 4, 1}
	fd, _, errno := unix.Syscall(unix.SYS_BPF, unix.BPF_MAP_CREATE, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr))
	if errno != 0 {
		return errno
	}
	return unix.Close(int(fd))
}

const kernelTypes = "/sys/kernel/btf/vmlinux"

// Numbers of linux/capability.h.
const (
	capSysAdmin = 21
	capPerfmon  = 38
	capBPF      = 39
)

// unprivileged says what the process lacks, if it does.
func unprivileged() string {
	caps, err := strconv.ParseUint(status("CapEff"), 16, 64)
	has := func(c int) bool { return caps>>c&1 == 1 }
	switch {
	case err == nil && !has(capSysAdmin) && !(has(capBPF) && has(capPerfmon)):
		return "the process lacks CAP_BPF and CAP_PERFMON"
	case inUserNamespace():
		return "the capabilities are those of a user namespace"
	}
	return ""
}

// by guesses who refuses.
func by() string {
	switch {
	case status("Seccomp") == "2":
		return ", by a seccomp filter it seems"
	case lockdown() == "confidentiality":
		return ", by the kernel's lockdown for confidentiality"
	}
	return ""
}

// status is a value of /proc/self/status.
func status(key string) string {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return ""
	}
	for line := range lines(b) {
		if line[0] == key {
			return line[1]
		}
	}
	return ""
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
