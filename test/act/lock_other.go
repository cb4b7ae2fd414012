//go:build !unix

package act

import "os/exec"

// lock does nothing: act is not run here (see unsupported).
func lock(string) (unlock func(), err error) { return func() {}, nil }

// killGroup does nothing: act is not run here.
func killGroup(*exec.Cmd) {}
