package main

import "strings"

// Shortfall is a problem that a sensor is known to have: a fault to be mended,
// unlike a limit, which it states itself.
type Shortfall struct {
	Variant string // see variantOf
	Trick   string // empty: any
	Problem string // a part of the text of the problem
	Why     string
}

// shortfalls are printed as such and fail nothing. One that does not show any
// more is to be removed here; nothing enforces that, since some are races.
func shortfalls() []Shortfall {
	const unstated = "true, and the sensor does not state it yet"
	return []Shortfall{
		{"ptrace", "", "is born twice", "a child that ended before its parent's stop was read is told of again"},
		{"ptrace", "", "has no end", "the same: the second birth has no end"},
		{"ptrace", "ptrace_tracer", "no end", "the tracer stops for its new tracer, which is stopped by it: a deadlock"},
		{"ptrace", "mprotect_exec", "no limit", unstated},
		{"ptrace", "fanotify_fd", "no limit", unstated},
		{"ptrace", "daemon_fd", "no limit", unstated},
		{"ptrace", "open_tree", "", "the calls of the new mount interface are not watched, and a path in a detached mount is not marked"},
	}
}

// excuse splits problems into those that are known and those that are not.
func excuse(variant, trick string, problems []string) (known, news []string) {
	for _, problem := range problems {
		why := ""
		for _, s := range shortfalls() {
			if s.Variant == variant && (s.Trick == "" || s.Trick == trick) && strings.Contains(problem, s.Problem) {
				why = s.Why
			}
		}
		if why == "" {
			news = append(news, problem)
		} else {
			known = append(known, "known shortfall ("+why+"): "+problem)
		}
	}
	return known, news
}
