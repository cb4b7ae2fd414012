package main

import "strings"

// Shortfall is a problem that a sensor is known to have: a fault to be mended,
// unlike a limit, which it states itself.
type Shortfall struct {
	Backend string // empty: both
	Trick   string // the beginning of its name
	Problem string // a part of the text of the problem
	Why     string
}

// shortfalls are printed as such and fail nothing. One that does not show any
// more is to be removed here; nothing enforces that, since some are races.
func shortfalls() []Shortfall {
	return []Shortfall{
		{"ebpf", "open_tree", "its own path", "a path in a detached mount is not marked"},
		{"ptrace", "ptrace_tracer", "no end", "the tracer stops for its new tracer, which is stopped by it: a deadlock"},
		{"ebpf", "deep_path", "cut", "a path of more than 4,096 bytes is reported whole, without the mark"},
	}
}

// excuse splits problems into those that are known and those that are not.
func excuse(backend, trick string, problems []string) (known, news []string) {
	for _, problem := range problems {
		why := ""
		for _, s := range shortfalls() {
			if (s.Backend == "" || s.Backend == backend) && strings.HasPrefix(trick, s.Trick) && strings.Contains(problem, s.Problem) {
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
