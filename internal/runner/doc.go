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
// What deliberately differs from the runner:
//
//   - post runs when the action ends, not the job, with the inputs that main had
//     (the runner evaluates them again, with a steps context that may be lost);
//   - when we are asked to stop, the process that runs gets the signal whatever its
//     condition says, and steps and posts that ask for always() still run after it;
//   - required inputs without a value, unknown keys and files outside of the
//     action are refused, and so is github.token where there is none;
//   - the file of a file command is a regular one of at most 1 MiB, or a symlink to
//     one; the runner would wait for a pipe, and has no bound;
//   - a word of stop-commands that no line can say fails the step;
//   - a step whose env cannot be evaluated does not run;
//   - blanks in the path of a script do no harm;
//   - defaults.run, timeouts, problem matchers' owners, the runner's services and
//     job containers are not here: the runner does not tell a step about them.
//
// Facts about the runner are from actions/runner v2.336.0, where not said
// otherwise; the file that says so is named beside each.
package runner
