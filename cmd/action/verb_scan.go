package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/org/cilock-action/internal/action"
	"github.com/org/cilock-action/internal/step"
	"github.com/org/cilock-action/internal/verdict"
)

// scanFlags are the flags of `scan`.
func scanFlags(in *action.ScanInputs) []flagSpec {
	return []flagSpec{
		{name: "--format", set: text(&in.Format), help: "text (default), json or sarif"},
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
	positional, rest, err := parseFlags("scan", args, scanFlags(&in))
	if err != nil {
		return verdict.ExitMisuse, err
	}
	in.Paths = append(positional, rest...)
	return scanInputs(ctx, in, d)
}

// scanInputs refuses what cannot be done, then scans and prints.
func scanInputs(ctx context.Context, in action.ScanInputs, d action.Deps) (int, error) {
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
	var notes []string
	if name := untilCancelled(ctx, d.Signals, func(ctx context.Context) { notes = action.ScanPaths(ctx, in, scanner, d) }); name != "" {
		return step.CancelExit(name), fmt.Errorf("scan for secrets: ended by %s", name)
	}
	report := action.NewScanReport(scanner.Result(), notes, in, action.NewRedactor(d.Environ).RedactString)
	if err := tellScan(report, in, d); err != nil {
		return verdict.ExitIO, fmt.Errorf("write the findings: %w", err)
	}
	return report.Code(), nil
}

// tellScan prints in the format that was asked for. Its error is output that
// was lost.
func tellScan(r action.ScanReport, in action.ScanInputs, d action.Deps) error {
	switch in.Format {
	case "json":
		text, err := r.JSON()
		return write(d.Stdout, text, err)
	case "sarif":
		text, err := r.SARIF(checkout(d))
		return write(d.Stdout, text, err)
	}
	if err := printLines(d.Sink, r.Lines()); err != nil || !in.InAction {
		return err
	}
	rest, err := r.Annotate(checkout(d), d.Sink)
	if err != nil {
		return err
	}
	if err := summarize(d.Sink, r.Markdown(rest)); err != nil {
		return err
	}
	return scanOutputs(r, d)
}

// scanOutputs sets the outputs of action.yml that are about secrets.
func scanOutputs(r action.ScanReport, d action.Deps) error {
	text, err := r.SARIF(checkout(d))
	if err != nil {
		return err
	}
	path, err := writeSARIF(text, "cilock-scan-*.sarif", d)
	if err != nil {
		return err
	}
	return setOutputs(d, [][2]string{
		{"verdict", string(r.Verdict())},
		{"exit-code", strconv.Itoa(r.Code())},
		{"findings-count", strconv.Itoa(len(r.Findings))},
		{"sarif-path", path},
	})
}
