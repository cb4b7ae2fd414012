// Package wrap proves that an action which runs under observation behaves as it
// does without it. Twelve fixture actions, made with GitHub's own toolkit, run
// under cilock wrap, by our own action, under act, in the stand-in for GitHub's
// runner and with their programs started by hand; what a user can observe of each
// run is compared with what is written down in testdata/want.
package wrap
