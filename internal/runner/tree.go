package runner

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/pkg/actionref"
)

// maxSteps bounds the steps of an action, those of the actions inside counted as
// often as they are used: a few lines can otherwise stand for billions.
const maxSteps = 5_000

// makeUse is one use of the action that a step names. Of a composite one the uses
// inside are made too, as far as they are known before they run.
func (j *job) makeUse(origin Action, step Step, name string, depth int, label string) (*use, error) {
	key, ref, err := KeyOf(origin, step.Uses)
	if err != nil {
		return nil, err
	}
	if depth > MaxDepth {
		return nil, fmt.Errorf("uses %s: deeper than %d actions inside each other, where the runner stops", step.Uses, MaxDepth)
	}
	action, ok := j.prog.Actions[key]
	switch {
	case ref.Kind() == actionref.KindLocal:
		if action, err = j.local(key, ref); err != nil {
			return nil, err
		}
		if runs := action.Manifest.Runs; runs.Pre+runs.PreEntrypoint != "" {
			j.notice(fmt.Sprintf("%s: the pre of %s does not run: it is of the workspace (ActionRunner.cs)", label, key))
		}
	case ref.Kind() == actionref.KindDocker:
		action = ImageAction(key, ref)
	case !ok:
		return nil, fmt.Errorf("uses %s: it was not known before the action began, and so was not judged", step.Uses)
	}
	return j.useOf(action, name, depth, label)
}

// useOf makes the use of an action that is ready.
func (j *job) useOf(a Action, name string, depth int, label string) (*use, error) {
	u := &use{action: a, key: a.Key, name: name, label: label, state: map[string]string{}, depth: depth}
	if a.Manifest.Runs.Kind() != kindComposite {
		return u, nil
	}
	steps := a.Manifest.Runs.Steps
	u.inner = make([]*use, len(steps))
	for i, s := range steps {
		if s.Uses == "" || actionref.Parse(s.Uses, actionref.InStep).Kind() == actionref.KindLocal {
			continue // of the workspace: when it is its turn
		}
		var err error
		if u.inner[i], err = j.makeUse(a, s, name, depth+1, fmt.Sprintf("%s: step %d of %d", label, i+1, len(steps))); err != nil {
			return nil, err
		}
		u.inner[i].within = a.dir()
	}
	return u, nil
}

// ImageAction is what a step with uses: docker://image stands for. Its with has
// entrypoint and args.
func ImageAction(key string, ref actionref.Ref) Action {
	return Action{Key: key, Manifest: Manifest{Runs: Runs{Using: kindDocker, Image: ref.Text()}}}
}

// local reads an action of the workspace.
func (j *job) local(key string, ref actionref.Ref) (Action, error) {
	a := Action{Key: key, Root: j.prog.Workspace, Path: ref.Path()}
	m, err := ReadManifest(a)
	if errors.Is(err, fs.ErrNotExist) {
		return a, fmt.Errorf("uses %s: there is no action.yml, action.yaml or Dockerfile in the workspace: was it checked out?", ref.Text())
	}
	if err != nil {
		return a, fmt.Errorf("uses %s: %w", ref.Text(), err)
	}
	a.Manifest = m
	if problems, _ := j.prog.checkOne(a); len(problems) > 0 {
		return a, fmt.Errorf("uses %s: %w", ref.Text(), errors.Join(problems...))
	}
	return a, nil
}

// ReadManifest reads the manifest of an action from its folder: action.yml, or
// action.yaml, or a Dockerfile alone (ActionManager.cs). If there is none of them
// the error is fs.ErrNotExist.
func ReadManifest(a Action) (Manifest, error) {
	root, err := os.OpenRoot(a.Root)
	if err != nil {
		return Manifest{}, fmt.Errorf("open the action's folder: %w", err)
	}
	defer root.Close()
	for _, name := range []string{"action.yml", "action.yaml"} {
		f, err := filetree.OpenRegularIn(root, filepath.Join(filepath.FromSlash(a.Path), name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return Manifest{}, fmt.Errorf("open %s: %w", name, pathless(err))
		}
		defer f.Close()
		src, err := io.ReadAll(io.LimitReader(f, actionref.MaxFile+1))
		if err != nil {
			return Manifest{}, fmt.Errorf("read %s: %w", name, pathless(err))
		}
		m, err := ParseManifest(src)
		if err != nil {
			return m, fmt.Errorf("%s: %w", name, err)
		}
		return m, nil
	}
	for _, name := range []string{"Dockerfile", "dockerfile"} {
		if _, err := root.Stat(filepath.Join(filepath.FromSlash(a.Path), name)); err == nil {
			return ContainerManifest(name), nil
		}
	}
	return Manifest{}, fs.ErrNotExist
}
