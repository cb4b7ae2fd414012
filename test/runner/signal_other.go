//go:build !unix

package runner

import "os"

// Windows has console events instead, which this package does not send: its
// Signal fails for both, and the process is killed at once.
var (
	interrupt = os.Interrupt
	terminate = os.Interrupt
)

func exitCode(s *os.ProcessState) int { return s.ExitCode() }

func defaultSignals() (restore func()) { return func() {} }
