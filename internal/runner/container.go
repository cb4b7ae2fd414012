package runner

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/org/cilock-action/internal/runner/docker"
	"github.com/org/cilock-action/internal/runner/expr"
)

// container runs one stage of a Docker action (ContainerActionHandler.cs).
func (j *job) container(u *use, stage string, environ []string, says *commandReader) (int, error) {
	image, err := j.image(u)
	if err != nil {
		return 1, err
	}
	runs, env, err := j.containerRuns(u)
	if err != nil {
		return 1, err
	}
	entrypoint, args, err := runs.Command(docker.Stage(stage), textsOf(u.inputs))
	if err != nil {
		return 1, err
	}
	host, err := j.host()
	if err != nil {
		return 1, err
	}
	c := docker.Container{
		Image: image, Entrypoint: entrypoint, Args: args, Env: docker.Environment(host, docker.Defaults(j.ofStep(u, environ), env)),
		Name: docker.Name(u.key, strings.ToLower(rand.Text()[:6])), Labels: []string{j.label()}, Host: host,
	}
	j.limit(c.Limits())
	exit, err := docker.Client{Exec: j.docker(says, u.late)}.Run(context.Background(), c)
	if j.children.wasCancelled() { // the client is gone, the container may not be
		_, _ = j.docker(newCommandReader(), true)(context.Background(), docker.Remove(c.Name))
	}
	return exit, err
}

// docker calls the client as a child like any other: signals reach it.
func (j *job) docker(says *commandReader, late bool) docker.Exec {
	return func(_ context.Context, c docker.Invocation) (int, error) {
		environ := make([]string, 0, len(j.base)+len(c.Env))
		for _, name := range sortedKeys(j.base) {
			environ = append(environ, name+"="+j.base[name])
		}
		return j.children.run(process{
			path: j.prog.Docker, args: c.Args, env: append(environ, c.Env...), dir: j.prog.Workspace, says: says,
			stdout: c.Output, stderr: c.Errors, late: late,
		})
	}
}

// image pulls or builds the image of an action, once, and returns the id by which
// it is run. What it was is recorded before it runs.
func (j *job) image(u *use) (string, error) {
	if id := j.images[u.key]; id != "" {
		return id, nil
	}
	image := u.action.Manifest.Runs.Image
	tag := docker.Tag(j.label(), strings.ToLower(rand.Text()))
	found, digest, err := docker.Client{Exec: j.docker(newCommandReader(), false)}.Prepare(context.Background(), image, u.action.dir(), tag)
	if err != nil {
		return "", err
	}
	j.images[u.key] = found.ID
	name := found.ID
	if digest != "" {
		ref, _, _ := docker.ImageRef(image, u.action.dir())
		ref, _, _ = strings.Cut(ref, "@")
		name = ref + "@" + digest
	}
	j.records.add(Record{Uses: u.key, Image: name})
	return found.ID, nil
}

// images prepares those of all Docker actions that are known, before any of them
// runs: the runner does that before the first step of the job.
func (j *job) prepareImages(u *use) error {
	if u.action.Manifest.Runs.Kind() == kindDocker {
		if _, err := j.image(u); err != nil {
			return fmt.Errorf("%s: %w", u.label, err)
		}
	}
	for _, inner := range u.inner {
		if inner != nil {
			if err := j.prepareImages(inner); err != nil {
				return err
			}
		}
	}
	return nil
}

// containerRuns evaluates what action.yml says of the container. Its env does not
// go before what the step has.
func (j *job) containerRuns(u *use) (docker.Runs, []string, error) {
	runs := u.action.Manifest.Runs
	out := docker.Runs{Entrypoint: runs.Entrypoint, PreEntrypoint: runs.PreEntrypoint, PostEntrypoint: runs.PostEntrypoint}
	seen := expr.Environment{Contexts: map[string]expr.Value{"inputs": u.inputs}}
	if runs.Args != nil {
		out.Args = []string{}
	}
	for i, arg := range runs.Args {
		text, err := template(arg, containerScope(), seen)
		if err != nil {
			return out, nil, fmt.Errorf("runs.args, number %d: %w", i+1, err)
		}
		out.Args = append(out.Args, text)
	}
	var env []string
	for _, p := range runs.Env {
		text, err := template(p.Value, containerScope(), seen)
		if err != nil {
			return out, nil, fmt.Errorf("runs.env %s: %w", p.Name, err)
		}
		env = append(env, p.Name+"="+text)
	}
	return out, env, nil
}

// ofStep is the part of a process's environment that the runner made: what the
// machine has is not for a container.
func (j *job) ofStep(u *use, environ []string) []string {
	set := maps.Clone(j.env)
	maps.Copy(set, u.env)
	if j.prog.Contexts["env"] != "" {
		for _, name := range j.known.Keys() {
			set[name] = ""
		}
	}
	return slices.DeleteFunc(slices.Clone(environ), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		if _, ok := set[name]; ok || name == "CI" {
			return false
		}
		return !slices.ContainsFunc([]string{"GITHUB_", "RUNNER_", "INPUT_", "STATE_", "ACTIONS_"}, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
	})
}

// host is what a container sees of the machine. The folders are made, as the
// runner makes them for every job: the engine would make them for root.
func (j *job) host() (docker.Host, error) {
	h := docker.Host{
		Workspace: j.prog.Workspace, Temp: j.prog.Temp, Home: filepath.Join(j.prog.Temp, "_github_home"),
		Workflow: filepath.Join(j.prog.Temp, "_github_workflow"), FileCommands: j.fileCommands(), Socket: dockerSocket,
	}
	for _, dir := range []string{h.Home, h.Workflow, h.FileCommands} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return h, fmt.Errorf("make a folder for the container: %w", err)
		}
	}
	return h, nil
}

const dockerSocket = "/var/run/docker.sock"

// label marks what we leave with the engine.
func (j *job) label() string { return docker.Label(j.prog.Workspace) }

// limit records once what evidence about containers cannot say.
func (j *job) limit(limits []string) {
	for _, l := range limits {
		if !slices.Contains(j.limits, l) {
			j.limits = append(j.limits, l)
			j.records.add(Record{Limit: l})
		}
	}
}

func textsOf(o *expr.Object) map[string]string {
	m := map[string]string{}
	for _, name := range o.Keys() {
		v, _ := o.Get(name)
		m[name] = expr.Text(v)
	}
	return m
}

// FindDocker looks for the client and asks whether an engine answers.
func FindDocker(ctx context.Context, environ []string) (string, error) {
	if err := docker.Supported(runtime.GOOS); err != nil {
		return "", err
	}
	path, err := docker.Find(func(name string) (string, error) { return which(name, valueOf(environ, "PATH")) })
	if err != nil {
		return "", err
	}
	return path, docker.Check(ctx, func(ctx context.Context, c docker.Invocation) (int, error) {
		cmd := exec.CommandContext(ctx, path, c.Args...)
		cmd.Env, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = environ, c.Output, c.Errors, drain
		err := cmd.Run()
		if exit := new(exec.ExitError); errors.As(err, &exit) {
			return exit.ExitCode(), nil
		}
		return 0, err
	})
}

// checkContainer looks for what a Docker action needs.
func (p Program) checkContainer(a Action) (problems []error) {
	if p.Docker == "" {
		problems = append(problems, docker.ErrNoClient)
	}
	if _, _, err := docker.ImageRef(a.Manifest.Runs.Image, a.dir()); err != nil {
		problems = append(problems, fmt.Errorf("runs.image: %w", err))
	}
	return problems
}
