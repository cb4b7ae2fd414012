package trace

import (
	"slices"
	"strings"
)

// event adds what is no open. Equal ones are one, with a count.
func (s *Summary) event(p *Process, m Message) bool {
	count := m.Count
	room := func() bool {
		if s.events >= s.bounds.Events || !s.fits(eventBytes+sizeOf(&m)) {
			return false
		}
		s.events++
		return true
	}
	switch m.Kind {
	case File:
		c := Change{Op: m.Op, Path: m.Path, Name: m.Name, Target: m.Target, Marks: m.Marks, Errno: m.Errno}
		return insert(&p.Changes, c, count, room, func(a, b *Change) bool {
			return a.Op == b.Op && a.Path == b.Path && a.Name == b.Name && a.Target == b.Target && a.Marks == b.Marks && a.Errno == b.Errno
		}, func(c *Change, n int) { c.Count += n })
	case Net:
		r := Reach{Op: m.Op, Family: m.Family, Protocol: m.Protocol, Address: m.Address, Port: m.Port, Errno: m.Errno}
		return insert(&p.Reaches, r, count, room, func(a, b *Reach) bool {
			return a.Op == b.Op && a.Family == b.Family && a.Protocol == b.Protocol && a.Address == b.Address && a.Port == b.Port && a.Errno == b.Errno
		}, func(r *Reach, n int) { r.Count += n })
	case Name:
		l := Lookup{Op: m.Op, Protocol: m.Protocol, Address: m.Address, Port: m.Port, Names: slices.Clone(m.Names), Answers: slices.Clone(m.Answers)}
		return insert(&p.Lookups, l, count, room, func(a, b *Lookup) bool {
			return a.Op == b.Op && a.Protocol == b.Protocol && a.Address == b.Address && a.Port == b.Port && slices.Equal(a.Names, b.Names) && slices.Equal(a.Answers, b.Answers)
		}, func(l *Lookup, n int) { l.Count += n })
	case Syscall:
		if strings.HasPrefix(m.Op, "unshare") || strings.HasPrefix(m.Op, "setns") || strings.HasPrefix(m.Op, "clone") {
			p.enter(m)
		}
		c := Call{Op: m.Op, Target: m.Target, Errno: m.Errno}
		return insert(&p.Calls, c, count, room, func(a, b *Call) bool {
			return a.Op == b.Op && a.Target == b.Target && a.Errno == b.Errno
		}, func(c *Call, n int) { c.Count += n })
	}
	return true
}

// recent bounds the search for an equal entry: a loop repeats itself soon, and
// a list that never does must not cost the square of its length.
const recent = 64

// insert appends x to list, or counts it on an equal entry among the last ones.
// room is asked before a new one is added.
func insert[T any](list *[]T, x T, count int, room func() bool, equal func(a, b *T) bool, add func(x *T, n int)) bool {
	l := *list
	for i := len(l) - 1; i >= 0 && i >= len(l)-recent; i-- {
		if equal(&l[i], &x) {
			add(&l[i], count+1)
			return true
		}
	}
	if !room() {
		return false
	}
	add(&x, count)
	*list = append(l, x)
	return true
}

// sizeOf is the length of the strings of m.
func sizeOf(m *Message) int {
	n := len(m.Comm) + len(m.Cwd) + len(m.Script) + len(m.Path) + len(m.Name) + len(m.Target) + len(m.Address)
	for _, list := range [][]string{m.Args, m.Names, m.Answers} {
		for _, text := range list {
			n += len(text) + 16
		}
	}
	return n
}

// enter records the namespaces of a successful unshare, setns or clone.
func (p *Process) enter(m Message) {
	if m.Errno != 0 {
		return
	}
	for _, ns := range strings.Split(m.Target, ",") {
		if ns != "" && len(p.Namespaces) < 16 && !slices.Contains(p.Namespaces, ns) {
			p.Namespaces = append(slices.Clip(p.Namespaces), ns)
		}
	}
}
