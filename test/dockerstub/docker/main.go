// Command docker answers as the docker client does: see package dockerstub.
package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/org/cilock-action/test/dockerstub"
)

func main() {
	code, err := answer(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "docker stand-in:", err)
		code = 125
	}
	os.Exit(code)
}

// client is the stand-in at one call.
type client struct {
	dir  string // where it lives
	says dockerstub.Answers
	call dockerstub.Call
}

func answer(args []string) (int, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	wd, err := os.Getwd()
	if err != nil {
		return 0, err
	}
	c := client{dir: filepath.Dir(self), call: dockerstub.Call{Args: args, Env: os.Environ(), Dir: wd}}
	data, err := os.ReadFile(filepath.Join(c.dir, dockerstub.AnswersFile))
	if err != nil {
		return 0, err
	}
	if err := json.Unmarshal(data, &c.says); err != nil {
		return 0, err
	}
	before, err := dockerstub.Read(c.dir)
	if err != nil {
		return 0, err
	}
	if err := c.record(); err != nil {
		return 0, err
	}
	if c.says.NoEngine {
		fmt.Fprintln(os.Stderr, "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?")
		return 1, nil
	}
	command := strings.Join(args[:min(2, len(args))], " ")
	switch verb, _, _ := strings.Cut(command, " "); {
	case verb == "version":
		fmt.Println("1.50")
	case verb == "pull":
		return c.pull(count(before, "pull")), nil
	case verb == "build":
		return c.says.FailBuild, nil
	case command == "image inspect":
		return c.inspect(before), nil
	case verb == "run":
		return c.run(count(before, "run"))
	case verb == "rm":
		fmt.Println(args[len(args)-1])
	default:
		return 0, fmt.Errorf("%q is not a command that it knows", command)
	}
	return 0, nil
}

// count is how often a verb was called before.
func count(calls []dockerstub.Call, verb string) int {
	n := 0
	for _, c := range calls {
		if len(c.Args) > 0 && c.Args[0] == verb && c.Signal == "" {
			n++
		}
	}
	return n
}

func (c client) record() error {
	line, err := json.Marshal(c.call)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(c.dir, dockerstub.CallsFile), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	if _, err := f.Write(append(line, '\n')); err != nil {
		return err
	}
	return f.Close()
}

func (c client) pull(before int) int {
	if before < c.says.FailPulls {
		fmt.Fprintln(os.Stderr, "Error response from daemon: received unexpected HTTP status: 503 Service Unavailable")
		return 1
	}
	fmt.Println("Status: Downloaded newer image for", c.call.Args[len(c.call.Args)-1])
	return 0
}

// inspect knows a digest only of what was pulled.
func (c client) inspect(before []dockerstub.Call) int {
	if c.says.Inspection != "" {
		fmt.Println(c.says.Inspection)
		return 0
	}
	image := c.call.Args[len(c.call.Args)-1]
	digests := []string{}
	if slices.ContainsFunc(before, func(b dockerstub.Call) bool { return b.Args[0] == "pull" && b.Args[len(b.Args)-1] == image }) {
		digests = append(digests, repository(image)+"@"+cmp.Or(c.says.Digest, "sha256:"+strings.Repeat("2", 64)))
	}
	text, err := json.Marshal(map[string]any{
		"Id": cmp.Or(c.says.ID, "sha256:"+strings.Repeat("1", 64)), "RepoDigests": digests, "Os": "linux", "Architecture": "amd64",
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println(string(text))
	return 0
}

func repository(image string) string {
	image, _, _ = strings.Cut(image, "@")
	if i := strings.LastIndex(image, ":"); i > strings.LastIndex(image, "/") {
		image = image[:i]
	}
	return image
}

func (c client) run(before int) (int, error) {
	var says dockerstub.Run
	if n := len(c.says.Runs); n > 0 {
		says = c.says.Runs[min(before, n-1)]
	}
	fmt.Print(says.Stdout)
	fmt.Fprint(os.Stderr, says.Stderr)
	for name, text := range says.Write {
		if err := c.write(name, text); err != nil {
			return 0, err
		}
	}
	if says.Hold {
		told := make(chan os.Signal, 1)
		signal.Notify(told, os.Interrupt, syscall.SIGTERM)
		fmt.Println("holding")
		c.call.Signal = (<-told).String()
		return cmp.Or(says.ExitCode, 130), c.record()
	}
	return says.ExitCode, nil
}

// write adds to a file of the container, which is found by the mounts.
func (c client) write(name, text string) error {
	path := name
	if strings.HasPrefix(name, "$") {
		path = os.Getenv(name[1:])
	}
	for i, flag := range c.call.Args {
		host, container, ok := "", "", false
		switch {
		case i+1 == len(c.call.Args):
		case flag == "-v":
			host, container, ok = strings.Cut(c.call.Args[i+1], ":")
		case flag == "--mount":
			host, container, ok = strings.Cut(strings.TrimPrefix(c.call.Args[i+1], "type=bind,source="), ",target=")
		}
		if rest, inside := strings.CutPrefix(path, container+"/"); ok && inside {
			f, err := os.OpenFile(filepath.Join(host, filepath.FromSlash(rest)), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
			if err != nil {
				return err
			}
			defer f.Close()
			_, err = f.WriteString(text)
			return err
		}
	}
	return fmt.Errorf("write %s, which is %q in the container: it is in no folder that is mounted", name, path)
}
