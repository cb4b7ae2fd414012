package action

import (
	"strings"

	"github.com/org/cilock-action/internal/runner"
	"github.com/org/cilock-action/internal/verdict"
)

// maxInputsFile bounds a file of inputs, in bytes.
const maxInputsFile = 1 << 20

// ReadPairs reads a mapping of inputs: the text itself, a path, or env://NAME.
// Errors quote none of it, since inputs hold secrets.
func ReadPairs(from string, getenv func(string) string) ([]runner.Pair, error) {
	text := from
	variable, isVariable := strings.CutPrefix(from, keyFromEnv)
	switch {
	case from == "":
		return nil, nil
	case isVariable:
		text = getenv(variable)
	case exists(from) || !strings.ContainsAny(from, "{[:\n"):
		data, err := readInput(from, maxInputsFile)
		if err != nil {
			return nil, verdict.Misuse("read the inputs: %w", err)
		}
		text = string(data)
	}
	pairs, err := runner.ParsePairs(text)
	if err != nil {
		return nil, verdict.Misuse("inputs: expected a mapping of names to values: %w", err)
	}
	return pairs, nil
}

// pairsInput sets an input of action.yml that is a mapping.
func pairsInput(name string, of func(*WrapInputs) *[]runner.Pair) func(*Call, string) error {
	return func(c *Call, v string) error {
		pairs, err := runner.ParsePairs(v)
		if err != nil {
			return verdict.Misuse("input %s: expected a mapping of names to values: %w", name, err)
		}
		*of(&c.Run.Wrap) = pairs
		return nil
	}
}

// completeWrap checks the inputs that go together when an action is wrapped.
func (c *Call) completeWrap() error {
	switch {
	case c.Run.Wrap.Ref != "" && strings.TrimSpace(c.Script) != "":
		return verdict.Misuse("inputs command and action-ref are both given: a step wraps one of them")
	case c.Run.Wrap.Ref == "" && len(c.Run.Wrap.Inputs)+len(c.Run.Wrap.Env)+len(c.Run.Wrap.Dirs)+len(c.Run.Wrap.Commands) > 0:
		return verdict.Misuse("inputs action-inputs, action-env, action-dir and wrapped-commands need action-ref: give the action to wrap")
	}
	return nil
}
