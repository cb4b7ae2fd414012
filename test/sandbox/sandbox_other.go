//go:build !linux

package sandbox

// Enter does nothing here: nobody makes a sandbox.
func Enter() {}

func dockerCapabilities() []int { return nil }
func dockerRefuses() []int      { return nil }
