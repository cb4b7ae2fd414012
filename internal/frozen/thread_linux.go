package frozen

import "syscall"

// onMainThread reports whether an exec here keeps the kernel task that has the
// PID of the process.
func onMainThread() bool { return syscall.Gettid() == syscall.Getpid() }
