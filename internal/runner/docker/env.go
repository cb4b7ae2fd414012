package docker

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrVariable is the cause where a variable cannot be passed to a container.
var ErrVariable = errors.New("a variable cannot be passed to a container")

// Environment makes the environment of a container from that of the step. All
// values are translated, those of inputs too, where the whole value is a path
// in one of the host's folders (ContainerActionHandler.cs). HOME is the
// container's. Of each name the last value counts.
//
// The runner passes what it put into the step's environment itself: the env of
// the workflow, GITHUB_ENV, INPUT_, GITHUB_, RUNNER_, STATE_ and ACTIONS_
// variables. Nothing of the machine's own environment is among it. Step takes
// that out for a caller that has both together; what FromHost knows is left out
// in any case.
//
// GITHUB_ACTION_PATH is set for the steps of a composite action alone, to that
// action's folder, and stays a path of the host: the folder of actions is not
// mounted (CompositeActionHandler.cs). A caller must not pass on its own.
func Environment(h Host, env []string) []string {
	var out []string
	for _, v := range append(slices.Clone(env), "HOME="+h.Home) {
		name, value, _ := strings.Cut(v, "=")
		if name != "HOME" && FromHost(name) {
			continue
		}
		out = append(out, name+"="+h.Translate(value))
	}
	if h.Home == "" {
		out[len(out)-1] = "HOME=" + InHome
	}
	return lastOfEach(out)
}

// Step returns what the runner added to the machine's environment: the variables
// of all that the machine has not, or has with another value. The machine's
// environment is that of the runner's own process.
func Step(all, machine []string) []string {
	own := map[string]bool{}
	for _, v := range machine {
		own[v] = true
	}
	return slices.DeleteFunc(slices.Clone(all), func(v string) bool { return own[v] })
}

// Defaults adds runs.env of action.yml to the environment of a step, which goes
// first: what the step has a value for, even an empty one, stays as it is.
func Defaults(env, runs []string) []string {
	has := map[string]bool{}
	for _, v := range env {
		name, _, _ := strings.Cut(v, "=")
		has[name] = true
	}
	return append(slices.Clone(env), slices.DeleteFunc(slices.Clone(runs), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return has[name]
	})...)
}

// FromHost says whether a variable surely belongs to the machine and not to the
// step: it describes the user, the session, the terminal or the runner's image,
// and would be wrong in a container.
func FromHost(name string) bool {
	return slices.Contains(hostNames(), name) ||
		slices.ContainsFunc([]string{"XDG_", "SUDO_", "JAVA_HOME_"}, func(p string) bool { return strings.HasPrefix(name, p) })
}

// hostNames are variables of a login, of the init system, of the runner's
// service, and paths of GitHub's images.
func hostNames() []string {
	return []string{
		"PATH", "HOME", "USER", "LOGNAME", "SHELL", "PWD", "OLDPWD", "SHLVL", "_", "MAIL", "HOSTNAME", "TERM", "COLORTERM",
		"TMPDIR", "TMP", "TEMP", "INVOCATION_ID", "JOURNAL_STREAM", "SYSTEMD_EXEC_PID", "NOTIFY_SOCKET",
		"SSH_AUTH_SOCK", "SSH_AGENT_PID", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY",
		"RUNNER_TRACKING_ID", "RUNNER_USER", "AGENT_TOOLSDIRECTORY", "PSModulePath",
		"VCPKG_INSTALLATION_ROOT", "PIPX_HOME", "PIPX_BIN_DIR", "NVM_DIR", "SWIFT_PATH",
		"CHROMEWEBDRIVER", "EDGEWEBDRIVER", "GECKOWEBDRIVER", "SELENIUM_JAR_PATH",
	}
}

// lastOfEach keeps the last value of each name, at the place of its first.
func lastOfEach(env []string) []string {
	at := map[string]int{}
	var out []string
	for _, v := range env {
		name, _, _ := strings.Cut(v, "=")
		if i, seen := at[name]; seen {
			out[i] = v
			continue
		}
		at[name] = len(out)
		out = append(out, v)
	}
	return out
}

// CheckName says whether a variable of this name can be passed as -e NAME.
func CheckName(name string) error {
	why := ""
	switch {
	case name == "":
		why = "its name is empty"
	case strings.Contains(name, "="):
		why = "its name has a =" // the rest would be its value, on the command line
	case strings.ContainsAny(name, "\r\n\x00"):
		why = "its name has a line break or NUL"
	default:
		return nil
	}
	return fmt.Errorf("%w: %q: %s", ErrVariable, name, why)
}

// names returns the names of variables that are given as NAME=value.
func names(env []string) ([]string, error) {
	var out []string
	for _, v := range env {
		name, value, found := strings.Cut(v, "=")
		if err := CheckName(name); err != nil {
			return nil, err
		}
		if !found { // -e would pass the client's own value, or nothing
			return nil, fmt.Errorf("%w: %q: it has no value", ErrVariable, name)
		}
		if strings.Contains(value, "\x00") {
			return nil, fmt.Errorf("%w: %q: its value has a NUL", ErrVariable, name)
		}
		out = append(out, name)
	}
	return out, nil
}
