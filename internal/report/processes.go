package report

import (
	"cmp"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/org/cilock-action/pkg/attest"
	"github.com/org/cilock-action/pkg/trace"
)

// Bounds of what the page has of processes. A trace may have ten times as many;
// what is left out is counted.
const (
	maxProcesses = 50_000
	maxOpens     = 600_000 // process and file together
	maxChain     = 16      // processes of a chain
)

// image is one program that a process was. Several may have one PID.
type image struct {
	pid, ppid  int
	parent     int  // its place in the list, before its own; -1: not known
	exec       bool // parent is the same process, before it became this program
	program    string
	comm, line string
	cwd        string
	uid        int
	digest     string
	start, end time.Time
	result     string // how it ended
	bad        bool   // otherwise than with 0
	marks      []string
	files      []opened
	open       bool // neither an exit nor another image of it was seen
}

// opened is one file of an image.
type opened struct {
	path, digest   string
	write, execute bool
}

// processes are all images in the order in which they began.
type processes struct {
	list  []image
	last  map[int]int // PID to its last image
	opens int
	files fileList
	begin time.Time // of the first; zero if no beginning was seen
	// What had no room.
	moreProcesses, moreOpens int
}

func newProcesses() *processes {
	return &processes{last: map[int]int{}, files: fileList{at: map[string]int{}}}
}

// add appends an image and finds its parent: the same process if it has become
// this program, else the last image of the parent's PID.
func (p *processes) add(i image) {
	place := len(p.list)
	if place == maxProcesses {
		place = -1
	}
	for _, f := range i.files {
		p.files.add(f, place)
	}
	if place < 0 {
		p.moreProcesses++
		p.moreOpens += len(i.files)
		return
	}
	if !i.start.IsZero() && (p.begin.IsZero() || i.start.Before(p.begin)) {
		p.begin = i.start
	}
	i.parent = -1
	if before, ok := p.last[i.pid]; ok && p.list[before].open {
		i.parent, i.exec = before, true
		p.list[before].open = false
		p.list[before].result = "became another program"
	} else if parent, ok := p.last[i.ppid]; ok && i.ppid != i.pid {
		i.parent = parent
	}
	if room := maxOpens - p.opens; len(i.files) > room {
		p.moreOpens += len(i.files) - room
		i.files = i.files[:room]
	}
	p.opens += len(i.files)
	p.last[i.pid] = place
	p.list = append(p.list, i)
}

// since is a moment in microseconds after the first beginning; -1: not known.
func (p *processes) since(t time.Time) int {
	if t.IsZero() || p.begin.IsZero() {
		return -1
	}
	return int(max(0, t.Sub(p.begin).Microseconds()))
}

// label names a process by its last program.
func (p *processes) label(pid int) string {
	if i, ok := p.last[pid]; ok {
		return p.list[i].label()
	}
	return fmt.Sprintf("process %d", pid)
}

func (i image) label() string {
	name := i.comm
	if i.program != "" { // path.Base makes a dot of nothing
		name = path.Base(i.program)
	}
	return fmt.Sprintf("%s (%d)", cutAt(name, 80), i.pid)
}

// chain is chainAt for the last program of a PID; empty if nothing is known of it.
func (p *processes) chain(pid int) string {
	if at, ok := p.last[pid]; ok {
		return p.chainAt(at)
	}
	return ""
}

// chainAt is how an image came about, from the first one known.
func (p *processes) chainAt(at int) string {
	var parts []string
	for ; at >= 0; at = p.list[at].parent {
		if len(parts) == maxChain {
			parts = append(parts, "…")
			break
		}
		parts = append(parts, p.list[at].label())
	}
	var b strings.Builder
	for n := len(parts) - 1; n >= 0; n-- {
		b.WriteString(parts[n])
		if n > 0 {
			b.WriteString(" › ")
		}
	}
	return b.String()
}

// inlined reads the processes of command-run.
func (p *processes) inlined(all []attest.Process) {
	for _, one := range all {
		i := image{
			pid: one.ProcessID, ppid: one.ParentPID, program: one.Program, comm: one.Comm, line: one.Cmdline,
			cwd: one.Cwd, uid: one.UID, digest: digest(one.ProgramDigest), marks: one.Marks, open: one.ExitCode == nil,
		}
		if one.Start != nil {
			i.start = *one.Start
		}
		if one.End != nil {
			i.end = *one.End
		}
		if one.ExitCode != nil {
			i.ended(*one.ExitCode, one.Signal)
		}
		for name, set := range sorted(one.OpenedFiles) {
			i.files = append(i.files, opened{path: name, digest: digest(set), execute: !one.Forked && (name == one.Program || name == one.Exe)})
		}
		p.add(i)
	}
}

// replayed reads the trace that stands beside the bundle.
func (p *processes) replayed(s *trace.Summary) {
	for _, one := range s.Processes() {
		i := image{
			pid: one.PID, ppid: one.Parent, program: cmp.Or(one.Script, one.Program), comm: one.Comm, line: strings.Join(one.Args, " "),
			cwd: one.Cwd, uid: int(one.UID), start: one.Start, end: one.End, open: !one.Exited,
		}
		if one.Exited {
			signal := ""
			if one.Signal != 0 {
				signal = fmt.Sprintf("signal %d", one.Signal)
			}
			i.ended(one.Code, signal)
		}
		for _, f := range s.Files(one) {
			if f.Errno != 0 {
				continue
			}
			file := opened{
				path: f.Path, write: f.Access&(trace.Write|trace.Create|trace.Truncate) != 0, execute: f.Access&trace.Executed != 0,
			}
			if f.SHA256 != "" && f.Marks&trace.Unstable == 0 {
				file.digest = digest(attest.SHA256(f.SHA256))
			}
			if f.Path == one.Program && one.Script == "" {
				i.digest = file.digest
			}
			i.files = append(i.files, file)
		}
		p.add(i)
	}
}

func (i *image) ended(code int, signal string) {
	i.open = false
	i.result, i.bad = fmt.Sprintf("exit code %d", code), code != 0
	if signal != "" {
		i.result, i.bad = "killed by "+signal, true
	}
}
