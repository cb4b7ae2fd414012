package docker

import (
	"errors"
	"slices"
	"testing"
)

func host() Host {
	return Host{
		Workspace: "/work/repo/repo", Temp: "/work/_temp", Home: "/work/_temp/_github_home",
		Workflow: "/work/_temp/_github_workflow", FileCommands: "/work/_temp/_runner_file_commands",
	}
}

func TestTranslate(t *testing.T) {
	for path, want := range map[string]string{
		"/work/repo/repo":                            "/github/workspace",
		"/work/repo/repo/a/b.txt":                    "/github/workspace/a/b.txt",
		"/work/repo/repo2":                           "/work/repo/repo2",
		"/work/repo":                                 "/work/repo",
		"/work/_temp":                                "/github/runner_temp",
		"/work/_temp/x":                              "/github/runner_temp/x",
		"/work/_temp/_github_home":                   "/github/home",
		"/work/_temp/_github_workflow/event.json":    "/github/workflow/event.json",
		"/work/_temp/_runner_file_commands/env_1234": "/github/file_commands/env_1234",
		"see /work/repo/repo":                        "see /work/repo/repo",
		"":                                           "",
		"relative":                                   "relative",
	} {
		got := host().Translate(path)
		if got != want {
			t.Errorf("Translate(%q) = %q, want %q", path, got, want)
		}
		if back := host().FromContainer(got); back != path {
			t.Errorf("FromContainer(%q) = %q, want %q", got, back, path)
		}
	}
	h := host()
	h.Workspace += "/"
	if got := h.Translate("/work/repo/repo/x"); got != "/github/workspace/x" {
		t.Errorf("with a slash at the end of the folder: %q", got)
	}
	if got := (Host{}).Translate("/etc/passwd"); got != "/etc/passwd" {
		t.Errorf("without folders: %q", got)
	}
}

func TestEnvironment(t *testing.T) {
	got := Environment(host(), []string{
		"GITHUB_WORKSPACE=/work/repo/repo", "GITHUB_OUTPUT=/work/_temp/_runner_file_commands/set_output_1",
		"RUNNER_TEMP=/work/_temp", "RUNNER_TOOL_CACHE=/opt/hostedtoolcache", "INPUT_FILE=/work/repo/repo/go.mod",
		"PATH=/usr/bin", "HOME=/home/runner", "USER=runner", "SHELL=/bin/sh", "XDG_RUNTIME_DIR=/run/1",
		"GITHUB_ACTION_PATH=/work/_actions/o/r/v1", "STATE_pid=7", "GREETING=a=b\nc", "EMPTY=", "TWICE=1", "TWICE=2",
	})
	want := []string{
		"GITHUB_WORKSPACE=/github/workspace", "GITHUB_OUTPUT=/github/file_commands/set_output_1",
		"RUNNER_TEMP=/github/runner_temp", "RUNNER_TOOL_CACHE=/opt/hostedtoolcache", "INPUT_FILE=/github/workspace/go.mod",
		"HOME=/github/home", "STATE_pid=7", "GREETING=a=b\nc", "EMPTY=", "TWICE=2",
	}
	if !slices.Equal(got, want) {
		t.Errorf("Environment =\n%q, want\n%q", got, want)
	}
	if got := Environment(Host{}, nil); !slices.Equal(got, []string{"HOME=/github/home"}) {
		t.Errorf("without folders: %q", got)
	}
}

// TestStep: a variable of the machine that the step changed is the step's.
func TestStep(t *testing.T) {
	machine := []string{"LANG=C", "JAVA_HOME=/usr/lib/jvm/17", "PATH=/bin"}
	got := Step([]string{"LANG=C", "JAVA_HOME=/opt/21", "PATH=/bin", "A=1"}, machine)
	if want := []string{"JAVA_HOME=/opt/21", "A=1"}; !slices.Equal(got, want) {
		t.Errorf("Step = %q, want %q", got, want)
	}
}

func TestCheckName(t *testing.T) {
	for _, name := range []string{"", "A=B", "A\nB", "A\rB", "A\x00"} {
		if err := CheckName(name); !errors.Is(err, ErrVariable) {
			t.Errorf("CheckName(%q) = %v, want ErrVariable", name, err)
		}
	}
	for _, name := range []string{"A", "INPUT_WITH-HYPHEN", "INPUT_A.B", "-e", "with space", "ä"} {
		if err := CheckName(name); err != nil {
			t.Errorf("CheckName(%q) = %v", name, err)
		}
	}
}
