// Package runner runs another action, composite, Node or Docker, with the
// behaviour that its author sees on GitHub's runner. It is what `cilock wrap`
// and the input action-ref are made of.
//
//	Fetch      -> Check       -> Serve
//	files,        pure:          in a process of its own, under observation:
//	network       what cannot    pre, main and post of the action and of those
//	              be run         inside it
//
// Everything that can be known before any code of the action runs is known
// then: each action that it reaches is on disk, its manifest is parsed, each
// expression in it too. What cannot be run faithfully is refused by name, there
// and not half way. The Program that Check passes goes to the driver, which is
// the wrapped command: it starts the scripts and programs as its children, so
// that whatever watches a command watches an action.
//
// Facts about the runner are from actions/runner v2.336.0, where not said
// otherwise; the file that says so is named beside each.
package runner
