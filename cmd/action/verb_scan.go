package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/org/cilock-action/internal/action"
	"github.com/org/cilock-action/internal/step"
	"github.com/org/cilock-action/internal/verdict"
)

// scanFlags are the flags of `scan`.
func scanFlags(in *action.ScanInputs) []flagSpec {
	return []flagSpec{
		{name: "--format", set: text(&in.Format), help: "text (default) or json"},
		{name: "--max-decode-layers", set: text(&in.Depth), help: "layers of encoding that are undone, 0 to 8 (default: 3)"},
		{name: "--env", set: names(&in.Env), help: "variables that hold secrets, besides those whose names say so: NAME,..."},
		{name: "--secretscan-fail-tier", set: text(&in.FailTier), help: "what fails: any finding (default), or only high ones"},
		{name: "--config", set: text(&in.Config), help: "file of more rules, in the TOML of Gitleaks"},
		{name: "--allow", set: text(&in.Allow), help: "file of findings that are known: {\"allow\": [{\"digest\": ...}, {\"rule\": ..., \"source\": GLOB}]}"},
		{name: "--digest-key", set: text(&in.DigestKey), help: "file of a key for digests that can be compared across runs, 16 bytes or more (default: a new one)"},
	}
}

// names is list for names of variables, which commas may separate too.
func names(dst *[]string) func(string) error {
	add := list(dst)
	return func(v string) error { return add(strings.ReplaceAll(v, ",", " ")) }
}

// scanVerb is `cilock scan [flags] PATH...`.
func scanVerb(ctx context.Context, args []string, d action.Deps) (int, error) {
	var in action.ScanInputs
	positional, rest, err := parseFlags(args, scanFlags(&in))
	if err != nil {
		return verdict.ExitMisuse, err
	}
	in.Paths = append(positional, rest...)
	if err := action.CheckScan(in); err != nil {
		return verdict.ExitMisuse, err
	}
	dir, err := os.Getwd()
	if err != nil {
		return verdict.ExitMisuse, verdict.Misuse("find the current folder: %w", err)
	}
	scanner, err := action.NewSecretScanner(in, dir, d)
	if err != nil {
		return verdict.ExitMisuse, err
	}
	if name := untilCancelled(ctx, d.Signals, func(ctx context.Context) { action.ScanPaths(ctx, in, scanner, d) }); name != "" {
		return step.CancelExit(name), fmt.Errorf("scan for secrets: ended by %s", name)
	}
	result := scanner.Result()
	redact := action.NewRedactor(d.Environ).RedactString
	if err := action.TellScan(result, in, redact, d); err != nil {
		return verdict.ExitIO, err
	}
	return action.ScanCode(result, in.FailTier), nil
}
