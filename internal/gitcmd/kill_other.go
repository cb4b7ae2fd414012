//go:build !unix

package gitcmd

import "os/exec"

// killGroup leaves the command as it is: there are no process groups here,
// and WaitDelay bounds the wait for what git's children hold open.
func killGroup(*exec.Cmd) {}
