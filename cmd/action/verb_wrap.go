package main

import (
	"context"
	"os"
	"strings"

	"github.com/org/cilock-action/internal/action"
	"github.com/org/cilock-action/internal/runner"
	"github.com/org/cilock-action/internal/verdict"
)

// wrapFlags are the flags of `wrap`: those of `run`, and what an action gets.
func wrapFlags(in *action.Inputs, inputsJSON *string) []flagSpec {
	return append([]flagSpec{
		{name: "--input", set: pair(&in.Wrap.Inputs), help: "input of the action, NAME=VALUE; a secret is better in --inputs-json"},
		{name: "--inputs-json", set: text(inputsJSON), help: "inputs as a JSON or YAML mapping: the text itself, a file, or env://NAME"},
		{name: "--action-env", set: pair(&in.Wrap.Env), help: "variable of the step, NAME=VALUE"},
		{name: "--action-dir", set: each(&in.Wrap.Dirs), help: "folder or git repository with the action, or OWNER/REPO=DIR for one inside it, instead of its server"},
		{name: "--wrapped-commands", set: text(&in.Wrap.Commands), help: "workflow commands in the action's output: pass (default), or block"},
	}, runFlags(in)...)
}

// pair adds NAME=VALUE.
func pair(dst *[]runner.Pair) func(string) error {
	return func(v string) error {
		name, value, ok := strings.Cut(v, "=")
		if !ok || name == "" {
			return verdict.Misuse("expected NAME=VALUE")
		}
		*dst = append(*dst, runner.Pair{Name: name, Value: value})
		return nil
	}
}

// each adds a value as it is: paths may hold spaces.
func each(dst *[]string) func(string) error {
	return func(v string) error {
		*dst = append(*dst, v)
		return nil
	}
}

// wrapVerb is `cilock wrap [flags] REF`.
func wrapVerb(ctx context.Context, args []string, d action.Deps) (int, error) {
	var in action.Inputs
	var inputsJSON string
	positional, command, err := parseFlags("wrap", args, wrapFlags(&in, &inputsJSON))
	if err != nil {
		return verdict.ExitMisuse, err
	}
	if len(positional) != 1 || len(command) > 0 {
		return verdict.ExitMisuse, verdict.Misuse("expected one action to wrap, as in `cilock wrap OWNER/REPO@SHA`; a command is wrapped with `cilock run -- COMMAND`")
	}
	in.Wrap.Ref = positional[0]
	more, err := action.ReadPairs(inputsJSON, os.Getenv)
	if err != nil {
		return verdict.ExitMisuse, err
	}
	in.Wrap.Inputs = append(more, in.Wrap.Inputs...)
	report, err := action.Run(ctx, in, d)
	return action.ExitCode(report, err), err
}

// driverVerb is the process that a wrapped action runs in: see runner.Serve.
func driverVerb(d action.Deps) int {
	return runner.Serve(runner.World{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Environ: d.Environ, Signals: d.Signals})
}
