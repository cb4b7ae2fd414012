// Package expr evaluates the expressions of workflows and actions, what stands
// in ${{ }}, as the runner of GitHub Actions does: its dialect is that of
// DistributedTask.Expressions2 in actions/runner v2.336.0. Where that and
// @actions/expressions, the same dialect in TypeScript, differ, the runner is
// followed; test/oracle has every known difference.
//
// What cannot be parsed or evaluated is an *Error that quotes the expression
// and the place in it; it is never null. Errors do not quote values.
//
// Two things are stricter than in the runner. fromJSON takes JSON as RFC 8259
// has it, where the runner also takes comments, single quotes, trailing commas
// and whatever follows the first value. hashFiles reads nothing that a symbolic
// link puts outside of the workspace.
package expr

// Limits. Reaching one is an error.
const (
	// maxLength of an expression, in UTF-16 units, is the runner's. It also
	// holds for a text with several expressions, in the form of a call of format
	// that the runner makes of it.
	maxLength = 21_000

	// maxDepth of an expression's tree is the runner's. Parentheses that only
	// group do not count.
	maxDepth = 50

	// maxArguments of a function is the runner's.
	maxArguments = 255

	// maxMemory bounds the bytes that all functions of one evaluation make
	// together: 10 MiB, which is the runner's bound for a whole template.
	maxMemory = 10 << 20

	// maxWork bounds the bytes that one evaluation reads to compare them, to find
	// members and items, and as JSON: 64 MiB. The runner has no such bound, only
	// that of the job's time.
	maxWork = 64 << 20

	// maxJSONDepth is how deep arrays and objects may be nested in JSON: the
	// default of Newtonsoft.Json, the runner's reader, since its version 13.
	maxJSONDepth = 64

	// maxWriteDepth is the same for what toJSON writes, which may be made of
	// several such texts. The runner has no bound there.
	maxWriteDepth = 200

	// itemSize is what an item of an array, or a number, counts as memory.
	itemSize = 24
)
