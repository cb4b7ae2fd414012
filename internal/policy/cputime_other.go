//go:build !unix

package policy

import "time"

// cpuTime is not known here: time on the clock is what counts.
func cpuTime() (time.Duration, bool) { return 0, false }
