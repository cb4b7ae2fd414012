package runner

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/internal/sink"
)

// maxCommandFile bounds each file that a step writes for the runner, in bytes.
// GitHub documents 1 MiB for outputs and summary; it names no limit for the
// others, and one there must be.
const maxCommandFile = 1 << 20

// files are the file commands of one step: new ones for each (FileCommandManager.cs),
// so that what a step writes counts for it alone.
type files struct {
	output, env, path, state, summary string
}

// newFiles makes them, empty, with names that nobody can know before.
func newFiles(dir string) (files, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return files{}, fmt.Errorf("make the folder of file commands: %w", err)
	}
	id := rand.Text()
	f := files{
		output: filepath.Join(dir, "set_output_"+id), env: filepath.Join(dir, "set_env_"+id), path: filepath.Join(dir, "add_path_"+id),
		state: filepath.Join(dir, "save_state_"+id), summary: filepath.Join(dir, "step_summary_"+id),
	}
	for _, path := range f.all() {
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			return files{}, fmt.Errorf("make a file command: %w", err)
		}
	}
	return f, nil
}

func (f files) all() []string { return []string{f.output, f.env, f.path, f.state, f.summary} }

func (f files) remove() {
	for _, path := range f.all() {
		os.RemoveAll(path) // the step may have made a folder of it
	}
}

// context are the fields of the github context that name them.
func (f files) context() []Pair {
	return []Pair{{"output", f.output}, {"env", f.env}, {"path", f.path}, {"state", f.state}, {"step_summary", f.summary}}
}

// said is what a step asked for in its files.
type said struct {
	outputs, env, state map[string]string
	path                []string // as written: each goes before the ones above it
	summary             string
	notices             []string // what is left out without failing the step
}

// read returns what the files say, also beside an error: the runner applies what
// comes before a line that it cannot read, and fails the step.
func (f files) read() (s said, err error) {
	var errs []error
	bad := func(name, path string, err error) error { // which does not show a path of this machine
		return fmt.Errorf("%s: %s", name, strings.NewReplacer(path, "its file", filepath.Base(path), "its file").Replace(err.Error()))
	}
	pairs := func(name, path string) map[string]string {
		data, err := filetree.ReadRegular(path, maxCommandFile)
		if err != nil && !errors.Is(err, os.ErrNotExist) { // a step may remove its own file
			errs = append(errs, bad(name, path, err))
			return nil
		}
		m, err := sink.ParseFileCommand(unmarked(data))
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
		return m
	}
	s.outputs, s.env, s.state = pairs("GITHUB_OUTPUT", f.output), pairs("GITHUB_ENV", f.env), pairs("GITHUB_STATE", f.state)
	for _, name := range sortedKeys(s.env) {
		if strings.EqualFold(name, nodeOptions) { // SetEnvFileCommand
			s.notices = append(s.notices, "GITHUB_ENV: "+nodeOptions+" is not set: the runner does not allow it")
			delete(s.env, name)
		}
	}
	data, err := filetree.ReadRegular(f.path, maxCommandFile)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		errs = append(errs, bad("GITHUB_PATH", f.path, err))
	}
	for line := range strings.Lines(string(unmarked(data))) {
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			s.path = append(s.path, line)
		}
	}
	if data, err = filetree.ReadRegular(f.summary, maxCommandFile); err != nil && !errors.Is(err, os.ErrNotExist) {
		s.notices = append(s.notices, bad("GITHUB_STEP_SUMMARY", f.summary, err).Error()) // CreateStepSummaryCommand
	}
	s.summary = string(data)
	return s, errors.Join(errs...)
}

// unmarked is a text without the byte order mark that it may begin with, in UTF-8.
// PowerShell writes marks, and .NET obeys them (File.ReadAllText).
func unmarked(data []byte) []byte {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		return data[3:]
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		order = binary.LittleEndian
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		order = binary.BigEndian
	default:
		return data
	}
	units := make([]uint16, 0, len(data)/2)
	for unit := range slices.Chunk(data[2:], 2) {
		if len(unit) == 2 {
			units = append(units, order.Uint16(unit))
		}
	}
	return []byte(string(utf16.Decode(units)))
}
