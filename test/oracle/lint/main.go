// Command lint prints, for each workflow named on its command line, the
// references of actionlint's syntax tree with their positions, as JSON. It is
// a module of its own: actionlint v1.7.12 needs an older YAML library than the
// product has.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/rhysd/actionlint"
)

type use struct {
	Place string `json:"place"`
	Value string `json:"value"`
	Line  int    `json:"line"`
	Col   int    `json:"col"`
}

type answer struct {
	File string `json:"file"`
	Read bool   `json:"read"` // false: it is no YAML for this reader
	Uses []use  `json:"uses"`
}

func main() {
	answers := []answer{}
	for _, file := range os.Args[1:] {
		src, err := os.ReadFile(file)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		a := answer{File: file}
		if tree, _ := actionlint.Parse(src); tree != nil {
			a.Read, a.Uses = true, uses(tree)
		}
		answers = append(answers, a)
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func uses(tree *actionlint.Workflow) []use {
	var found []use
	add := func(place string, s *actionlint.String) {
		if s != nil && s.Pos != nil {
			found = append(found, use{place, s.Value, s.Pos.Line, s.Pos.Col})
		}
	}
	for _, job := range tree.Jobs {
		if job.WorkflowCall != nil {
			add("job", job.WorkflowCall.Uses)
		}
		if job.Container != nil {
			add("container", job.Container.Image)
		}
		if job.Services != nil {
			for _, s := range job.Services.Value {
				if s.Container != nil {
					add("container", s.Container.Image)
				}
			}
			add("container", job.Services.Expression)
		}
		for _, step := range job.Steps {
			if run, ok := step.Exec.(*actionlint.ExecAction); ok {
				add("step", run.Uses)
			}
		}
	}
	return found
}
