package trace

import (
	"cmp"
	"io"
	"maps"
	"slices"
)

// Write stores a summary as JSON lines: each process from its beginning to its
// end, one after the other, with its files by path. What is written depends on
// nothing but the summary, and [Replay] makes the same summary of it. text is
// that of [NewLineWriter].
func (s *Summary) Write(w io.Writer, text func(string) string) error {
	l := NewLineWriter(w, text)
	s.Messages(l)
	return l.Flush()
}

// Messages hands the summary to h as a stream, in the order of Write.
func (s *Summary) Messages(h Handler) {
	for _, p := range s.processes {
		p.begin(h)
		for _, f := range s.Files(p) {
			if p.executed(f) { // the Exec message stands for one of its opens
				if f.Count == 0 {
					continue
				}
				f.Count--
			}
			h.Handle(Message{
				Kind: Open, PID: p.PID, Path: f.Path, Name: f.Name, Dev: f.Dev, Ino: f.Ino,
				Access: f.Access, Marks: f.Marks &^ Unstable, Errno: f.Errno, Count: f.Count,
			})
		}
		p.rest(h)
	}
	for _, key := range slices.SortedFunc(maps.Keys(s.objects.digests), inode.compare) {
		c := s.objects.digests[key]
		h.Handle(Message{Kind: Digest, Dev: key.dev, Ino: key.ino, SHA256: c.sha256, Marks: c.marks})
	}
}

func (i inode) compare(j inode) int {
	return cmp.Or(cmp.Compare(i.dev, j.dev), cmp.Compare(i.ino, j.ino))
}

// executed reports whether f is the entry of p's own exec.
func (p *Process) executed(f OpenedFile) bool {
	return !p.Forked && p.Program != "" && f.Access&Executed != 0 && f.Path == p.Program && f.Name == p.Name &&
		f.Dev == p.Dev && f.Ino == p.Ino && f.Marks&^Unstable == p.Marks&openMarks
}

// begin is the Fork and the Exec of p.
func (p *Process) begin(h Handler) {
	start := int64(0)
	if !p.Start.IsZero() {
		start = p.Start.UnixNano()
	}
	if p.Image == 0 {
		h.Handle(Message{Kind: Fork, Time: start, PID: p.PID, Parent: p.Parent, Comm: p.Comm, UID: p.UID})
	}
	if !p.Forked {
		h.Handle(Message{
			Kind: Exec, Time: start, PID: p.PID, Path: p.Program, Name: p.Name, Script: p.Script, Comm: p.Comm, Args: p.Args,
			Cwd: p.Cwd, UID: p.UID, Dev: p.Dev, Ino: p.Ino, Marks: p.Marks,
		})
	}
}

// rest is everything of p but its beginning and its files.
func (p *Process) rest(h Handler) {
	for _, c := range p.Changes {
		h.Handle(Message{Kind: File, PID: p.PID, Op: c.Op, Path: c.Path, Name: c.Name, Target: c.Target, Marks: c.Marks, Errno: c.Errno, Count: c.Count})
	}
	for _, r := range p.Reaches {
		h.Handle(Message{Kind: Net, PID: p.PID, Op: r.Op, Family: r.Family, Protocol: r.Protocol, Address: r.Address, Port: r.Port, Errno: r.Errno, Count: r.Count})
	}
	for _, l := range p.Lookups {
		h.Handle(Message{Kind: Name, PID: p.PID, Op: l.Op, Protocol: l.Protocol, Address: l.Address, Port: l.Port, Names: l.Names, Answers: l.Answers, Count: l.Count})
	}
	for _, c := range p.Calls {
		h.Handle(Message{Kind: Syscall, PID: p.PID, Op: c.Op, Target: c.Target, Errno: c.Errno, Count: c.Count})
	}
	if p.Exited {
		h.Handle(Message{Kind: Exit, Time: p.End.UnixNano(), PID: p.PID, Code: p.Code, Signal: p.Signal})
	}
}
