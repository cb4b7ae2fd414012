package main

import (
	"context"

	"github.com/org/cilock-action/internal/action"
	"github.com/org/cilock-action/internal/verdict"
)

// doctorFlags are the flags of `doctor`; format is where its one value goes.
func doctorFlags(format *string) []flagSpec {
	return []flagSpec{{name: "--format", set: text(format), help: "text (default) or json"}}
}

// doctorVerb is `cilock doctor`.
func doctorVerb(ctx context.Context, args []string, d action.Deps) (int, error) {
	var format string
	positional, rest, err := parseFlags(args, doctorFlags(&format))
	if err != nil {
		return verdict.ExitMisuse, err
	}
	if len(positional)+len(rest) > 0 {
		return verdict.ExitMisuse, verdict.Misuse("doctor takes no arguments")
	}
	return action.Doctor(ctx, format, d)
}
