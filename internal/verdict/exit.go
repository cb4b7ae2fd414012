package verdict

import (
	"errors"
	"fmt"
)

// The exit codes that are ours (DESIGN: verdicts and exit codes). A step's own
// code goes before all of them.
const (
	ExitOK         = 0
	ExitIO         = 1 // evidence could not be written
	ExitMisuse     = 2 // refused before anything ran
	ExitDenied     = 3
	ExitIncomplete = 4
)

// ExitError is an error that knows its exit code.
type ExitError struct {
	Code int
	Err  error
}

// CodeOf is the exit code that an error stands for: its own, or that of I/O.
func CodeOf(err error) int {
	if err == nil {
		return ExitOK
	}
	var exit *ExitError
	if errors.As(err, &exit) {
		return exit.Code
	}
	return ExitIO
}

func (e *ExitError) Error() string { return e.Err.Error() }
func (e *ExitError) Unwrap() error { return e.Err }

// ExitCode is the code for the process.
func (e *ExitError) ExitCode() int { return e.Code }

// Misuse is an error that ends with exit code 2 before anything ran.
func Misuse(format string, args ...any) error {
	return &ExitError{ExitMisuse, fmt.Errorf(format, args...)}
}

// FailOn is the mildest verdict, short of fail, that fails the run.
type FailOn string

// The values of --fail-on. The default is fail.
const (
	FailOnFail       FailOn = "fail"
	FailOnIncomplete FailOn = "incomplete"
	FailOnWarn       FailOn = "warn"
)

// ParseFailOn reads the input; empty means fail.
func ParseFailOn(s string) (FailOn, error) {
	switch f := FailOn(s); f {
	case "":
		return FailOnFail, nil
	case FailOnFail, FailOnIncomplete, FailOnWarn:
		return f, nil
	}
	return "", Misuse("fail-on is %q, expected fail, incomplete or warn", s)
}

// Code is the exit code of a verdict. With fail-on=warn an incomplete verdict
// fails too: it is the worse of the two.
func (f FailOn) Code(v Verdict) int {
	switch v {
	case Pass:
		return ExitOK
	case Warn:
		if f == FailOnWarn {
			return ExitDenied
		}
		return ExitOK
	case Incomplete:
		if f == FailOnIncomplete || f == FailOnWarn {
			return ExitIncomplete
		}
		return ExitOK
	}
	return ExitDenied
}
