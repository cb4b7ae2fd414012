package main

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/org/cilock-action/pkg/trace"
)

// Names in matchers are expanded, see scene.expand. Those that are not absolute
// are below the trick's folder.

// opened is a successful open of a file by its true name.
func opened(name string) match {
	return func(m trace.Message, s *scene) bool {
		return m.Kind == trace.Open && m.Errno == 0 && m.Path == s.path(name)
	}
}

// saidOpened is an open by what the program passed, as Path or, if the sensor
// could say more, as Name. A relative name may have been made absolute.
func saidOpened(name string) match {
	return func(m trace.Message, s *scene) bool {
		said := s.expand(name)
		return m.Kind == trace.Open && m.Errno == 0 &&
			(m.Path == s.path(name) || m.Path == path.Clean(s.path(name)) || m.Name == said || m.Name == s.path(name))
	}
}

// openedInode is a successful open of the file that name was before the trick
// ran, by device and inode, whatever its name was later.
func openedInode(name string) match {
	return func(m trace.Message, s *scene) bool {
		id, known := s.inodes[name]
		return known && m.Kind == trace.Open && m.Errno == 0 && m.Dev == id.dev && m.Ino == id.ino
	}
}

// openedFact is a successful open of the file whose inode is a fact.
func openedFact(fact string) match {
	return func(m trace.Message, s *scene) bool {
		return m.Kind == trace.Open && m.Errno == 0 && m.Ino != 0 && strconv.FormatUint(m.Ino, 10) == s.fact(fact)
	}
}

// executed is an exec of the file with this true name.
func executed(name string) match {
	return func(m trace.Message, s *scene) bool {
		return m.Kind == trace.Exec && m.Errno == 0 && m.Path == s.path(name)
	}
}

// changed is a change of a name or object, with its target if that is not empty.
func changed(op, name, target string) match {
	return func(m trace.Message, s *scene) bool {
		return m.Kind == trace.File && m.Op == op && m.Errno == 0 && m.Path == s.path(name) &&
			(target == "" || m.Target == s.path(target))
	}
}

// reached is a message of the network. Empty strings match everything; port is
// expanded; several operations are separated by |.
func reached(op, family, protocol, address, port string) match {
	return func(m trace.Message, s *scene) bool {
		want := s.expand(address)
		if strings.HasPrefix(want, "./") {
			want = s.path(want[2:])
		}
		return m.Kind == trace.Net && (op == "" || slices.Contains(strings.Split(op, "|"), m.Op)) &&
			(family == "" || m.Family == family) && (protocol == "" || m.Protocol == protocol) &&
			(want == "" || m.Address == want) && (port == "" || strconv.Itoa(m.Port) == s.expand(port))
	}
}

// called is a suspicious call, by any of these names.
func called(names ...string) match {
	return func(m trace.Message, _ *scene) bool {
		return m.Kind == trace.Syscall && slices.Contains(names, m.Op)
	}
}

// at narrows a match to messages whose target has a word in it.
func (is match) at(target string) match {
	return func(m trace.Message, s *scene) bool {
		return is(m, s) && strings.Contains(m.Target, s.expand(target))
	}
}

// atTracer narrows a match to messages whose target is who traces us.
func (is match) atTracer() match {
	return func(m trace.Message, s *scene) bool {
		return is(m, s) && (strings.Contains(m.Target, "tracer") || strings.Contains(m.Target, s.fact("tracer")))
	}
}

// honest narrows a match to messages whose path is the secret's own, or marked
// as that of another mount namespace or root.
func (is match) honest() match {
	return func(m trace.Message, s *scene) bool {
		return is(m, s) && (m.Path == s.path("secret") || m.Marks&trace.Foreign != 0)
	}
}

// having narrows a match to messages with these bits of access.
func (is match) having(a trace.Access) match {
	return func(m trace.Message, s *scene) bool { return is(m, s) && m.Access&a == a }
}

// marked narrows a match to messages with these marks.
func (is match) marked(x trace.Marks) match {
	return func(m trace.Message, s *scene) bool { return is(m, s) && m.Marks&x == x }
}

// partial narrows a match to messages that admit that Path is not all of it.
func (is match) partial() match {
	return func(m trace.Message, s *scene) bool { return is(m, s) && m.Marks&(trace.Cut|trace.StringOnly) != 0 }
}

// unmarked narrows a match to messages without these marks.
func (is match) unmarked(x trace.Marks) match {
	return func(m trace.Message, s *scene) bool { return is(m, s) && m.Marks&x == 0 }
}

// named narrows a match to messages with the name that the program used.
func (is match) named(name string) match {
	return func(m trace.Message, s *scene) bool { return is(m, s) && m.Name == s.expand(name) }
}

// by narrows a match to messages of the process whose PID is a fact.
func (is match) by(fact string) match {
	return func(m trace.Message, s *scene) bool { return is(m, s) && strconv.Itoa(m.PID) == s.fact(fact) }
}

// either is one match or the other.
func either(a, b match) match {
	return func(m trace.Message, s *scene) bool { return a(m, s) || b(m, s) }
}

// kind is any message of a kind.
func kind(k trace.Kind) match {
	return func(m trace.Message, _ *scene) bool { return m.Kind == k }
}
