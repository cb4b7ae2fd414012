//go:build !linux && !darwin

package frozen

import "errors"

// Supported is nil where a process can be frozen, and wraps
// errors.ErrUnsupported where it cannot.
func Supported() error {
	return unsupported{}
}

type unsupported struct{}

func (unsupported) Error() string { return "a frozen start is not possible on this system" }
func (unsupported) Unwrap() error { return errors.ErrUnsupported }
