package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/org/cilock-action/internal/action"
	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/internal/sink"
)

// What `refs` and `scan` have in common: findings in files, for a terminal, as a
// document, and in a job.

func write(w io.Writer, text string, err error) error {
	if err == nil {
		_, err = io.WriteString(w, text)
	}
	return err
}

func printLines(s *sink.Sink, lines []string) error {
	for _, line := range lines {
		if err := s.Line(line); err != nil {
			return err
		}
	}
	return nil
}

// summarize adds to the job summary. As in a run, a summary that cannot be
// written is said and is no error: everything in it has been printed above.
func summarize(s *sink.Sink, markdown string) error {
	if err := s.Summary(markdown); err != nil {
		return s.Line("job summary: " + err.Error())
	}
	return nil
}

// writeSARIF writes the findings for code scanning into a file of their own.
func writeSARIF(text, pattern string, d action.Deps) (path string, err error) {
	f, err := os.CreateTemp(d.TempDir, pattern)
	if err != nil {
		return "", fmt.Errorf("write SARIF: %w", err)
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Chmod(0o644), f.Close()); err != nil {
		return "", fmt.Errorf("write SARIF: %w", err)
	}
	return f.Name(), nil
}

// setOutputs sets outputs of action.yml.
func setOutputs(d action.Deps, outputs [][2]string) error {
	for _, kv := range outputs {
		if err := d.Sink.SetOutput(kv[0], kv[1]); err != nil {
			return err
		}
	}
	return nil
}

// checkout is the current folder, and in a job the workspace as the root of
// what annotations and code scanning know.
func checkout(d action.Deps) filetree.Checkout {
	dir, err := os.Getwd()
	if err != nil {
		return filetree.Checkout{}
	}
	c := filetree.Checkout{Dir: dir, Root: dir}
	if workspace := d.Getenv("GITHUB_WORKSPACE"); workspace != "" && d.Sink.InActions() {
		c.Root = workspace
	}
	return c
}
