package docker

import (
	"errors"
	"slices"
	"testing"
)

func host() Host {
	return Host{
		Workspace: "/home/runner/work/repo/repo", Temp: "/home/runner/work/_temp", Home: "/home/runner/work/_temp/_github_home",
		Workflow: "/home/runner/work/_temp/_github_workflow", FileCommands: "/home/runner/work/_temp/_runner_file_commands",
	}
}

func TestTranslate(t *testing.T) {
	for path, want := range map[string]string{
		"/home/runner/work/repo/repo":                            "/github/workspace",
		"/home/runner/work/repo/repo/a/b.txt":                    "/github/workspace/a/b.txt",
		"/home/runner/work/repo/repo2":                           "/home/runner/work/repo/repo2",
		"/home/runner/work/repo":                                 "/home/runner/work/repo",
		"/home/runner/work/_temp":                                "/github/runner_temp",
		"/home/runner/work/_temp/x":                              "/github/runner_temp/x",
		"/home/runner/work/_temp/_github_home":                   "/github/home",
		"/home/runner/work/_temp/_github_workflow/event.json":    "/github/workflow/event.json",
		"/home/runner/work/_temp/_runner_file_commands/env_1234": "/github/file_commands/env_1234",
		"see /home/runner/work/repo/repo":                        "see /home/runner/work/repo/repo",
		"":                                                       "",
		"relative":                                               "relative",
	} {
		got := host().Translate(path)
		if got != want {
			t.Errorf("Translate(%q) = %q, want %q", path, got, want)
		}
	}
	h := host()
	h.Workspace += "/"
	if got := h.Translate("/home/runner/work/repo/repo/x"); got != "/github/workspace/x" {
		t.Errorf("with a slash at the end of the folder: %q", got)
	}
	if got := (Host{}).Translate("/etc/passwd"); got != "/etc/passwd" {
		t.Errorf("without folders: %q", got)
	}
}

func TestEnvironment(t *testing.T) {
	got := Environment(host(), []string{
		"GITHUB_WORKSPACE=/home/runner/work/repo/repo", "GITHUB_OUTPUT=/home/runner/work/_temp/_runner_file_commands/set_output_1",
		"RUNNER_TEMP=/home/runner/work/_temp", "RUNNER_TOOL_CACHE=/opt/hostedtoolcache", "INPUT_FILE=/home/runner/work/repo/repo/go.mod",
		"PATH=/usr/bin", "HOME=/home/runner", "USER=runner", "SHELL=/bin/sh", "XDG_RUNTIME_DIR=/run/1",
		"GITHUB_ACTION_PATH=/home/runner/work/_actions/o/r/v1", "STATE_pid=7", "GREETING=a=b\nc", "EMPTY=", "TWICE=1", "TWICE=2",
	})
	want := []string{
		"GITHUB_WORKSPACE=/github/workspace", "GITHUB_OUTPUT=/github/file_commands/set_output_1",
		"RUNNER_TEMP=/github/runner_temp", "RUNNER_TOOL_CACHE=/opt/hostedtoolcache", "INPUT_FILE=/github/workspace/go.mod",
		"HOME=/github/home", "GITHUB_ACTION_PATH=/home/runner/work/_actions/o/r/v1", "STATE_pid=7", "GREETING=a=b\nc", "EMPTY=", "TWICE=2",
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

// TestDefaults: action.yml speaks last, and of nothing that the step speaks of.
func TestDefaults(t *testing.T) {
	got := Defaults([]string{"A=step", "EMPTY="}, []string{"A=action", "EMPTY=action", "B=action"})
	if want := []string{"A=step", "EMPTY=", "B=action"}; !slices.Equal(got, want) {
		t.Errorf("Defaults = %q, want %q", got, want)
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
