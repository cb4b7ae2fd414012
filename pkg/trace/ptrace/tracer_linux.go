//go:build amd64 || arm64

package ptrace

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/org/cilock-action/pkg/trace"
	"golang.org/x/sys/unix"
)

// tracer is the state of a trace. One thread owns it: the one that all tracees
// are attached to, since only that may ask about them.
type tracer struct {
	handler  trace.Handler // nil: nothing is recorded any more
	self     int
	mounts   string          // its mount namespace
	rooted   bool            // somebody may have a root directory of its own
	mounted  bool            // somebody has changed the mounts
	mountIDs map[uint64]bool // whether they are of our namespace
	abis     []abi
	threads  map[int]*thread
	groups   map[int]*process
	early    map[int]bool // stopped before their makers told of them

	counts   [classes]trace.Class
	cutOff   [classes]int // calls that ended with their threads
	notFound uint64
	degraded uint64 // objects that went before they could be looked at
	gaps     []string

	// Scratch, so that a stop allocates nothing but what it tells.
	info callInfo
	mem  reader
	stat unix.Statx_t
	link [trace.MaxPath]byte
	text [2 * trace.MaxPath]byte
	name [64]byte
}

// thread is one tracee.
type thread struct {
	tid  int
	proc *process
	abi  *abi
	call *call // underway: its exit will stop the thread. nil: none
	args [6]uint64
	told []trace.Message // of the call underway, made at its entry
}

// process is a thread group.
type process struct {
	pid     int
	threads int
	// moved: it, or who made it, has changed its namespaces. Only then must each
	// path be checked for being from elsewhere.
	moved bool
}

func newTracer(h trace.Handler) *tracer {
	return &tracer{
		handler: h, self: os.Getpid(), abis: abis(),
		threads: map[int]*thread{}, groups: map[int]*process{}, early: map[int]bool{},
	}
}

// seize attaches to the main thread of the root, which does not notice.
func (t *tracer) seize(pid int) error {
	if errno := request(unix.PTRACE_SEIZE, pid, 0, options); errno != 0 {
		return t.refused(pid, errno)
	}
	s, ok := t.readStatus(pid)
	if !ok || s.group != pid {
		return fmt.Errorf("%w: /proc does not show it", errors.ErrUnsupported)
	}
	muteStops()
	t.mounts = t.linkText(t.self, "ns/mnt")
	t.rooted = t.linkText(pid, "root") != "/"
	p := &process{pid: pid, moved: t.linkText(pid, "ns/mnt") != t.mounts}
	t.add(pid, p)
	t.tellFork(p, s)
	return nil
}

func (t *tracer) add(tid int, p *process) *thread {
	th := &thread{tid: tid, proc: p}
	t.threads[tid] = th
	t.groups[p.pid] = p
	p.threads++
	return th
}

// send delivers a message that was counted as attempted.
func (t *tracer) send(c class, m trace.Message) {
	if t.handler == nil {
		return
	}
	t.counts[c].Received++
	m.Time = time.Now().UnixNano()
	for _, text := range []*string{&m.Path, &m.Name, &m.Target, &m.Script, &m.Cwd, &m.Address} {
		if len(*text) > trace.MaxPath {
			*text, m.Marks = (*text)[:trace.MaxPath], m.Marks|trace.Cut
		}
	}
	t.handler.Handle(m)
}

// tell is for what is known at once: attempted and delivered.
func (t *tracer) tell(c class, m trace.Message) {
	t.counts[c].Attempted++
	t.send(c, m)
}

// lose settles a call whose thread was killed in it before its name was read.
// It returned to nobody, so it is no event that was missed; that it began is
// told.
func (t *tracer) lose(c class) {
	t.drop(c)
	t.cutOff[c]++
}

// drop takes back an attempt that was nothing after all.
func (t *tracer) drop(c class) { t.counts[c].Attempted-- }

// message starts one about what th does.
func (th *thread) message(kind trace.Kind) trace.Message {
	m := trace.Message{Kind: kind, PID: th.proc.pid}
	if th.tid != th.proc.pid {
		m.Marks = trace.InAThread
	}
	return m
}

// maxGaps bounds what is told apart; the count of others is told.
const maxGaps = 64

func (t *tracer) gap(text string) {
	if len(t.gaps) < maxGaps && !slices.Contains(t.gaps, text) {
		t.gaps = append(t.gaps, text)
	}
}

// alive lists the processes that live, and those that are dead and whose end
// has not been told yet.
func (t *tracer) alive() (alive, underway []int) {
	living := map[int]bool{}
	for tid, th := range t.threads {
		living[th.proc.pid] = living[th.proc.pid] || !isDead(tid)
	}
	for pid, lives := range living {
		if lives {
			alive = append(alive, pid)
		} else {
			underway = append(underway, pid)
		}
	}
	slices.Sort(alive)
	slices.Sort(underway)
	return alive, underway
}

// close ends the record and gives the account.
func (t *tracer) close(alive, underway []int) trace.Account {
	for _, th := range t.threads {
		t.abandon(th, unix.EINPROGRESS)
	}
	for _, pid := range underway {
		t.gap(fmt.Sprintf("the end of process %d was not seen in time", pid))
	}
	t.handler = nil
	a := trace.Account{Gaps: t.gaps, NotFound: t.notFound, Survivors: alive}
	if t.degraded > 0 {
		a.Gaps = append(a.Gaps, fmt.Sprintf("%d objects are named by the program's word alone: the kernel's could not be read", t.degraded))
	}
	for c := range classes {
		count := t.counts[c]
		count.Name = c.String()
		a.Classes = append(a.Classes, count)
		if n := t.cutOff[c]; n > 0 {
			a.Limits = append(a.Limits, fmt.Sprintf("%d %s calls were underway when their threads were killed, and returned to nobody: what they were aimed at is not known", n, c))
		}
	}
	return a
}
