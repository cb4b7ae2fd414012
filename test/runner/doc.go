// Package runner is a stand-in for GitHub's runner, for tests. It runs composite
// actions, node actions and, with a docker command on the PATH, docker actions as
// actions/runner v2.336.0 does, sets what that sets and nothing more, and reads
// back what that reads. Each behaviour names the source file it was read from;
// where the real runner surprises, it says so.
//
// What it does not do it refuses (Fatal), so that a test never passes on a
// behaviour nobody has checked: docker:// in uses:, job containers, Windows
// shells, expressions beyond what parser knows unless Options.Evaluate evaluates
// them. Left out silently, since they change no result: problem matchers, echo
// and debug output, masks in encoded form (the real runner also masks base64 and
// a dozen other encodings of a value), log styling, ACTIONS_RUNTIME_* of node and
// docker actions.
//
// It shares no code with internal/runner, which tests compare with it.
package runner
