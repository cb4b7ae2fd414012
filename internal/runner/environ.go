package runner

import (
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/org/cilock-action/internal/runner/expr"
)

// environ is the environment that a process of the action gets
// (Handler.cs, ScriptHandler.cs, NodeScriptActionHandler.cs): the job's, then what
// the step sets, then what the contexts say, which always wins.
func (j *job) environ(env map[string]string, github *expr.Object, more ...Pair) []string {
	all := maps.Clone(j.base)
	maps.Copy(all, env)
	if len(j.path) > 0 {
		all["PATH"] = j.withPath(all["PATH"])
	}
	for _, field := range append(githubFields(), "action", "action_path", "action_ref", "action_repository", "output", "env", "path", "state", "step_summary") {
		value, _ := github.Get(field)
		name := "GITHUB_" + strings.ToUpper(field)
		all[name] = expr.Text(value)
		if field == "action_path" && all[name] == "" {
			delete(all, name) // what is ours is not the action's
		}
	}
	for _, p := range more {
		all[p.Name] = p.Value
	}
	list := make([]string, 0, len(all))
	for _, name := range sortedKeys(all) {
		list = append(list, name+"="+all[name])
	}
	return list
}

// withPath is a PATH behind what GITHUB_PATH was told: what came last goes first.
func (j *job) withPath(path string) string {
	dirs := slices.Clone(j.path)
	slices.Reverse(dirs)
	if path != "" {
		dirs = append(dirs, path)
	}
	return strings.Join(dirs, string(filepath.ListSeparator))
}

// jobEnvironment completes our own environment with what every job has, where
// the action is run by hand: authors rely on it.
func jobEnvironment(environ []string, workspace, temp string) map[string]string {
	all := map[string]string{}
	for _, kv := range environ {
		if name, value, ok := strings.Cut(kv, "="); ok && name != "" {
			all[name] = value
		}
	}
	for _, p := range []Pair{
		{"CI", "true"},
		{"GITHUB_ACTIONS", "true"},
		{"GITHUB_WORKSPACE", workspace},
		{"RUNNER_TEMP", temp},
		{"RUNNER_OS", runnerOS()},
		{"RUNNER_ARCH", runnerArch()},
		{"RUNNER_TOOL_CACHE", filepath.Join(temp, "_tool")},
		{"GITHUB_SERVER_URL", "https://github.com"},
		{"GITHUB_API_URL", "https://api.github.com"},
		{"GITHUB_GRAPHQL_URL", "https://api.github.com/graphql"},
	} {
		if all[p.Name] == "" {
			all[p.Name] = p.Value
		}
	}
	return all
}

func runnerOS() string {
	switch runtime.GOOS {
	case "darwin":
		return "macOS"
	case "windows":
		return "Windows"
	}
	return "Linux"
}

func runnerArch() string {
	switch runtime.GOARCH {
	case "arm64":
		return "ARM64"
	case "arm":
		return "ARM"
	case "386":
		return "X86"
	}
	return "X64"
}

// inputVariables are INPUT_*, for Node and Docker actions alone. Blanks become _
// and nothing else does: hyphens and dots stay (Handler.cs, AddInputsToEnvironment).
func inputVariables(inputs *expr.Object) []Pair {
	var list []Pair
	for _, name := range inputs.Keys() {
		value, _ := inputs.Get(name)
		list = append(list, Pair{"INPUT_" + strings.ToUpper(strings.ReplaceAll(name, " ", "_")), expr.Text(value)})
	}
	return list
}

func stateVariables(state map[string]string) []Pair {
	var list []Pair
	for _, name := range sortedKeys(state) {
		list = append(list, Pair{"STATE_" + name, state[name]})
	}
	return list
}

// which finds a program on a PATH, never on our own.
func which(name, path string) (string, error) {
	if filepath.IsAbs(name) {
		return name, nil
	}
	for _, dir := range filepath.SplitList(path) {
		for _, ext := range executableSuffixes() {
			file := filepath.Join(dir, name+ext)
			if info, err := os.Stat(file); dir != "" && err == nil && info.Mode().IsRegular() && (runtime.GOOS == "windows" || info.Mode()&0o111 != 0) {
				return file, nil
			}
		}
	}
	return "", &notOnPath{name}
}

func executableSuffixes() []string {
	if runtime.GOOS == "windows" {
		return []string{".exe", ".cmd", ".bat", ""}
	}
	return []string{""}
}

type notOnPath struct{ name string }

func (e *notOnPath) Error() string { return e.name + ": command not found" }
func (e *notOnPath) Unwrap() error { return os.ErrNotExist }
