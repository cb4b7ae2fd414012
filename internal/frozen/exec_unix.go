//go:build linux || darwin

package frozen

import (
	"os"
	"runtime"
	"strconv"
	"syscall"
)

// Supported is nil where a process can be frozen, and wraps
// errors.ErrUnsupported where it cannot.
func Supported() error { return nil }

// The one init function of the project. It returns at once unless the process
// was started as [ArgumentsFD] says and that descriptor really is a unix socket,
// so nobody gets here by typing the verb.
func init() {
	if len(os.Args) != 3 || os.Args[1] != Verb {
		return
	}
	fd, err := strconv.Atoi(os.Args[2])
	if err != nil || fd < FD || fd > MaxFD || !isUnixSocket(fd) {
		return
	}
	// An exec from another thread gives the PID to a different kernel task,
	// and the tracer's mark on this one is lost.
	runtime.LockOSThread()
	syscall.Exit(serve(fd))
}

func isUnixSocket(fd int) bool {
	var st syscall.Stat_t
	if syscall.Fstat(fd, &st) != nil || st.Mode&syscall.S_IFMT != syscall.S_IFSOCK {
		return false
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		return false
	}
	_, ok := name.(*syscall.SockaddrUnix)
	return ok
}

// serve is the life of a frozen process. It returns an exit code, or not at
// all: then this process is the command.
func serve(fd int) int {
	// Descriptors that our caller opened for the command (`<(list)` of a shell,
	// make's jobserver) stay; what Go opens is marked by Go, and this is ours.
	syscall.CloseOnExec(fd)
	if !onMainThread() {
		send(fd, failure(ExitAbandoned, "the frozen process is not on its main thread"))
		return ExitAbandoned
	}
	if !send(fd, []byte(Ready)) {
		return ExitAbandoned
	}
	body, ok := untilGo(fd)
	if !ok {
		return ExitAbandoned
	}
	args, env, err := parseBody(body)
	if err != nil {
		return ExitAbandoned
	}
	code, err := execute(args, env, func() { send(fd, []byte("exec\n")) })
	send(fd, failure(code, err.Error()))
	return code
}

// untilGo does the preparations that are asked for, and returns the body of the
// order to go. It reports false if that never comes.
func untilGo(fd int) ([]byte, bool) {
	for {
		header := make([]byte, headerSize)
		if !receive(fd, header) {
			return nil, false
		}
		kind, n, err := parseHeader(header)
		if err != nil {
			return nil, false
		}
		body := make([]byte, n)
		if !receive(fd, body) {
			return nil, false
		}
		if kind == kindGo {
			return body, true
		}
		p, err := parsePreparation(body)
		if err == nil {
			err = prepare(p)
		}
		if !send(fd, answer(err)) {
			return nil, false
		}
	}
}

// send writes all of b. A parent that is gone gives EPIPE; the SIGPIPE that
// comes with it does not end a Go program for a descriptor above 2.
func send(fd int, b []byte) bool {
	for len(b) > 0 {
		n, err := syscall.Write(fd, b)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return false
		}
		b = b[n:]
	}
	return true
}

// receive fills b, or reports false if the parent is gone first.
func receive(fd int, b []byte) bool {
	for len(b) > 0 {
		n, err := syscall.Read(fd, b)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || n == 0 {
			return false
		}
		b = b[n:]
	}
	return true
}
