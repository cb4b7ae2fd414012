package main

import (
	"context"

	"github.com/org/cilock-action/internal/action"
	"github.com/org/cilock-action/internal/verdict"
)

// proveFlags are the flags of `prove`.
func proveFlags(in *action.ProveInputs) []flagSpec {
	return []flagSpec{
		{name: "--bundle", short: "-b", set: text(&in.Bundle), help: "the evidence"},
		{name: "--product", set: text(&in.Product), help: "path of a product, as the evidence has it"},
		{name: "--material", set: text(&in.Material), help: "path of a material"},
		{name: "--line", set: text(&in.Line), help: "number of a line of the trace, from 1"},
		{name: "--trace", set: text(&in.Trace), help: "the trace (default: beside the bundle)"},
		{name: "--outfile", short: "-o", set: text(&in.Outfile), help: "where the proof goes (default: standard output)"},
	}
}

// proveVerb is `cilock prove [flags]`.
func proveVerb(_ context.Context, args []string, d action.Deps) (int, error) {
	var in action.ProveInputs
	positional, rest, err := parseFlags("prove", args, proveFlags(&in))
	if err != nil {
		return verdict.ExitMisuse, err
	}
	if extra := append(positional, rest...); len(extra) > 0 {
		return verdict.ExitMisuse, verdict.Misuse("unexpected %q: name the file with --product or --material", extra[0])
	}
	return action.Prove(in, d)
}
