package main

import (
	"context"
	"os"

	"github.com/org/cilock-action/internal/action"
	"github.com/org/cilock-action/internal/tracerd"
	"github.com/org/cilock-action/internal/verdict"
)

// traceFlags are the flags of `trace`.
func traceFlags(in *action.TraceInputs) []flagSpec {
	return []flagSpec{
		{name: "--backend", set: text(&in.Backend), help: "auto (default), ebpf or ptrace"},
		{name: "--out", short: "-o", set: text(&in.Out), help: "file for the messages, JSON lines (default: standard output, among the lines of the command)"},
	}
}

// traceVerb is `cilock trace [flags] -- COMMAND...` and `cilock trace replay FILE`.
func traceVerb(ctx context.Context, args []string, d action.Deps) (int, error) {
	var in action.TraceInputs
	positional, command, err := parseFlags("trace", args, traceFlags(&in))
	if err != nil {
		return verdict.ExitMisuse, err
	}
	switch {
	case len(positional) == 2 && positional[0] == "replay" && command == nil:
		return action.ReplayTrace(positional[1], d)
	case len(positional) > 0 && positional[0] == "replay":
		return verdict.ExitMisuse, verdict.Misuse("trace replay takes one file, and nothing else")
	case len(positional) > 0:
		return verdict.ExitMisuse, verdict.Misuse("unexpected %q: the command to trace comes after --", positional[0])
	}
	in.Command = command
	return action.TraceOnly(ctx, in, d)
}

// tracerVerb is the life of a tracer, which `run` and `trace` start.
func tracerVerb() (int, error) {
	if err := tracerd.Serve(os.Stdin, os.Stdout, tracerd.Backends()); err != nil {
		return verdict.ExitIO, err
	}
	return verdict.ExitOK, nil
}
