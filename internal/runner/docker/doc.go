// Package docker runs container actions (runs.using: docker) and steps that use
// docker://IMAGE as actions/runner v2.336.0 does. It is what is particular to
// them: command lines for the docker client, what the container sees of the
// host, what entry point and arguments a stage has, and which image it was.
// Each behaviour names the source file of the runner that it was read from.
//
// Nothing here starts a process. The caller hands in an Exec, so that signals
// and cancellation stay its business. The order is Find, Check, then
// Client.Prepare, which pulls or builds and says what the image is, and
// Client.Run of that image by its Id.
//
// Differences from the runner, all on purpose:
//   - Arguments reach the container as they were written. The runner makes one
//     text of all of them and lets .NET take it apart; an argument that has a
//     backslash before a quote, or at its end, comes out as another one there.
//   - A folder with a colon in its name can be mounted.
//   - A Dockerfile outside of the action's folder is refused.
//   - A variable whose name cannot be passed is an error, not left out.
package docker

import (
	"context"
	"fmt"
	"io"
)

// Exec runs the docker client with the arguments of c. The variables of c are
// added to the client's own environment: the command line has only their names.
// It returns the exit code of a client that ran, and an error if none did.
//
// HOME, which every container has, so takes the place of the client's own, on
// the runner too. A client whose configuration counts, because it names another
// engine than the usual one, keeps it if its own environment has DOCKER_CONFIG.
type Exec func(ctx context.Context, c Invocation) (exitCode int, err error)

// Invocation is one call of the docker client.
type Invocation struct {
	Args   []string  // without the name of the client
	Env    []string  // NAME=value, of the container; each name once
	Quiet  bool      // the command line is not for the step's log
	Output io.Writer // of standard output; nil: the step's
	Errors io.Writer // of standard error; nil: the step's
}

// Supported refuses every operating system but Linux (ContainerActionHandler.cs).
func Supported(goos string) error {
	if goos != "linux" {
		return fmt.Errorf("run a container action on %s: container actions are only supported on Linux", goos)
	}
	return nil
}
