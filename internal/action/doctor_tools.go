package action

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/org/cilock-action/internal/gitcmd"
	"github.com/org/cilock-action/internal/runner"
)

// toolTimeout bounds one program that is asked what it is.
const toolTimeout = 5 * time.Second

// runTool runs a program of PATH, and returns the first of what it says.
func runTool(ctx context.Context, d Deps, name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, toolTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env, cmd.WaitDelay = d.Environ, time.Second
	var out toolOutput
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return oneLine(strings.TrimSpace(out.kept.String()), 200), err
}

// toolOutput is the beginning of what a program prints. The rest is read and thrown
// away: one that never stops would fill the memory before its time is over.
type toolOutput struct{ kept strings.Builder }

const maxToolOutput = 4 << 10

func (o *toolOutput) Write(p []byte) (int, error) {
	o.kept.Write(p[:min(len(p), maxToolOutput-o.kept.Len())])
	return len(p), nil
}

// gitCheck looks where a run looks: not in the checkout, which is what git is to
// describe.
func gitCheck(ctx context.Context, d Deps) Check {
	c := Check{Name: "git", Cost: "no commit in the evidence, and no proof of actions against their repositories", Fix: "install git"}
	bin, err := gitcmd.Find(searchPath(d.Environ, ""))
	if err != nil {
		c.Found = err.Error()
		return c
	}
	out, err := runTool(ctx, d, bin, "--version")
	if err != nil {
		c.Found = fmt.Sprintf("%s: %s", bin, cmp.Or(out, err.Error()))
		return c
	}
	c.State, c.Found = StateOK, out
	return c
}

// dockerCheck asks the engine as wrapping an action does.
func dockerCheck(ctx context.Context, in DoctorInputs, d Deps) Check {
	c := Check{
		Name: "docker", Cost: "actions that run in a container cannot be wrapped: they are refused before they start",
		Fix: "install docker on Linux, start its engine, and let this user reach it (as root, or in the group docker)",
	}
	if host := d.Getenv("DOCKER_HOST"); host != "" && !strings.HasPrefix(host, "unix://") && !in.Online {
		c.State, c.Found = StateUnknown, "the engine is not on this machine (DOCKER_HOST), and was not asked: --online asks"
		return c
	}
	ctx, cancel := context.WithTimeout(ctx, 2*toolTimeout)
	defer cancel()
	client, err := runner.FindDocker(ctx, d.Environ)
	if err != nil {
		c.Found = oneLine(err.Error(), 300)
		return c
	}
	c.State, c.Found = StateOK, client+", and its engine answers"
	return c
}

// daemonCheck: what a docker daemon does for a step is not the step's.
func daemonCheck(root string) Check {
	const socket = "/var/run/docker.sock"
	c := Check{Name: "daemon", State: StateOK, Found: "no docker daemon: nothing can be done behind the trace by one"}
	if _, err := os.Stat(filepath.Join(root, socket)); err == nil {
		c.State, c.Found = StateLimit, "a docker daemon listens at "+socket
		c.Cost = "what it does for a step is no part of the step's tree: the evidence says so when a step connects to it"
		c.Fix = "nothing needs to be done, unless the step should not use it"
	}
	return c
}

// nodeCheck looks for the Nodes that today's actions name. One on PATH will do,
// whatever its version, and a run says so.
func nodeCheck(in DoctorInputs, d Deps) Check {
	c := Check{
		Name: "node", Cost: "actions that run on Node cannot be wrapped: they are refused before they start",
		Fix: "run inside a job, where the runner brings its own, or install node",
	}
	finder := runner.NodeFinder{Parent: os.Getppid(), PATH: d.Getenv("PATH")}
	if in.Root != "" {
		finder.Proc = filepath.Join(in.Root, "proc")
	}
	var found []string
	for _, using := range []string{"node20", "node24"} {
		program, notice, err := finder.Find(using)
		switch {
		case err != nil:
			c.Found = err.Error()
			return c
		case notice != "":
			c.State, c.Found = StateLimit, program+" of PATH, not the runner's own"
			c.Cost, c.Fix = "an action may meet another version of Node than it is written for", "run inside a job, where the runner brings its own"
			return c
		}
		found = append(found, using+" "+program)
	}
	c.State, c.Found = StateOK, "the runner's own: "+strings.Join(found, ", ")
	return c
}

func tempCheck(d Deps) Check {
	dir := cmp.Or(d.TempDir, os.TempDir())
	c := Check{
		Name: "temp", Found: dir, Cost: "nothing can be run: what the step prints, and the files that are its own, are kept there",
		Fix: "let RUNNER_TEMP (or TMPDIR) name a folder that this user can write",
	}
	return c.writable(dir)
}

func toolCacheCheck(d Deps) Check {
	dir := d.Getenv("RUNNER_TOOL_CACHE")
	c := Check{
		Name: "tool-cache", Found: "RUNNER_TOOL_CACHE is not set, as everywhere outside of a job", Cost: "wrapped actions that install tools (setup-go and the like) fail",
		Fix: "let RUNNER_TOOL_CACHE name a folder that this user can write",
	}
	if dir == "" {
		c.State = StateLimit
		return c
	}
	return c.writable(dir)
}

// writable tries to write.
func (c Check) writable(dir string) Check {
	if err := probe(dir); err != nil {
		c.Found = dir + " cannot be written: " + err.Error()
		return c
	}
	c.State, c.Found = StateOK, dir+" can be written"
	return c
}
