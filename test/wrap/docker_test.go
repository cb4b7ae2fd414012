package wrap

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/org/cilock-action/test/dockerstub"
)

// imageDigest is what docker-args/image pins.
const imageDigest = "sha256:4bcff63911fcb4448bd4fdacec207030997caf25e9bea4045fa6c8c44de311d1"

// containers is what the stand-in for docker says: an action that sets an output,
// state for its post stage, and an annotation.
var containers = dockerstub.Answers{Digest: imageDigest, Runs: []dockerstub.Run{{
	Stdout: "::notice title=container::from a container\n",
	Write:  map[string]string{"$GITHUB_OUTPUT": "greeting=hello\n", "$GITHUB_STATE": "made=by a container\n", "$GITHUB_ENV": "FX_SET=in a container\n"},
}}}

// addCalls adds how containers were started: what is in them, and not how they
// are called.
func (o observed) addCalls(t *testing.T, calls []dockerstub.Call) {
	t.Helper()
	n := 0
	for _, c := range calls {
		at := fmt.Sprintf("docker.%d.", n)
		switch c.Args[0] {
		case "build":
			file := slices.Index(c.Args, "-f") + 1
			o["docker.build"] = filepath.Base(c.Args[file]) + " in its folder: " + fmt.Sprint(filepath.Dir(c.Args[file]) == c.Args[len(c.Args)-1])
		case "run":
			o.addRun(t, at, c)
			n++
		}
	}
}

func (o observed) addRun(t *testing.T, at string, c dockerstub.Call) {
	t.Helper()
	env := map[string]string{}
	for _, kv := range c.Env {
		name, v, _ := strings.Cut(kv, "=")
		env[name] = v
	}
	var mounts []string
	i := 1
	for ; i < len(c.Args) && strings.HasPrefix(c.Args[i], "-"); i++ {
		flag, value, given := strings.Cut(c.Args[i], "=")
		if !given && flag != "--rm" {
			i++
			value = c.Args[i]
		}
		switch flag {
		case "-e", "--env":
			name, v, given := strings.Cut(value, "=")
			if !given {
				v = env[name]
			}
			if compared(name) {
				o[at+"env."+name] = v
			}
		case "-v", "--volume":
			_, inside, _ := strings.Cut(value, ":")
			mounts = append(mounts, inside)
		case "--entrypoint", "--workdir":
			o[at+flag[2:]] = value
		}
	}
	slices.Sort(mounts)
	o[at+"mounts"] = strings.Join(mounts, " ")
	o[at+"args"] = jsonText(t, append([]string{}, c.Args[i+1:]...))
}

// compared leaves out what differs from job to job.
func compared(name string) bool {
	for _, prefix := range []string{"INPUT_", "STATE_", "FX_"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return slices.Contains([]string{"HOME", "CI", "GITHUB_ACTIONS", "GITHUB_WORKSPACE", "GITHUB_EVENT_PATH", "GITHUB_REPOSITORY", "RUNNER_TEMP"}, name)
}

// withDocker is the PATH with a stand-in for docker before all.
func withDocker(t *testing.T) (dockerstub.Stub, string) {
	t.Helper()
	stub := dockerstub.Install(t, containers)
	return stub, stub.Dir + string(filepath.ListSeparator) + os.Getenv("PATH")
}
