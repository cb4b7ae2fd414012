package runner

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"gopkg.in/yaml.v3"
)

// manifest is the part of an action.yml that is understood. Any other key is an
// error: see the package comment.
type manifest struct {
	Name        string
	Author      string
	Description string
	Inputs      map[string]struct {
		Description        string
		Required           bool // the real runner never enforces it
		Default            string
		DeprecationMessage string `yaml:"deprecationMessage"`
	}
	Outputs map[string]struct {
		Description string
		Value       string
	}
	Runs struct {
		Using string
		Steps []step
	}
	Branding map[string]string
}

// step is a run: step of a composite action.
type step struct {
	ID               string
	Name             string
	If               string
	Run              string
	Shell            string
	Env              map[string]string
	WorkingDirectory string `yaml:"working-directory"`
}

// readManifest reads action.yml, or else action.yaml, in dir.
func readManifest(dir string) (*manifest, error) {
	text, err := os.ReadFile(filepath.Join(dir, "action.yml"))
	if errors.Is(err, fs.ErrNotExist) {
		text, err = os.ReadFile(filepath.Join(dir, "action.yaml"))
	}
	if err != nil {
		return nil, fmt.Errorf("find the action: %w", err)
	}
	var m manifest
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	if err := dec.Decode(&m); err != nil {
		return nil, fmt.Errorf("read the action: %w", err)
	}
	if m.Runs.Using != "composite" {
		return nil, fmt.Errorf("using %q: only composite actions are supported", m.Runs.Using)
	}
	for i, s := range m.Runs.Steps {
		if s.Run == "" {
			return nil, fmt.Errorf("step %d: only run: steps are supported", i+1)
		}
		if s.Shell == "" {
			return nil, fmt.Errorf("step %d: required property is missing: shell", i+1)
		}
	}
	return &m, nil
}
