package step

import (
	"os"

	"golang.org/x/sys/unix"
)

// awaitEnd returns when p has ended, and leaves it a zombie: its PID, and the
// group of that number, cannot be somebody else's while we may still signal it.
func awaitEnd(p *os.Process) *os.ProcessState {
	for {
		err := unix.Waitid(unix.P_PID, p.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if err != unix.EINTR {
			return nil
		}
	}
}

// growPipe makes a pipe hold more, so that a fast writer is not stopped so
// often. Best effort: an unprivileged user has 64 MiB of pipes.
func growPipe(f *os.File) {
	if conn, err := f.SyscallConn(); err == nil {
		conn.Control(func(fd uintptr) { unix.FcntlInt(fd, unix.F_SETPIPE_SZ, pipeSize) })
	}
}
