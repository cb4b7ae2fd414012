package docker

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func container() Container {
	return Container{
		Image: "alpine:3", Args: []string{"hello", ""}, Env: []string{"SECRET=do not show", "INPUT_A=1"},
		Name: "alpine_a7d80f", Labels: []string{"5c6072"}, Host: host(),
	}
}

// TestRun: the line that the runner itself logs for such a step, less the quotes.
func TestRun(t *testing.T) {
	c := container()
	c.Entrypoint = "/entry.sh"
	got, err := c.Run()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"run", "--name", "alpine_a7d80f", "--label", "5c6072", "--workdir", "/github/workspace", "--rm",
		"-e", "SECRET", "-e", "INPUT_A", "-e", "GITHUB_ACTIONS", "-e", "CI", "--entrypoint", "/entry.sh",
		"-v", "/var/run/docker.sock:/var/run/docker.sock",
		"-v", "/home/runner/work/_temp:/github/runner_temp", "-v", "/home/runner/work/_temp/_github_home:/github/home",
		"-v", "/home/runner/work/_temp/_github_workflow:/github/workflow", "-v", "/home/runner/work/_temp/_runner_file_commands:/github/file_commands",
		"-v", "/home/runner/work/repo/repo:/github/workspace", "alpine:3", "hello", "",
	}
	if !slices.Equal(got.Args, want) {
		t.Errorf("Run =\n%q, want\n%q", got.Args, want)
	}
	if want := []string{"SECRET=do not show", "INPUT_A=1", "GITHUB_ACTIONS=true", "CI=true"}; !slices.Equal(got.Env, want) {
		t.Errorf("variables %q, want %q", got.Env, want)
	}
	if strings.Contains(strings.Join(got.Args, " "), "do not show") {
		t.Error("a value is on the command line")
	}
}

func TestRunOfTheStep(t *testing.T) {
	c := container()
	c.Env = []string{"CI=no", "GITHUB_ACTIONS=no"}
	c.Network, c.Workdir, c.Host.Socket = "github_network_1", "/elsewhere", "/run/user/1/docker.sock"
	got, err := c.Run()
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"CI=no", "GITHUB_ACTIONS=true"}; !slices.Equal(got.Env, want) {
		t.Errorf("variables %q, want %q", got.Env, want)
	}
	line := strings.Join(got.Args, " ")
	for _, want := range []string{
		"--network github_network_1", "--workdir /elsewhere", "-v /run/user/1/docker.sock:/var/run/docker.sock",
	} {
		if !strings.Contains(line, want) {
			t.Errorf("%q is not in %q", want, line)
		}
	}
	for _, never := range []string{"--privileged", "--pid", "--entrypoint"} {
		if slices.Contains(got.Args, never) {
			t.Errorf("%s is in %q", never, line)
		}
	}
}

func TestRunMountsAColon(t *testing.T) {
	c := container()
	c.Host = Host{Workspace: `/a:b,"c`}
	got, err := c.Run()
	if err != nil {
		t.Fatal(err)
	}
	if want := `type=bind,"source=/a:b,""c",target=/github/workspace`; !slices.Contains(got.Args, want) {
		t.Errorf("Run = %q, want --mount %s", got.Args, want)
	}
}

func TestRunRefuses(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Container)
		want   string
	}{
		{"a variable without a name", func(c *Container) { c.Env = []string{"=x"} }, "its name is empty"},
		{"a variable without a value", func(c *Container) { c.Env = []string{"PATH"} }, "no value"},
		{"a variable with a line break", func(c *Container) { c.Env = []string{"A\nB=x"} }, "line break"},
		{"a value with NUL", func(c *Container) { c.Env = []string{"A=x\x00"} }, "NUL"},
		{"an image that is a flag", func(c *Container) { c.Image = "--privileged" }, "begin with -"},
		{"an image that is two", func(c *Container) { c.Image = "alpine sh" }, "white space"},
		{"no image", func(c *Container) { c.Image = "" }, "empty"},
		{"no name", func(c *Container) { c.Name = "" }, "not a name"},
		{"a volume for a folder", func(c *Container) { c.Host.Workspace = "data" }, "not an absolute path"},
		{"a folder with a line break", func(c *Container) { c.Host.Workspace = "/a\nb" }, "line break"},
		{"a folder with a colon and a blank", func(c *Container) { c.Host.Workspace = "/a:b " }, "white space"},
		{"an argument with NUL", func(c *Container) { c.Args = []string{"a\x00"} }, "NUL"},
	} {
		box := container()
		c.change(&box)
		got, err := box.Run()
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %q, %v; want an error with %q", c.name, got.Args, err, c.want)
		}
		if strings.HasPrefix(c.name, "a va") && !errors.Is(err, ErrVariable) {
			t.Errorf("%s: %v is no ErrVariable", c.name, err)
		}
	}
}

func TestLimits(t *testing.T) {
	c := container()
	c.Env = append(c.Env, "DOCKER_HOST=tcp://127.0.0.1:1")
	limits := strings.Join(c.Limits(), "\n")
	for _, want := range []string{"socket", "no descendants", "variable DOCKER_HOST"} {
		if !strings.Contains(limits, want) {
			t.Errorf("the limits do not speak of %q:\n%s", want, limits)
		}
	}
	if limits := container().Limits(); len(limits) != 2 {
		t.Errorf("a plain container has %d limits: %q", len(limits), limits)
	}
}

func TestBuildInvocation(t *testing.T) {
	for _, c := range []struct{ file, wantFile, wantContext string }{
		{"Dockerfile", "/actions/o/r/Dockerfile", "/actions/o/r"},
		{"images/a/Dockerfile", "/actions/o/r/images/a/Dockerfile", "/actions/o/r/images/a"},
		{"/actions/o/r/x/Dockerfile", "/actions/o/r/x/Dockerfile", "/actions/o/r/x"},
	} {
		got, err := Build{Dir: "/actions/o/r", Dockerfile: c.file, Tag: "5c6072:e19f"}.Invocation()
		if want := []string{"build", "-t", "5c6072:e19f", "-f", c.wantFile, c.wantContext}; err != nil || !slices.Equal(got.Args, want) {
			t.Errorf("%s: %q, %v; want %q", c.file, got.Args, err, want)
		}
	}
	for _, b := range []Build{{Dir: "rel", Dockerfile: "Dockerfile", Tag: "a:b"}, {Dir: "/a", Dockerfile: "Dockerfile", Tag: "-x"}} {
		if got, err := b.Invocation(); err == nil {
			t.Errorf("%+v: %q, want an error", b, got.Args)
		}
	}
}

// TestNames: the first pair is from the log of a hosted runner.
func TestNames(t *testing.T) {
	for image, want := range map[string]string{
		"5c6072:e19f0887e7404fdb9de6f48d80ab9660": "c6072e19f0887e7404fdb9de6f48d80ab9660_a7d80f",
		"ghcr.io/google/osv-scanner:v2.3.1":       "ghcriogoogleosvscannerv231_a7d80f",
		"123":                                     "action_a7d80f",
	} {
		if got := Name(image, "a7d80f"); got != want {
			t.Errorf("Name(%q) = %q, want %q", image, got, want)
		}
	}
	if label := Label("x"); len(label) != 6 || label == Label("y") || Tag(label, "e1") != label+":e1" {
		t.Errorf("Label = %q", label)
	}
}
