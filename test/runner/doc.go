// Package runner is a stand-in for GitHub's runner, for tests. It runs the run:
// steps of a composite action as actions/runner v2.336.0 does, sets what that
// sets and nothing more, and reads back what that reads. Each behaviour names the
// source file it was read from; where the real runner surprises, it says so.
//
// What it does not do it refuses (Fatal), so that a test never passes on a
// behaviour nobody has checked: uses: steps, containers, Windows shells,
// functions other than toJSON in expressions, operators other than ||,
// continue-on-error. Left out silently, since they change no result: problem
// matchers, echo and debug output, masks in encoded form (the real runner also
// masks base64 and a dozen other encodings of a value), log styling.
package runner
