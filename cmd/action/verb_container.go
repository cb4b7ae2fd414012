package main

import (
	"slices"
	"strings"

	"github.com/org/cilock-action/internal/action"
	"github.com/org/cilock-action/internal/verdict"
)

// containerInputs are the inputs of docker/action.yml, which come as arguments
// NAME=VALUE. with a point behind each value. No variable of the environment is
// an input then. The runner takes the arguments apart as one line, in which a
// quote and a backslash inside a value can begin another argument; as every input
// is there already, what begins so is a second one or none of ours, and refused.
func containerInputs(args []string) (getenv func(string) string, err error) {
	values := map[string]string{}
	for _, arg := range args {
		name, value, ok := strings.Cut(arg, "=")
		value, ended := strings.CutSuffix(value, ".")
		if !ok || !ended || !slices.Contains(action.InputNames(), name) {
			return nil, verdict.Misuse("an argument of action is not INPUT=VALUE. with an input of docker/action.yml: is there a quote or backslash in an input?")
		}
		variable := action.InputVariable(name)
		if _, twice := values[variable]; twice {
			return nil, verdict.Misuse("input %s is given twice: is there a quote or backslash in an input?", name)
		}
		values[variable] = value
	}
	mode := strings.TrimSpace(values[action.InputVariable("mode")])
	if !slices.Contains([]string{"refs", "scan", "verify"}, mode) {
		return nil, verdict.Misuse("mode is %q, expected refs, scan or verify: a container sees nothing of the step's machine, so nothing is run, traced or signed in it", mode)
	}
	if strings.TrimSpace(values[action.InputVariable("resolve")]) == "online" {
		return nil, verdict.Misuse("resolve is online, expected off or local: there is no git in the container")
	}
	return func(variable string) string { return values[variable] }, nil
}
