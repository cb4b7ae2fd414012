// Package gitleaks compares our secret rules with Gitleaks' own detector, on the public text of the machine that it runs
// on: the Go module cache and /usr/share. Both have to find the same secrets, by the same rules, in every piece of it.
// It measures the two side by side as well. It is a module of its own: the detector brings some sixty modules.
package gitleaks
