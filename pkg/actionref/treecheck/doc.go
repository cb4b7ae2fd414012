// Package treecheck is the bytes check: does an action's folder, as the runner
// downloaded it, hold what the commit holds that it is said to be?
//
// [Hash] computes the git tree id of a folder without git and without writing
// anything. [Compare] holds it against the tree of a commit. When the two ids
// are equal nothing more is done. Otherwise every difference is looked at: some
// are how GitHub makes its archives (export-ignore, line endings, submodules),
// and each of those must be proved from the commit itself, never from what lies
// on the disk. What stays without an explanation makes the answer "false", what
// could not be looked at makes it "unverified"; only a complete comparison is
// "true".
//
// [Layout] and [Locate] read the runner's folder of downloaded actions.
//
// What git does when it makes an archive is from its documentation
// (gitattributes, git-archive, gitformat-index) and was tried with git 2.39.5;
// the tests extract real archives.
package treecheck
