package main

import (
	"context"

	"github.com/org/cilock-action/internal/action"
	"github.com/org/cilock-action/internal/verdict"
)

// rootFlags are the flags of `trusted-root`.
func rootFlags(in *action.RootInputs) []flagSpec {
	return []flagSpec{
		{name: "--tuf-mirror", set: text(&in.Mirror), help: "URL of the TUF repository (default: that of Sigstore's public instance)"},
		{name: "--tuf-root", set: text(&in.Root), help: "its root.json of any version, from someone you trust (default: that of the public instance)"},
		{name: "--outfile", short: "-o", set: text(&in.Outfile), help: "the trusted root (default: trusted_root.json)"},
		{name: "--signing-config", set: text(&in.SigningConfig), help: "write the signing configuration here too"},
		{name: "--timeout", set: text(&in.Timeout), help: "for all of it (default: 60s)"},
	}
}

// trustedRootVerb is `cilock trusted-root [flags]`.
func trustedRootVerb(ctx context.Context, args []string, d action.Deps) (int, error) {
	in := action.RootInputs{Outfile: "trusted_root.json"}
	positional, rest, err := parseFlags("trusted-root", args, rootFlags(&in))
	if err != nil {
		return verdict.ExitMisuse, err
	}
	if len(positional)+len(rest) > 0 {
		return verdict.ExitMisuse, verdict.Misuse("trusted-root takes no arguments")
	}
	lines, err := action.FetchTrustedRoot(ctx, in, d)
	if err != nil {
		return verdict.CodeOf(err), err
	}
	for _, line := range lines {
		if err := d.Sink.Line("cilock: " + line); err != nil {
			return verdict.ExitIO, err
		}
	}
	return 0, nil
}
