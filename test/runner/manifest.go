package runner

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

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
	Runs     runs
	Branding map[string]string
}

type runs struct {
	Using string
	Steps []step // composite

	Pre, Main, Post string // nodeN
	PreIf           string `yaml:"pre-if"`
	PostIf          string `yaml:"post-if"`

	Image, Entrypoint string // docker
	Args              []string
	Env               map[string]string
	PreEntrypoint     string `yaml:"pre-entrypoint"`
	PostEntrypoint    string `yaml:"post-entrypoint"`
}

// step is a step of a composite action.
type step struct {
	ID               string
	Name             string
	If               string
	Run              string
	Shell            string
	Env              map[string]string
	WorkingDirectory string `yaml:"working-directory"`
	Uses             string
	With             map[string]string
	ContinueOnError  string `yaml:"continue-on-error"`
}

func (r runs) composite() bool { return r.Using == "composite" }
func (r runs) docker() bool    { return r.Using == "docker" }

// post is what the action runs at the end of the job.
func (r runs) post() string {
	if r.docker() {
		return r.PostEntrypoint
	}
	return r.Post
}

func (r runs) pre() string {
	if r.docker() {
		return r.PreEntrypoint
	}
	return r.Pre
}

var nodePattern = regexp.MustCompile(`^node\d+$`)

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
	return &m, m.check()
}

// check refuses what the schema of actions does (action_yaml.json): expressions
// where it has none, and in outputs hashFiles.
func (m *manifest) check() error {
	r := m.Runs
	for key, text := range map[string]string{"pre": r.Pre, "main": r.Main, "post": r.Post, "pre-if": r.PreIf, "post-if": r.PostIf} {
		if strings.Contains(text, "${{") {
			return fmt.Errorf("runs.%s: a template expression is not allowed in this context", key)
		}
	}
	for name, o := range m.Outputs {
		if strings.Contains(strings.ToLower(withoutLiterals(o.Value)), "hashfiles(") {
			return fmt.Errorf("outputs.%s: Unrecognized function: 'hashFiles'", name)
		}
	}
	return r.check()
}

func (r runs) check() error {
	switch {
	case nodePattern.MatchString(r.Using):
		if r.Main == "" {
			return fmt.Errorf("using %q without main", r.Using)
		}
		return nil
	case r.docker():
		return nil
	case !r.composite():
		return fmt.Errorf("using %q is not supported", r.Using)
	}
	for i, s := range r.Steps {
		if (s.Run == "") == (s.Uses == "") {
			return fmt.Errorf("step %d: one of run and uses is needed", i+1)
		}
		if s.Run != "" && s.Shell == "" {
			return fmt.Errorf("step %d: required property is missing: shell", i+1)
		}
	}
	return nil
}
