package trace

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Summary is the [Handler] that keeps a trace: what each process was and did,
// each fact once. It is bounded; what it had no room for is counted in Dropped
// and must be told as a loss.
//
// It belongs to one goroutine.
type Summary struct {
	bounds    SummaryBounds
	processes []*Process       // in the order in which they were seen
	current   map[int]*Process // the last image of each PID
	objects   objects
	opens     int // of all processes
	events    int // that are no opens, of all processes
	bytes     int // about what all of it takes

	Received map[string]uint64 // messages by class, see Class
	Dropped  map[string]uint64 // of those, what there was no room for
}

// SummaryBounds are the most that a Summary keeps, of all processes together:
// one that unpacks an archive changes more files than a build otherwise does.
// Zero fields take the default.
type SummaryBounds struct {
	Processes int // images, 200,000
	Opens     int // process and file together, 4,000,000 at 20 bytes
	Events    int // changes, destinations, names and calls, 2,000,000
	Bytes     int // strings and everything but opens, as far as they are not shared, 256 MiB
}

// NewSummary returns an empty summary.
func NewSummary(b SummaryBounds) *Summary {
	b.Processes = cmp.Or(b.Processes, 200_000)
	b.Opens = cmp.Or(b.Opens, 4_000_000)
	b.Events = cmp.Or(b.Events, 2_000_000)
	b.Bytes = cmp.Or(b.Bytes, 256<<20)
	return &Summary{
		bounds: b, current: map[int]*Process{}, objects: newObjects(),
		Received: map[string]uint64{}, Dropped: map[string]uint64{},
	}
}

// Process is one image of a process: from its fork or exec to its next exec or
// its end. A process that execs twice is two of them, with one PID; an image
// that was forked, did nothing and became another is left out.
type Process struct {
	PID, Parent int
	Program     string // path of the file that was loaded; that of the parent after a fork alone
	Name        string // what the exec was given, where that is another
	Script      string // the file that was asked for, if Program is its interpreter
	Comm        string
	Args        []string
	Cwd         string
	UID         uint32
	Dev, Ino    uint64   // of Program
	Marks       Marks    // of Program and Args
	Forked      bool     // it was never exec'd
	Image       int      // 0, or its number after that many execs of the same process
	Namespaces  []string // that it entered or made

	Start, End time.Time // UTC; End is zero if it was not seen
	Exited     bool      // it ended, as opposed to becoming another image
	Code       int
	Signal     int

	opens   openList
	Changes []Change
	Reaches []Reach
	Lookups []Lookup
	Calls   []Call
}

// idle is true as long as nothing was seen of p but its beginning.
func (p *Process) idle() bool {
	return len(p.opens.list)+len(p.Changes)+len(p.Reaches)+len(p.Lookups)+len(p.Calls) == 0
}

// OpenedFile is one object that a process opened or executed.
type OpenedFile struct {
	Path, Name string // Name as the program gave it, if that is another
	Dev, Ino   uint64
	Access     Access
	Marks      Marks
	Errno      int // 0 if it could be opened at least once
	SHA256     string
	Count      int // opens beyond the first, as far as they were told apart
}

// Change is one change of the file system, see Message.
type Change struct {
	Op, Path, Name, Target string
	Marks                  Marks
	Errno, Count           int
}

// Reach is one destination, or one place where somebody may come in.
type Reach struct {
	Op, Family, Protocol, Address string
	Port, Errno, Count            int
}

// Lookup is one name that was seen on the wire.
type Lookup struct {
	Op, Protocol, Address string
	Port                  int
	Names, Answers        []string
	Count                 int
}

// Call is one call that a build has no reason to make.
type Call struct {
	Op, Target   string
	Errno, Count int
}

// Processes returns all images in the order in which they were first seen.
func (s *Summary) Processes() []*Process { return s.processes }

// Files returns what p opened, each object and each name of it once, by path.
func (s *Summary) Files(p *Process) []OpenedFile {
	p.opens.compact()
	out := make([]OpenedFile, 0, len(p.opens.list))
	for _, o := range p.opens.list {
		out = append(out, s.objects.opened(o))
	}
	slices.SortFunc(out, func(a, b OpenedFile) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Name, b.Name), cmp.Compare(a.Ino, b.Ino), cmp.Compare(a.Marks, b.Marks))
	})
	return out
}

// Opens is the number of entries of all Files together.
func (s *Summary) Opens() (n int) {
	for _, p := range s.processes {
		p.opens.compact()
		n += len(p.opens.list)
	}
	return n
}

// Class is the class that a kind is counted in.
func (k Kind) Class() string {
	switch k {
	case Fork, Exec, Exit:
		return "process"
	case Open, File:
		return "file"
	case Net, Name:
		return "network"
	case Syscall:
		return "syscall"
	}
	return "other"
}

// Handle adds one message.
func (s *Summary) Handle(m Message) {
	class := m.Kind.Class()
	s.Received[class]++
	kept := false
	switch m.Kind {
	case Fork:
		kept = s.fork(m)
	case Exec:
		kept = s.exec(m)
	case Exit:
		kept = s.exit(m)
	case Open:
		kept = s.open(m)
	case Digest:
		if kept = s.fits(digestBytes); kept {
			s.objects.digest(m)
		}
	default:
		if p := s.process(m); p != nil {
			kept = s.event(p, m)
		}
	}
	if !kept {
		s.Dropped[class]++
	}
}

// process returns the current image of a message's process, and makes one of
// which nothing is known if its beginning was not seen.
func (s *Summary) process(m Message) *Process {
	if p := s.current[m.PID]; p != nil && !p.Exited {
		return p
	}
	return s.add(&Process{PID: m.PID, Parent: m.Parent, Comm: m.Comm, UID: m.UID, Start: timeOf(m.Time), Forked: true})
}

// What an entry takes beside its strings, about.
const (
	processBytes = 500
	eventBytes   = 100
	stringBytes  = 70 // of a path, and an object under it
	digestBytes  = 130
)

// fits takes so many bytes, if they are left.
func (s *Summary) fits(bytes int) bool {
	if bytes > s.bounds.Bytes-s.bytes {
		return false
	}
	s.bytes += bytes
	return true
}

func (s *Summary) add(p *Process) *Process {
	if len(s.processes) >= s.bounds.Processes || !s.fits(processBytes) {
		return nil
	}
	s.processes = append(s.processes, p)
	s.current[p.PID] = p
	return p
}

func (s *Summary) fork(m Message) bool {
	p := &Process{PID: m.PID, Parent: m.Parent, Comm: m.Comm, UID: m.UID, Start: timeOf(m.Time), Forked: true}
	if parent := s.current[m.Parent]; parent != nil {
		p.Program, p.Script, p.Args, p.Cwd, p.Dev, p.Ino, p.Marks = parent.Program, parent.Script, parent.Args, parent.Cwd, parent.Dev, parent.Ino, parent.Marks
		p.Comm = cmp.Or(p.Comm, parent.Comm)
	}
	return s.add(p) != nil
}

// exec begins a new image, in place if the old one did nothing.
func (s *Summary) exec(m Message) bool {
	if m.Name == m.Path {
		m.Name = ""
	}
	p := s.process(m)
	if p == nil {
		return false
	}
	if !p.Forked || !p.idle() {
		p.End = timeOf(m.Time)
		next := &Process{PID: p.PID, Parent: p.Parent, Start: p.End, Image: p.Image + 1}
		if p = s.add(next); p == nil {
			return false
		}
	}
	if !s.fits(sizeOf(&m)) {
		return false
	}
	p.Forked = false
	p.Program, p.Name, p.Script, p.Comm = m.Path, m.Name, m.Script, m.Comm
	p.Args, p.Cwd, p.UID = slices.Clone(m.Args), m.Cwd, m.UID
	p.Dev, p.Ino, p.Marks = m.Dev, m.Ino, m.Marks
	if m.Path == "" {
		return true
	}
	m.Access |= Executed
	return s.open(m)
}

func (s *Summary) exit(m Message) bool {
	p := s.process(m)
	if p == nil {
		return false
	}
	p.End, p.Exited, p.Code, p.Signal = timeOf(m.Time), true, m.Code, m.Signal
	return true
}

func (s *Summary) open(m Message) bool {
	p := s.process(m)
	if p == nil || s.opens >= s.bounds.Opens || !s.fits(s.objects.cost(m)) {
		return false
	}
	before := len(p.opens.list)
	p.opens.add(s.objects.record(m))
	s.opens += len(p.opens.list) - before
	return true
}

func timeOf(ns int64) time.Time {
	if ns == 0 {
		return time.Time{}
	}
	return time.Unix(0, ns).UTC()
}
