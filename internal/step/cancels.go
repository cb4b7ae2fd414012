package step

import (
	"os"
	"syscall"
)

// Cancels reports whether a signal asks a run to stop, and its name.
func Cancels(s os.Signal) (name string, ok bool) {
	sig, known := s.(syscall.Signal)
	if !known || !isCancel(s) {
		return "", false
	}
	return signalName(sig), true
}

// CancelExit is the exit code of a command that a cancel signal ended, by
// Cancels' name: 128 and the signal's number.
func CancelExit(name string) int {
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		if n, ok := Cancels(s); ok && n == name {
			return 128 + int(s)
		}
	}
	return 128
}

// SignalName is the name of a signal by its number, or empty for 0.
func SignalName(n int) string {
	if n == 0 {
		return ""
	}
	return signalName(syscall.Signal(n))
}
