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
	const unstated = "true, and the sensor does not state it yet"
	return []Shortfall{
		{"", "mprotect_exec", "no limit", unstated},
		{"", "fanotify_fd", "no limit", unstated},
		{"", "daemon_fd", "no limit", unstated},
		{"", "open_tree", "", "the calls of the new mount interface are not watched, and a path in a detached mount is not marked"},
		{"ptrace", "ptrace_tracer", "no end", "the tracer stops for its new tracer, which is stopped by it: a deadlock"},
		{"ebpf", "uring_open", "no limit", unstated},
		{"ebpf", "uring_open", "call where string was expected", "the name is made absolute without the folder that it is relative to"},
		{"ebpf", "deep_path", "cut", "a path of more than 4,096 bytes is reported whole, without the mark"},
		{"ebpf", "bpf_detach", "claims to be complete", "nobody looks whether the links are still attached"},
		{"ebpf", "bpf_unmark", "claims to be complete", "nobody misses the end of the root, which is known to have ended"},
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
