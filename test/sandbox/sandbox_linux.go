package sandbox

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Command is a program in a box. It is for root. Dir, Env and files are for the
// caller to set; the PID is the program's own from the start.
func Command(t testing.TB, b Box, program string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, append([]string{Verb, string(text), program}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: unix.CLONE_NEWNS} // with it all mounts are private
	return cmd
}

// exitRefused is the exit code of a sandbox that could not be made.
const exitRefused = 120

// Enter makes the sandbox and becomes the program, if that is what this process
// was started for, or hangs as [Sudo].
func Enter() {
	if os.Args[0] == Sudo {
		hang()
	}
	if len(os.Args) < 4 || os.Args[1] != Verb {
		return
	}
	err := enter(os.Args[2], os.Args[3:])
	fmt.Fprintln(os.Stderr, "make the sandbox:", err)
	os.Exit(exitRefused)
}

func hang() {
	if err := syscall.Setresuid(0, 0, 0); err != nil {
		fmt.Fprintln(os.Stderr, "become root:", err)
		os.Exit(exitRefused)
	}
	// A signal at the parent's end would be refused: it is another user's.
	parent, err := unix.PidfdOpen(os.Getppid(), 0)
	for ended := 0; err == nil && ended == 0; {
		if ended, err = unix.Poll([]unix.PollFd{{Fd: int32(parent), Events: unix.POLLIN}}, -1); errors.Is(err, unix.EINTR) {
			err = nil
		}
	}
	os.Exit(exitRefused)
}

func enter(text string, args []string) error {
	var b Box
	if err := json.Unmarshal([]byte(text), &b); err != nil {
		return err
	}
	program, err := exec.LookPath(args[0])
	if err != nil {
		return err
	}
	runtime.LockOSThread() // what follows is this thread's, and the program gets it
	for _, f := range []func() error{b.unmount, b.mount, b.limit, b.drop, b.refuse, b.user} {
		if err := f(); err != nil {
			return err
		}
	}
	return fmt.Errorf("become %s: %w", program, unix.Exec(program, args, os.Environ()))
}

// unmount takes away the mounts of the types in Gone, the last one first.
func (b Box) unmount() error {
	file, err := os.Open("/proc/self/mountinfo") // proc_pid_mountinfo(5)
	if err != nil {
		return err
	}
	defer file.Close()
	var points []string
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		before, after, _ := strings.Cut(lines.Text(), " - ")
		typ, _, _ := strings.Cut(after, " ")
		if at := strings.Fields(before); slices.Contains(b.Gone, typ) && len(at) > 4 {
			points = append(points, at[4])
		}
	}
	slices.Reverse(points)
	for _, p := range points {
		if err := unix.Unmount(p, unix.MNT_DETACH); err != nil {
			return fmt.Errorf("unmount %s: %w", p, err)
		}
	}
	return lines.Err()
}

func (b Box) mount() error {
	for _, m := range b.Mounts {
		if _, err := os.Stat(m.Target); errors.Is(err, os.ErrNotExist) {
			continue
		}
		var flags uintptr
		if m.Type == "" {
			flags = unix.MS_BIND
		}
		if err := unix.Mount(m.Source, m.Target, m.Type, flags, m.Options); err != nil {
			return fmt.Errorf("mount %s over %s: %w", m.Source, m.Target, err)
		}
		if m.ReadOnly {
			if err := unix.Mount("", m.Target, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, ""); err != nil {
				return fmt.Errorf("make %s read-only: %w", m.Target, err)
			}
		}
	}
	return nil
}

// limit also tells Go's runtime, which would restore what it found.
func (b Box) limit() error {
	if b.Files == 0 {
		return nil
	}
	return syscall.Setrlimit(unix.RLIMIT_NOFILE, &syscall.Rlimit{Cur: b.Files, Max: b.Files})
}

// drop takes capabilities from the bounding set: an exec by root gives all
// others.
func (b Box) drop() error {
	if b.Capabilities == nil {
		return nil
	}
	for c := 0; ; c++ {
		switch have, err := unix.PrctlRetInt(unix.PR_CAPBSET_READ, uintptr(c), 0, 0, 0); {
		case err != nil:
			return nil // it was the last that this kernel knows
		case have == 1 && !slices.Contains(b.Capabilities, c):
			if err := unix.Prctl(unix.PR_CAPBSET_DROP, uintptr(c), 0, 0, 0); err != nil {
				return fmt.Errorf("drop capability %d: %w", c, err)
			}
		}
	}
}

// refuse installs the filter with the right that root still has, and so without
// no_new_privs.
func (b Box) refuse() error {
	if b.NoFilters {
		b.Refuse = append(b.Refuse, unix.SYS_SECCOMP)
	}
	if len(b.Refuse) == 0 {
		return nil
	}
	load := func(at int) unix.SockFilter { // from struct seccomp_data
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: uint32(at)}
	}
	unless := func(value, skip int) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: uint8(skip), K: uint32(value)}
	}
	refuse := unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)}
	filter := []unix.SockFilter{load(0)} // the number
	for _, nr := range b.Refuse {
		filter = append(filter, unless(nr, 1), refuse)
	}
	if b.NoFilters { // by its first argument
		filter = append(filter, unless(unix.SYS_PRCTL, 3), load(16), unless(unix.PR_SET_SECCOMP, 1), refuse)
	}
	filter = append(filter, unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW})
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&prog)), 0, 0); err != nil {
		return fmt.Errorf("install the filter: %w", err)
	}
	return nil
}

func (b Box) user() error {
	if err := syscall.Setgroups(b.Groups); err != nil {
		return fmt.Errorf("set the groups: %w", err)
	}
	if err := syscall.Setresgid(b.GID, b.GID, b.GID); err != nil {
		return fmt.Errorf("become group %d: %w", b.GID, err)
	}
	if err := syscall.Setresuid(b.UID, b.UID, b.UID); err != nil {
		return fmt.Errorf("become user %d: %w", b.UID, err)
	}
	return nil
}

// dockerCapabilities are the default of dockerd (oci/caps/defaults.go of moby).
func dockerCapabilities() []int {
	return []int{
		unix.CAP_CHOWN, unix.CAP_DAC_OVERRIDE, unix.CAP_FSETID, unix.CAP_FOWNER, unix.CAP_MKNOD, unix.CAP_NET_RAW, unix.CAP_SETGID,
		unix.CAP_SETUID, unix.CAP_SETFCAP, unix.CAP_SETPCAP, unix.CAP_NET_BIND_SERVICE, unix.CAP_SYS_CHROOT, unix.CAP_KILL, unix.CAP_AUDIT_WRITE,
	}
}

func dockerRefuses() []int {
	return []int{
		unix.SYS_BPF, unix.SYS_PERF_EVENT_OPEN, unix.SYS_MOUNT, unix.SYS_UMOUNT2, unix.SYS_UNSHARE, unix.SYS_SETNS,
		unix.SYS_FANOTIFY_INIT, unix.SYS_FSOPEN, unix.SYS_FSMOUNT, unix.SYS_OPEN_TREE, unix.SYS_MOVE_MOUNT, unix.SYS_MOUNT_SETATTR,
		unix.SYS_KCMP, unix.SYS_PIDFD_GETFD, unix.SYS_PROCESS_MADVISE, unix.SYS_OPEN_BY_HANDLE_AT, unix.SYS_USERFAULTFD,
		unix.SYS_KEYCTL, unix.SYS_ADD_KEY, unix.SYS_REQUEST_KEY, unix.SYS_INIT_MODULE, unix.SYS_FINIT_MODULE, unix.SYS_DELETE_MODULE,
	}
}
