package docker

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"strings"
)

// Where the container has the host's folders (ContainerActionHandler.cs).
const (
	InWorkspace    = "/github/workspace"
	InTemp         = "/github/runner_temp"
	InHome         = "/github/home"
	InWorkflow     = "/github/workflow"
	InFileCommands = "/github/file_commands"
	socket         = "/var/run/docker.sock"
)

// Host is the part of the host that a container action sees: folders of the
// runner, and the socket of the engine. All are absolute paths. An empty folder
// is not mounted; an empty Socket is the runner's /var/run/docker.sock.
type Host struct {
	Workspace    string
	Temp         string
	Home         string // _temp/_github_home
	Workflow     string // _temp/_github_workflow
	FileCommands string // _temp/_runner_file_commands
	Socket       string
}

// place is one path of the host and the same place in the container.
type place struct{ host, container string }

// folders are in the order in which the runner mounts them.
func (h Host) folders() []place {
	var out []place
	for _, p := range []place{
		{h.Temp, InTemp},
		{h.Home, InHome},
		{h.Workflow, InWorkflow},
		{h.FileCommands, InFileCommands},
		{h.Workspace, InWorkspace},
	} {
		if p.host = strings.TrimRight(p.host, "/"); p.host != "" {
			out = append(out, p)
		}
	}
	return out
}

func (h Host) mounts() []place {
	return append([]place{{cmp.Or(h.Socket, socket), socket}}, h.folders()...)
}

// Translate returns the path in the container of a path of the host, which is
// one of the folders or lies in one; everything else is returned as it is. The
// innermost folder counts: home, workflow and file commands are inside temp.
// ".." is not resolved, as the runner does not (ContainerInfo.cs).
func (h Host) Translate(path string) string {
	best, answer := -1, path
	for _, p := range h.folders() {
		rest, ok := strings.CutPrefix(path, p.host)
		if ok && (rest == "" || rest[0] == '/') && len(p.host) > best {
			best, answer = len(p.host), p.container+rest
		}
	}
	return answer
}

// mountFlags mounts a place. The runner always says -v HOST:CONTAINER, which
// has no spelling for a colon: the engine takes what follows it for the place in
// the container. --mount has one, as a line of CSV, but fails where -v makes a
// missing folder; so it is only used where -v cannot be.
func (p place) mountFlags() ([]string, error) {
	switch {
	case !strings.HasPrefix(p.host, "/"):
		// -v would take it for the name of a volume.
		return nil, fmt.Errorf("mount %q at %s: not an absolute path", p.host, p.container)
	case strings.ContainsAny(p.host, "\x00\r\n"):
		return nil, fmt.Errorf("mount %q at %s: a path with a line break or NUL cannot be mounted", p.host, p.container)
	case !strings.Contains(p.host, ":"):
		return []string{"-v", p.host + ":" + p.container}, nil
	case strings.TrimSpace(p.host) != p.host: // --mount refuses it, -v does not
		return nil, fmt.Errorf("mount %q at %s: a path with a colon that ends with white space cannot be mounted", p.host, p.container)
	}
	var line strings.Builder
	w := csv.NewWriter(&line)
	if err := w.Write([]string{"type=bind", "source=" + p.host, "target=" + p.container}); err != nil {
		return nil, fmt.Errorf("mount %q at %s: %w", p.host, p.container, err)
	}
	w.Flush()
	return []string{"--mount", strings.TrimSuffix(line.String(), "\n")}, nil
}
