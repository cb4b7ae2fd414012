package dockercli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/org/cilock-action/internal/runner/docker"
	"github.com/org/cilock-action/test/buildcache"
)

const (
	id     = "sha256:1111111111111111111111111111111111111111111111111111111111111111"
	digest = "sha256:2222222222222222222222222222222222222222222222222222222222222222"
)

var client = flag.String("client", "", "the docker `program` to ask, instead of the one that is built")

// start returns an Exec of the real client that talks to the engine, and what
// it printed.
func start(t *testing.T, e *engine) (docker.Exec, *bytes.Buffer) {
	t.Helper()
	program := *client
	if program == "" {
		dir, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		program = buildcache.Require(t, buildcache.Program{
			Name: "docker", Dir: dir, Package: "github.com/docker/cli/cmd/docker", Env: []string{"CGO_ENABLED=0"},
		})
	}
	home, out := t.TempDir(), new(bytes.Buffer)
	return func(ctx context.Context, c docker.Invocation) (int, error) {
		cmd := exec.CommandContext(ctx, program, c.Args...)
		cmd.Env = append([]string{"HOME=" + home, "DOCKER_CONFIG=" + home, "DOCKER_HOST=unix://" + e.socket}, c.Env...)
		cmd.Stdout, cmd.Stderr = cmp.Or[io.Writer](c.Output, out), cmp.Or[io.Writer](c.Errors, out)
		err := cmd.Run()
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
			return exit.ExitCode(), nil
		}
		return 0, err
	}, out
}

func plain() docker.Container {
	return docker.Container{
		Image: "alpine:3", Name: "alpine_a7d80f", Labels: []string{"5c6072"},
		Host: docker.Host{
			Workspace: "/home/runner/work/r/r", Temp: "/home/runner/work/_temp", Home: "/home/runner/work/_temp/_github_home",
			Workflow: "/home/runner/work/_temp/_github_workflow", FileCommands: "/home/runner/work/_temp/_runner_file_commands",
		},
	}
}

// TestRun: whatever is in a step's values, the engine is asked for exactly the
// container that was meant, and for nothing else.
func TestRun(t *testing.T) {
	e := newEngine(t)
	exec, out := start(t, e)
	for name, change := range map[string]func(*docker.Container){
		"plain":                   func(*docker.Container) {},
		"digest":                  func(c *docker.Container) { c.Image = "localhost:5000/a/b:1@" + digest },
		"the Id":                  func(c *docker.Container) { c.Image = id },
		"what was built":          func(c *docker.Container) { c.Image = "5c6072:e19f0887e7404fdb9de6f48d80ab9660" },
		"no arguments":            func(c *docker.Container) { c.Args = nil },
		"empty arguments":         func(c *docker.Container) { c.Args = []string{"", "a", ""} },
		"only an empty argument":  func(c *docker.Container) { c.Args = []string{""} },
		"arguments like flags":    func(c *docker.Container) { c.Args = []string{"--privileged", "-v", "/:/host", "--help", "-h"} },
		"two dashes":              func(c *docker.Container) { c.Args = []string{"--", "a", "--", "--rm"} },
		"two dashes later":        func(c *docker.Container) { c.Args = []string{"a", "--", "--rm"} },
		"version":                 func(c *docker.Container) { c.Args = []string{"--version"} },
		"lines":                   func(c *docker.Container) { c.Args = []string{"a\nb\n", "\r\n", "\t", " "} },
		"quotes":                  func(c *docker.Container) { c.Args = []string{`"`, `'`, `\`, `a\"`, "$HOME", "`id`", "${{ x }}"} },
		"any text":                func(c *docker.Container) { c.Args = []string{"äöü", "\U0001f433", "a=b", "@file", "*"} },
		"entry point":             func(c *docker.Container) { c.Entrypoint = "/entry.sh"; c.Args = []string{"x"} },
		"entry point like a flag": func(c *docker.Container) { c.Entrypoint = "--privileged" },
		"entry point of words":    func(c *docker.Container) { c.Entrypoint = `sh -c "a b"` },
		"values": func(c *docker.Container) {
			c.Env = []string{"A=", "B=a=b", "C=a\nb\n", "D= x ", "E=--privileged", `F="q"`, "CI=", "G=$HOME"}
		},
		"names": func(c *docker.Container) {
			c.Env = []string{"INPUT_WITH-HYPHEN=1", "INPUT_A.B=2", "-v=3", "--privileged=4", "with space=5", "ä=6", " lead=7", "A,B=8", "#c=9"}
		},
		"HOME of the container": func(c *docker.Container) {
			c.Env = docker.Environment(c.Host, []string{"GITHUB_WORKSPACE=/home/runner/work/r/r"})
		},
		"network":          func(c *docker.Container) { c.Network = "github_network_1" },
		"socket elsewhere": func(c *docker.Container) { c.Host.Socket = "/run/user/1001/docker.sock" },
		"folders with anything but colons": func(c *docker.Container) {
			c.Host.Workspace, c.Host.Temp, c.Host.Home = `/a b,c="d"/e`, "/ä\tx", "/-v/ "
		},
		"folders with colons": func(c *docker.Container) {
			c.Host.Workspace, c.Host.Temp, c.Host.Home = `/a:b`, `/a:ro, readonly ,"x"`, "/:"
		},
		"only the workspace": func(c *docker.Container) { c.Host = docker.Host{Workspace: "/w"} },
	} {
		t.Run(name, func(t *testing.T) {
			c := plain()
			change(&c)
			out.Reset()
			code, err := docker.Client{Exec: exec}.Run(t.Context(), c)
			if err != nil || code != 125 || !strings.Contains(out.String(), "written down") {
				t.Fatalf("the client ended with %d, %v:\n%s", code, err, out)
			}
			r := e.last(t, "POST /containers/create")
			if got := r.Query.Get("name"); got != c.Name {
				t.Errorf("name %q", got)
			}
			compare(t, r.container(t), c)
		})
	}
}

func compare(t *testing.T, got created, c docker.Container) {
	t.Helper()
	var entry []string
	if c.Entrypoint != "" {
		entry = []string{c.Entrypoint}
	}
	if got.Image != c.Image || !slices.Equal(got.Cmd, c.Args) || !slices.Equal(got.Entrypoint, entry) {
		t.Errorf("image %q, entry point %q, arguments %q; want %q, %q, %q", got.Image, got.Entrypoint, got.Cmd, c.Image, entry, c.Args)
	}
	env := append(slices.Clone(c.Env), "GITHUB_ACTIONS=true")
	if !slices.Contains(env, "CI=") {
		env = append(env, "CI=true")
	}
	slices.Sort(env)
	if slices.Sort(got.Env); !slices.Equal(got.Env, env) {
		t.Errorf("variables %q, want %q", got.Env, env)
	}
	if _, ok := got.Labels["5c6072"]; !ok || len(got.Labels) != 1 || got.WorkingDir != "/github/workspace" {
		t.Errorf("labels %q, working folder %q", got.Labels, got.WorkingDir)
	}
	h := got.HostConfig
	if h.Privileged || h.PidMode != "" || h.IpcMode != "" || len(h.CapAdd)+len(h.SecurityOpt) != 0 || got.User != "" || got.Tty || got.OpenStdin {
		t.Errorf("rights that nobody asked for: %+v", got)
	}
	if !h.AutoRemove || h.NetworkMode != cmp.Or(c.Network, h.NetworkMode) {
		t.Errorf("removed afterwards: %t, network %q", h.AutoRemove, h.NetworkMode)
	}
	var mounts []string
	for _, m := range h.Mounts {
		mounts = append(mounts, m.Type+" "+m.Source+" "+m.Target)
	}
	for _, b := range h.Binds {
		host, inside, _ := strings.Cut(b, ":")
		mounts = append(mounts, "bind "+host+" "+inside)
	}
	want := []string{"bind " + cmp.Or(c.Host.Socket, "/var/run/docker.sock") + " /var/run/docker.sock"}
	for host, inside := range map[string]string{
		c.Host.Workspace: "/github/workspace", c.Host.Temp: "/github/runner_temp", c.Host.Home: "/github/home",
		c.Host.Workflow: "/github/workflow", c.Host.FileCommands: "/github/file_commands",
	} {
		if host != "" {
			want = append(want, "bind "+host+" "+inside)
		}
	}
	slices.Sort(mounts)
	if slices.Sort(want); !slices.Equal(mounts, want) {
		t.Errorf("mounts %q, want %q", mounts, want)
	}
}

// TestRunnersColon: what the runner itself does with a folder of a colon reaches
// the engine as one text of three parts, of which the second is the place.
func TestRunnersColon(t *testing.T) {
	e := newEngine(t)
	exec, _ := start(t, e)
	args := []string{"run", "-v", "/a:b:/github/workspace", "alpine"}
	if _, err := exec(t.Context(), docker.Invocation{Args: args}); err != nil {
		t.Fatal(err)
	}
	h := e.last(t, "POST /containers/create").container(t).HostConfig
	if !slices.Equal(h.Binds, []string{"/a:b:/github/workspace"}) || len(h.Mounts) != 0 {
		t.Errorf("the client understands %q and %v by it: --mount may not be needed any more", h.Binds, h.Mounts)
	}
}

// TestOtherEngine: a variable of the step decides to which engine its container
// goes, which is why it is a limit, and why an image is run by its Id.
func TestOtherEngine(t *testing.T) {
	e, other := newEngine(t), newEngine(t)
	exec, _ := start(t, e)
	c := plain()
	c.Env = []string{"DOCKER_HOST=unix://" + other.socket}
	if _, err := (docker.Client{Exec: exec}).Run(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	other.last(t, "POST /containers/create")
	if !strings.Contains(strings.Join(c.Limits(), "\n"), "DOCKER_HOST") {
		t.Error("the limits do not say so")
	}
}

func TestPrepareAnImage(t *testing.T) {
	e := newEngine(t)
	exec, out := start(t, e)
	if err := docker.Check(t.Context(), exec); err != nil {
		t.Fatal(err)
	}
	for _, ref := range []string{"alpine:3", "alpine@" + digest, "docker.io/library/alpine:3@" + digest} {
		image, got, err := docker.Client{Exec: exec}.Prepare(t.Context(), "docker://"+ref, "", "")
		if err != nil || image.ID != id || got != digest || image.OS != "linux" || image.Architecture != "amd64" {
			t.Errorf("%s: %+v, %q, %v\n%s", ref, image, got, err, out)
		}
	}
	e.last(t, "GET /images/docker.io/library/alpine:3@"+digest+"/json")
	if q := e.first(t, "POST /images/create").Query; q.Get("tag") != "3" || !strings.HasSuffix(q.Get("fromImage"), "alpine") {
		t.Errorf("pulled %v", q)
	}
}

func TestPrepareADockerfile(t *testing.T) {
	e := newEngine(t)
	exec, out := start(t, e)
	dir := filepath.Join(t.TempDir(), `a b:c,"d"`)
	if err := os.MkdirAll(filepath.Join(dir, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"outside", "sub/Dockerfile.alpine", "sub/beside"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("FROM scratch\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	const tag = "5c6072:e19f0887e7404fdb9de6f48d80ab9660"
	if _, _, err := (docker.Client{Exec: exec}).Prepare(t.Context(), "sub/Dockerfile.alpine", dir, tag); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	build := e.first(t, "POST /build")
	if build.Query.Get("t") != tag || build.Query.Get("dockerfile") != "Dockerfile.alpine" {
		t.Errorf("built %v", build.Query)
	}
	if _, ok := build.Files["beside"]; !ok || build.Files["Dockerfile.alpine"] != "FROM scratch\n" || len(build.Files) != 2 {
		t.Errorf("the context is %q, want the folder of the Dockerfile", build.Files)
	}
}

func TestNoEngine(t *testing.T) {
	exec, _ := start(t, &engine{socket: filepath.Join(t.TempDir(), "none")})
	if err := docker.Check(t.Context(), exec); !errors.Is(err, docker.ErrNoEngine) {
		t.Errorf("Check = %v, want ErrNoEngine", err)
	}
}

func TestRemove(t *testing.T) {
	e := newEngine(t)
	exec, out := start(t, e)
	if code, err := exec(t.Context(), docker.Remove("alpine_a7d80f")); err != nil || code != 0 {
		t.Fatalf("%d, %v, %s", code, err, out)
	}
	if r := e.last(t, "DELETE /containers/alpine_a7d80f"); r.Query.Get("force") != "1" {
		t.Errorf("removed %v", r.Query)
	}
}
