//go:build amd64 || arm64

package bpf

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/org/cilock-action/pkg/trace"
)

// tricks are programs that do one thing which a shell cannot.
func tricks() map[string]func(args []string) error {
	return map[string]func([]string) error{
		"arm":      armSelf,
		"filtered": armFiltered,
		"threads":  threads,
		"exec": func([]string) error {
			return offMain(func() error { return syscall.Exec("/bin/true", []string{"true"}, nil) })
		},
		"memfd":     execMemory,
		"execveat":  execEmpty,
		"opens":     openMany,
		"again":     openAgain,
		"handle":    openHandle,
		"chroot":    inChroot,
		"opath":     reopen,
		"openat2":   openRelative,
		"deleted":   openDeleted,
		"uring":     func(args []string) error { return uringOpen(args[0]) },
		"suspicion": suspect,
		"int80":     int80,
		"inside":    openEverywhere,
		"distinct":  openDistinct,
	}
}

// armSelf prints what Arm says to this user.
func armSelf([]string) error {
	s, err := Arm(context.Background(), trace.Options{PID: os.Getpid(), Handler: trace.HandlerFunc(func(trace.Message) {})})
	if err == nil {
		s.Stop(context.Background())
	}
	fmt.Println(errors.Is(err, errors.ErrUnsupported), err)
	return nil
}

// armFiltered does so under a filter that refuses bpf(2), as in a container.
func armFiltered(args []string) error {
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS}, // the number of the call
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: unix.SYS_BPF},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&program)))
	if errno != 0 {
		return errno
	}
	return armSelf(args)
}

// offMain runs f on a thread that is not the first.
func offMain(f func() error) error {
	runtime.LockOSThread()
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		done <- f()
	}()
	return <-done
}

func threads([]string) error {
	const n = 8
	ready, release, ended := make(chan int), make(chan bool), make(chan bool)
	for range n {
		go func() {
			runtime.LockOSThread()
			ready <- unix.Gettid()
			<-release
			ended <- openNull() == nil
		}()
	}
	for range n {
		<-ready
	}
	close(release)
	for range n {
		<-ended
	}
	return nil
}

func execMemory([]string) error {
	fd, err := unix.MemfdCreate("sneaky", 0)
	if err != nil {
		return err
	}
	if _, err := unix.Write(fd, smallestProgram()); err != nil {
		return err
	}
	return syscall.Exec(fmt.Sprintf("/proc/self/fd/%d", fd), []string{"sneaky"}, nil)
}

func execEmpty([]string) error {
	fd, err := unix.Open("/bin/true", unix.O_PATH, 0)
	if err != nil {
		return err
	}
	empty, name := []byte{0}, []byte("true\x00")
	argv := []*byte{&name[0], nil}
	_, _, errno := unix.Syscall6(unix.SYS_EXECVEAT, uintptr(fd), uintptr(unsafe.Pointer(&empty[0])),
		uintptr(unsafe.Pointer(&argv[0])), uintptr(unsafe.Pointer(&argv[1])), unix.AT_EMPTY_PATH, 0)
	return errno
}

// openMany makes as many files in a folder.
func openMany(args []string) error {
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	for i := range n {
		if err := os.WriteFile(filepath.Join(args[0], strconv.Itoa(i)), nil, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func openAgain(args []string) error {
	for range 1000 {
		fd, err := unix.Open(args[0], unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			return err
		}
		if err := unix.Close(fd); err != nil {
			return err
		}
	}
	return nil
}

func openHandle(args []string) error {
	handle, _, err := unix.NameToHandleAt(unix.AT_FDCWD, args[0], 0)
	if err != nil {
		return err
	}
	mount, err := unix.Open(filepath.Dir(args[0]), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	_, err = unix.OpenByHandleAt(mount, handle, unix.O_RDONLY)
	return err
}

func inChroot(args []string) error {
	return offMain(func() error {
		if err := unix.Unshare(unix.CLONE_FS); err != nil {
			return err
		}
		if err := unix.Chroot(args[0]); err != nil {
			return err
		}
		if _, err := unix.Open("/f", unix.O_RDONLY, 0); err != nil {
			return err
		}
		return unix.Mkdir("/made", 0o700)
	})
}

func reopen(args []string) error {
	fd, err := unix.Open(args[0], unix.O_PATH, 0)
	if err != nil {
		return err
	}
	_, err = unix.Open(fmt.Sprintf("/proc/self/fd/%d", fd), unix.O_WRONLY|unix.O_APPEND, 0)
	return err
}

func openRelative(args []string) error {
	dir, err := unix.Open(args[0], unix.O_PATH, 0)
	if err != nil {
		return err
	}
	_, err = unix.Openat2(dir, "new", &unix.OpenHow{Flags: unix.O_CREAT | unix.O_RDWR | unix.O_TRUNC, Mode: 0o600})
	return err
}

func openDeleted(args []string) error {
	fd, err := unix.Open(args[0], unix.O_RDONLY, 0)
	if err != nil {
		return err
	}
	if err := unix.Unlink(args[0]); err != nil {
		return err
	}
	_, err = unix.Open(fmt.Sprintf("/proc/self/fd/%d", fd), unix.O_RDONLY, 0)
	return err
}

// suspect makes calls that are worth a record. args[0] is the tracer.
func suspect(args []string) error {
	tracer, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	self := os.Getpid()
	pidfd, err := unix.PidfdOpen(tracer, 0)
	if err != nil {
		return err
	}
	b := []byte{0}
	local := []unix.Iovec{{Base: &b[0], Len: 1}}
	remote := []unix.RemoteIovec{{Base: uintptr(unsafe.Pointer(&b[0])), Len: 1}}
	_, errVM := unix.ProcessVMReadv(self, local, remote, 0)
	_, _, errno := unix.Syscall(unix.SYS_KCMP, 0, 0, 0) // not looked at
	if errno == 0 {
		return errors.New("kcmp without arguments")
	}
	_, errKey := unix.KeyctlGetKeyringID(unix.KEY_SPEC_THREAD_KEYRING, true)
	return errors.Join(errVM, errKey,
		unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0),
		unix.Kill(tracer, 0), unix.Kill(self, 0),
		unix.PidfdSendSignal(pidfd, 0, nil, 0),
		unix.Mount("none", args[1], "tmpfs", 0, ""), unix.Unmount(args[1], 0))
}

// int80 runs a 64-bit program that opens its argument's name through the 32-bit
// gate of x86.
func int80(args []string) error {
	code := []byte{
		0xb8, 5, 0, 0, 0, // mov eax, open
		0xbb, 0, 0, 0, 0, // mov ebx, name
		0x31, 0xc9, // xor ecx, ecx
		0xcd, 0x80,
		0xb8, 1, 0, 0, 0, // mov eax, exit
		0x31, 0xdb, // xor ebx, ebx
		0xcd, 0x80,
	}
	program := smallestProgram()
	program = append(program[:120:120], code...)
	name := uint32(0x10000 + len(program))
	program = append(append(program, args[0]...), 0)
	for i, b := range []byte{byte(name), byte(name >> 8), byte(name >> 16), byte(name >> 24)} {
		program[120+6+i] = b
	}
	for _, at := range []int{96, 104} { // the segment's sizes
		program[at] = byte(len(program))
	}
	if len(program) > 255 {
		return errors.New("too long a name")
	}
	fd, err := unix.MemfdCreate("int80", 0)
	if err != nil {
		return err
	}
	if _, err := bytes.NewReader(program).WriteTo(os.NewFile(uintptr(fd), "int80")); err != nil {
		return err
	}
	return syscall.Exec(fmt.Sprintf("/proc/self/fd/%d", fd), []string{"int80"}, nil)
}
