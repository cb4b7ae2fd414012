package runner

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// entry is the file of a stage of a Node action.
func (r Runs) entry(stage string) string {
	switch stage {
	case stagePre:
		return r.Pre
	case stagePost:
		return r.Post
	}
	return r.Main
}

// node starts the program of one stage (NodeScriptActionHandler.cs). It runs in
// the workspace; its own folder is where the file is.
func (j *job) node(u *use, stage string, environ []string, says *commandReader) (int, error) {
	file, err := u.action.file(u.action.Manifest.Runs.entry(stage))
	if err != nil {
		return 1, fmt.Errorf("%s: %w", stage, err)
	}
	program := j.prog.Nodes[u.action.Manifest.Runs.Using]
	if program == "" {
		return notFound, fmt.Errorf("no %s on this machine", u.action.Manifest.Runs.Using)
	}
	environ = slices.DeleteFunc(environ, func(kv string) bool { return strings.HasPrefix(kv, "NODE_ICU_DATA=") })
	return j.children.run(process{path: program, args: []string{file}, env: environ, dir: j.prog.Workspace, says: says, late: u.late})
}

// dir is the folder of an action.
func (a Action) dir() string { return filepath.Join(a.Root, filepath.FromSlash(a.Path)) }

// file is the path of a file that an action names. It lies inside the action's
// repository, as does what a symlink there leads to: the runner does not ask, but
// what is outside is not what the reference names.
func (a Action) file(name string) (string, error) {
	local := path.Join(a.Path, filepath.ToSlash(name))
	if strings.TrimSpace(name) == "" || !filepath.IsLocal(filepath.FromSlash(local)) {
		return "", fmt.Errorf("%q is not a file of the action", name)
	}
	root, err := os.OpenRoot(a.Root)
	if err != nil {
		return "", fmt.Errorf("open the action's folder: %w", err)
	}
	defer root.Close()
	info, err := root.Stat(filepath.FromSlash(local))
	switch {
	case err != nil && strings.Contains(err.Error(), "escapes"):
		return "", fmt.Errorf("%s leads out of the action", name)
	case err != nil:
		return "", fmt.Errorf("%s: %w", name, pathless(err))
	case !info.Mode().IsRegular():
		return "", fmt.Errorf("%s is no regular file", name)
	}
	return filepath.Join(a.Root, filepath.FromSlash(local)), nil
}

// pathless is an error without the path of this machine in it.
func pathless(err error) error {
	if path := new(fs.PathError); errors.As(err, &path) {
		return path.Err
	}
	return err
}
