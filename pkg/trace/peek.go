package trace

import "strings"

// Peeks returns what p opened of the memory, the environment or the mappings of
// other processes. It is derived from its files.
func (s *Summary) Peeks(p *Process) (found []OpenedFile) {
	for _, f := range s.Files(p) {
		if f.Errno == 0 && f.Access&PathOnly == 0 && peeks(f.Path, p.PID) {
			found = append(found, f)
		}
	}
	return found
}

// peeks tells an open of another process' memory, environment or mappings.
func peeks(path string, self int) bool {
	rest, ok := strings.CutPrefix(path, "/proc/")
	if !ok {
		return false
	}
	pid, rest, _ := strings.Cut(rest, "/")
	if after, isTask := strings.CutPrefix(rest, "task/"); isTask {
		_, rest, _ = strings.Cut(after, "/")
	}
	if rest != "mem" && rest != "environ" && rest != "maps" {
		return false
	}
	n := 0
	for _, c := range []byte(pid) {
		if c < '0' || c > '9' || n > 1<<30 {
			return false
		}
		n = n*10 + int(c-'0')
	}
	return n != self
}
