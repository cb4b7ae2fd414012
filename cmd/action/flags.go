package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/org/cilock-action/internal/action"
	"github.com/org/cilock-action/internal/verdict"
)

// flagSpec is one flag of a verb. One without set belongs to a feature that is
// not built and is refused.
type flagSpec struct {
	name  string // with its dashes
	short string // one-letter alias with its dash, or empty
	bool  bool   // takes a value only as --name=value
	// words may also follow a bool flag as an argument of their own. Nothing
	// else does, so the flag never swallows what was not meant for it.
	words []string
	set   func(value string) error
	help  string
}

// parseFlags reads flags before and after positionals, up to "--"; what
// follows it is returned apart. Go's own flag package stops at the first
// positional, which loses flags silently. verb is for the message.
func parseFlags(verb string, args []string, specs []flagSpec) (positional, rest []string, err error) {
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if arg == "--" {
			return positional, args[i+1:], nil
		}
		if !strings.HasPrefix(arg, "-") || arg == "-" {
			positional = append(positional, arg)
			continue
		}
		name, value, hasValue := strings.Cut(arg, "=")
		spec := findFlag(specs, name)
		switch {
		case spec == nil:
			return nil, nil, unknownFlag(verb, name, specs)
		case spec.set == nil:
			return nil, nil, action.NotAvailable("flag " + spec.name)
		case hasValue:
		case i+1 < len(args) && slices.Contains(spec.words, args[i+1]):
			i++
			value = args[i]
		case spec.bool:
			value = "true"
		case i+1 == len(args) || args[i+1] == "--":
			return nil, nil, verdict.Misuse("flag %s needs a value", spec.name)
		default:
			i++
			value = args[i]
		}
		if err := spec.set(value); err != nil {
			return nil, nil, fmt.Errorf("flag %s: %w", spec.name, err)
		}
	}
	return positional, nil, nil
}

// unknownFlag says where the flags are listed, and which one was probably meant.
// A long name is compared without its dashes, so that one too few is seen. Help
// among other arguments is refused too: an argument that somebody else chose, as
// the name of a file, must not end a verification with exit code 0.
func unknownFlag(verb, name string, specs []flagSpec) error {
	if isHelp(name) {
		return verdict.Misuse("%s stands alone behind the verb: `cilock help %s`", name, verb)
	}
	var known []string
	for _, s := range specs {
		known = append(known, strings.TrimPrefix(s.name, "--"))
	}
	meant := nearest(strings.TrimLeft(name, "-"), known)
	if meant != "" {
		meant = "did you mean --" + meant + "? "
	}
	return verdict.Misuse("unknown flag %q: %s`cilock help %s` lists those of %s", name, meant, verb, verb)
}

func findFlag(specs []flagSpec, name string) *flagSpec {
	for i := range specs {
		if specs[i].name == name || specs[i].short != "" && specs[i].short == name {
			return &specs[i]
		}
	}
	return nil
}

// The setters. A flag given twice is refused where it has one value, and adds
// up where it has a list.

func text(dst *string) func(string) error {
	seen := false
	return func(v string) error {
		if v == "" { // most likely a variable that is not set
			return verdict.Misuse("its value is empty: leave the flag out, or set the variable that it takes")
		}
		if seen {
			return verdict.Misuse("it was given twice, with %q and %q", *dst, v)
		}
		*dst, seen = v, true
		return nil
	}
}

func list(dst *[]string) func(string) error {
	return func(v string) error {
		if *dst == nil {
			*dst = []string{}
		}
		*dst = append(*dst, action.List(v)...)
		return nil
	}
}

// paths is list for files: a value that is the name of a file is that file,
// spaces and all.
func paths(dst *[]string) func(string) error {
	words := list(dst)
	return func(v string) error {
		if _, err := os.Lstat(v); err == nil {
			*dst = append(*dst, v)
			return nil
		}
		return words(v)
	}
}

func toggle(dst *bool) func(string) error {
	return func(v string) error {
		switch v {
		case "true":
			*dst = true
		case "false":
			*dst = false
		default:
			return verdict.Misuse("value %q: expected true or false", v)
		}
		return nil
	}
}
