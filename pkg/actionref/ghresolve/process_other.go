//go:build !unix

package ghresolve

import (
	"os"
	"os/exec"
)

// ownGroup leaves the command's children to themselves: they end when their
// pipes do, and Wait does not wait for them longer than waitAfterKill.
func ownGroup(*exec.Cmd) {}

// tryLock never succeeds: every process uses git repositories of its own.
func tryLock(string) (*os.File, bool) { return nil, false }
