// Command bench measures whole processes of cilock beside what they are to be
// compared with, and says which goals of docs/performance.md are met:
//
//	go run ./test/bench [-runs N] [-only REGEXP] [-json] [-binary FILE]
//
// It builds cilock itself, works in a temporary folder (about 2.5 GB while the
// largest measure runs), and removes it. Baseline and ours run in turns, the
// order changing with each pair (ABBA), so that a machine that is slow for a
// while slows both. Figures are medians, with the least and the greatest.
//
// A missed goal is a row that says no, not an exit code: on a busy machine it
// says little. The exit code is 1 only if something could not be measured.
package main
