// Package gitleaks compares our secret rules with Gitleaks' own detector, on the public text of the machine that it runs
// on: the Go module cache and /usr/share. Both have to find the same secrets, by the same rules, in every piece of it.
// More of it than a usual run has: go test -v -run Same -size 100 (MB), which takes a minute or two.
//
// It measures the two side by side as well, rules alone (-bench Scan) and the whole scan: go test -v -run Speed -size 50
// -their-time 20s. It is a module of its own: the detector brings some sixty modules.
package gitleaks
