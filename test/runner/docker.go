package runner

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// dockerLabel marks what the runner makes; the real one takes it from its
// configuration.
const dockerLabel = "5f3a1c"

// docker runs a stage of a docker action with the client on the PATH
// (ContainerActionHandler.cs, DockerCommandManager.cs).
func (x *run) docker(ctx context.Context, stage string, github map[string]any, env map[string]string, h *handler) (int, error) {
	bin, err := x.which("docker")
	if err != nil {
		return -1, err
	}
	image, ok := strings.CutPrefix(x.m.Runs.Image, "docker://")
	prepare := []string{"pull", image}
	if !ok {
		file := filepath.Join(x.dir, filepath.FromSlash(x.m.Runs.Image))
		image = dockerLabel + ":" + strings.ReplaceAll(guid(), "-", "")
		prepare = []string{"build", "-t", image, "-f", file, filepath.Dir(file)}
	}
	if code, err := x.execute(ctx, &exec.Cmd{Path: bin, Args: append([]string{bin}, prepare...), Dir: x.Workspace, Env: x.environ(github, nil)}, h); code != 0 || err != nil {
		return -1, fmt.Errorf("docker %s failed with exit code %d", prepare[0], code)
	}
	args, err := x.dockerArgs()
	x.must(err)
	for name, v := range x.inputs {
		env[inputName(name)] = toString(v)
	}
	x.must(x.dockerEnv(env))
	line := append([]string{bin, "run", "--name", strings.NewReplacer(":", "", "/", "").Replace(image) + "_" + guid()[:6], "--label", dockerLabel, "--workdir", "/github/workspace", "--rm"}, x.dockerOptions(stage, github, env)...)
	line = append(append(line, image), args...)
	return x.execute(ctx, &exec.Cmd{Path: bin, Args: line, Dir: x.Workspace, Env: x.containerEnv(github, env)}, h)
}

// dockerArgs are the arguments of every stage: of the action, or else of with:.
// They become one line, which .NET takes apart again.
func (x *run) dockerArgs() ([]string, error) {
	if x.m.Runs.Args == nil {
		v, _ := lookup(x.inputs, "args")
		return splitArgs(toString(v)), nil
	}
	var line strings.Builder
	for _, text := range x.m.Runs.Args {
		v, err := x.evaluator(contexts{"inputs": x.inputs}).interpolate(text)
		if err != nil {
			return nil, err
		}
		line.WriteString(` "` + strings.ReplaceAll(v, `"`, `\"`) + `"`)
	}
	return splitArgs(line.String()), nil
}

// dockerEnv adds the action's own variables, which give way to all others.
func (x *run) dockerEnv(env map[string]string) error {
	for name, text := range x.m.Runs.Env {
		v, err := x.evaluator(contexts{"inputs": x.inputs}).interpolate(text)
		if err != nil {
			return err
		}
		if _, set := env[name]; !set {
			env[name] = v
		}
	}
	return nil
}

// dockerOptions name the variables, not their values: those are in the client's
// environment. For main an entrypoint of the action wins over that of with:.
func (x *run) dockerOptions(stage string, github map[string]any, env map[string]string) []string {
	names := slices.Collect(maps.Keys(env))
	for _, key := range exposed {
		names = append(names, "GITHUB_"+strings.ToUpper(key))
	}
	for key := range x.runner {
		names = append(names, "RUNNER_"+strings.ToUpper(key))
	}
	names = append(names, "HOME")
	slices.Sort(names)
	var options []string
	for _, name := range slices.Compact(names) {
		options = append(options, "-e", name)
	}
	options = append(options, "-e", "GITHUB_ACTIONS=true", "-e", "CI=true")
	entrypoint := map[string]string{"pre": x.m.Runs.PreEntrypoint, "main": x.m.Runs.Entrypoint, "post": x.m.Runs.PostEntrypoint}[stage]
	if v, given := lookup(x.inputs, "entryPoint"); given && stage == "main" && entrypoint == "" {
		entrypoint = toString(v)
	}
	if entrypoint != "" {
		options = append(options, "--entrypoint", entrypoint)
	}
	for _, m := range append([][2]string{{"/var/run/docker.sock", "/var/run/docker.sock"}}, x.mounts()...) {
		options = append(options, "-v", m[0]+":"+m[1])
	}
	return options
}

// mounts are the folders that a container gets; the longest comes first, for the
// translation of paths.
func (x *run) mounts() [][2]string {
	home := filepath.Join(x.Temp, "_github_home")
	x.must(os.MkdirAll(home, 0o755))
	return [][2]string{
		{home, "/github/home"},
		{filepath.Join(x.Temp, "_github_workflow"), "/github/workflow"},
		{filepath.Join(x.Temp, "_runner_file_commands"), "/github/file_commands"},
		{x.Workspace, "/github/workspace"},
		{x.Temp, "/github/runner_temp"},
	}
}

// containerEnv is the client's environment, with the paths of the container.
func (x *run) containerEnv(github map[string]any, env map[string]string) []string {
	var list []string
	for _, kv := range x.environ(github, env) {
		name, v, _ := strings.Cut(kv, "=")
		if name == "HOME" {
			v = filepath.Join(x.Temp, "_github_home")
		}
		for _, m := range x.mounts() {
			if rest, inside := strings.CutPrefix(v, m[0]); name != "PATH" && inside && (rest == "" || rest[0] == '/') {
				v = m[1] + rest
				break
			}
		}
		list = append(list, name+"="+v)
	}
	return list
}

// splitArgs takes a line apart as .NET does on Unix (Process.Unix.cs,
// ParseArgumentsIntoList): double quotes keep blanks, a backslash matters only
// before one.
func splitArgs(line string) []string {
	var args []string
	for i := 0; i < len(line); {
		if line[i] == ' ' || line[i] == '\t' {
			i++
			continue
		}
		var b strings.Builder
		quoted := false
	word:
		for i < len(line) {
			slashes := len(line[i:]) - len(strings.TrimLeft(line[i:], `\`))
			i += slashes
			atQuote := i < len(line) && line[i] == '"'
			switch {
			case slashes > 0 && atQuote:
				b.WriteString(strings.Repeat(`\`, slashes/2))
				if slashes%2 == 1 {
					b.WriteByte('"')
					i++
				}
			case slashes > 0:
				b.WriteString(strings.Repeat(`\`, slashes))
			case atQuote && quoted && strings.HasPrefix(line[i:], `""`):
				b.WriteByte('"')
				i += 2
			case atQuote:
				quoted = !quoted
				i++
			case !quoted && (line[i] == ' ' || line[i] == '\t'):
				break word
			default:
				b.WriteByte(line[i])
				i++
			}
		}
		args = append(args, b.String())
	}
	return args
}
