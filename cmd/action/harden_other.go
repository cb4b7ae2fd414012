//go:build !linux

package main

// harden has no portable means here.
func harden() {}
