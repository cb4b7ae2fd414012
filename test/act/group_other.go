//go:build !unix

package act

import "os/exec"

// killGroup does nothing: act is not run here.
func killGroup(*exec.Cmd) {}
