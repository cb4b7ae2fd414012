//go:build unix

package runner

import (
	"os"
	"os/signal"
	"syscall"
)

const (
	interrupt = syscall.SIGINT
	terminate = syscall.SIGTERM
)

// exitCode is 128+n for a process that signal n ended.
func exitCode(s *os.ProcessState) int {
	if w, ok := s.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return 128 + int(w.Signal())
	}
	return s.ExitCode()
}

// defaultSignals makes a process that is started before restore is called react
// to the signals of cancel, even if this one was started with them ignored, as a
// background job of a shell is: a program cannot trap what it inherits ignored.
func defaultSignals() (restore func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, interrupt, terminate)
	return func() { signal.Stop(c) }
}
