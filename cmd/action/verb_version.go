package main

import (
	"context"

	"github.com/org/cilock-action/internal/action"
	"github.com/org/cilock-action/internal/verdict"
)

// versionVerb is `cilock version`, and `cilock --version`.
func versionVerb(_ context.Context, args []string, d action.Deps) (int, error) {
	if len(args) > 0 {
		return verdict.ExitMisuse, verdict.Misuse("version takes no arguments")
	}
	return action.Version(d)
}
