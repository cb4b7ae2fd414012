// Package install tests install.sh, the script that finds the binary for
// action.yml: the real script, in each shell that it is for, with a release
// server on loopback.
package install
