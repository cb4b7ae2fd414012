package main

import (
	"context"

	"github.com/org/cilock-action/internal/action"
	"github.com/org/cilock-action/internal/verdict"
)

// doctorFlags are the flags of `doctor`; in is where they go.
func doctorFlags(in *action.DoctorInputs) []flagSpec {
	return []flagSpec{
		{name: "--format", set: text(&in.Format), help: "text (default) or json"},
		{name: "--online", bool: true, set: toggle(&in.Online), help: "ask the hosts that a run would ask; without it none is asked"},
	}
}

// doctorVerb is `cilock doctor`.
func doctorVerb(ctx context.Context, args []string, d action.Deps) (int, error) {
	var in action.DoctorInputs
	positional, rest, err := parseFlags("doctor", args, doctorFlags(&in))
	if err != nil {
		return verdict.ExitMisuse, err
	}
	if len(positional)+len(rest) > 0 {
		return verdict.ExitMisuse, verdict.Misuse("doctor takes no arguments")
	}
	return action.Doctor(ctx, in, d)
}
