package action

import "time"

// Plan is everything that is decided before the step runs: plain data, no
// open files, no environment access later on.
type Plan struct {
	Name       string   // --step
	Command    []string // argv
	Dir        string   // absolute working directory, symlinks resolved; also the root of materials and products
	Env        []string // the step's environment, KEY=VALUE
	OwnEnv     []string // our own environment at start: for the collectors that describe it
	Collectors []string // optional collectors that are on: environment, git, github
	Include    []string // product globs; empty means all
	Exclude    []string
	Start      time.Time
}
