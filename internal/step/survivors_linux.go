package step

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// maxSurvivors bounds the record; a fork bomb is cut there, and said to be.
const maxSurvivors = 1000

// family tells the processes that the command left behind from our own
// children. While it is open, this process is a "child subreaper"
// (PR_SET_CHILD_SUBREAPER): an orphan of the step becomes our child instead of
// init's, so a daemon that forked twice is still found.
//
// An adopted orphan is a child of ours that was not there before the step. If
// the command has a group of its own, it is also not in our process group, which
// every child that this program starts in the meantime is, unless it asks for
// another group. One step at a time can be watched so.
type family struct {
	before  map[int]uint64 // PID and start time of the children we had
	zombies map[int]uint64 // seen dead and not waited for by anybody
	was     bool           // we were a subreaper before
	err     error          // why nothing can be known
}

func newFamily() *family {
	f := &family{zombies: map[int]uint64{}}
	var was int32
	if _, _, errno := unix.RawSyscall(unix.SYS_PRCTL, unix.PR_GET_CHILD_SUBREAPER, uintptr(unsafe.Pointer(&was)), 0); errno == 0 {
		f.was = was != 0
	}
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		f.err = fmt.Errorf("adopt orphans: %w", err)
		return f
	}
	kids, err := children(os.Getpid())
	f.err = err
	f.before = make(map[int]uint64, len(kids))
	for _, pid := range kids {
		if st, err := readStat(pid); err == nil {
			f.before[pid] = st.start
		}
	}
	return f
}

// leaveOut takes a child that came after the step for one of our own.
func (f *family) leaveOut(pid int) {
	if st, err := readStat(pid); err == nil && f.before != nil {
		f.before[pid] = st.start
	}
}

func (f *family) close() {
	if !f.was {
		unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
	}
}

func survivorLimits() []string { return nil }

// adopted lists our children that the command left, dead ones included.
func (f *family) adopted(c *child, where placement) []stat {
	kids, err := children(os.Getpid())
	if err != nil {
		f.err = err
	}
	var out []stat
	ours := syscall.Getpgrp()
	for _, pid := range kids {
		st, err := readStat(pid)
		if err != nil || pid == c.pid() || f.before[pid] == st.start {
			continue
		}
		if where.ownGroup() && st.pgrp == ours {
			continue
		}
		out = append(out, st)
	}
	return out
}

// reap waits for adopted orphans that have died, one by one, so that a long
// step does not fill the process table. Only those that were dead at the last
// call already: somebody else's child is waited for at once.
func (f *family) reap(c *child, where placement) {
	dead := map[int]uint64{}
	for _, st := range f.adopted(c, where) {
		if st.state != 'Z' {
			continue
		}
		if f.zombies[st.pid] == st.start {
			unix.Waitid(unix.P_PID, st.pid, nil, unix.WEXITED|unix.WNOHANG, nil)
		} else {
			dead[st.pid] = st.start
		}
	}
	f.zombies = dead
}

// survivors lists what is alive of the step, children of survivors included.
func (f *family) survivors(c *child, where placement) (out []Survivor, gap string) {
	alive := map[int]string{}
	for _, st := range f.adopted(c, where) {
		if !st.alive() {
			continue
		}
		alive[st.pid] = st.comm
		for _, pid := range descendants(st.pid) {
			if d, err := readStat(pid); err == nil && d.alive() {
				alive[pid] = d.comm
			}
		}
	}
	for pid, comm := range alive {
		out = append(out, Survivor{PID: pid, Command: comm})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].PID < out[j].PID })
	if f.err != nil {
		return out, "survivors are not known: " + f.err.Error()
	}
	if len(out) > maxSurvivors {
		gap = fmt.Sprintf("only %d of %d survivors are listed", maxSurvivors, len(out))
		out = out[:maxSurvivors]
	}
	return out, gap
}

// descendants lists the children of pid and theirs, and so on.
func descendants(pid int) []int {
	seen := map[int]bool{pid: true}
	list := []int{pid}
	for i := 0; i < len(list) && len(list) <= maxSurvivors; i++ {
		kids, _ := children(list[i])
		for _, k := range kids {
			if !seen[k] {
				seen[k] = true
				list = append(list, k)
			}
		}
	}
	return list[1:]
}

// children lists the children of pid, from /proc/PID/task/*/children where the
// kernel has it (CONFIG_PROC_CHILDREN), or else from every /proc/*/stat.
func children(pid int) ([]int, error) {
	dir := "/proc/" + strconv.Itoa(pid) + "/task"
	tasks, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var kids []int
	found := false
	for _, t := range tasks {
		b, err := os.ReadFile(filepath.Join(dir, t.Name(), "children"))
		if err != nil {
			continue // that thread has ended
		}
		found = true
		for _, w := range strings.Fields(string(b)) {
			if n, err := strconv.Atoi(w); err == nil {
				kids = append(kids, n)
			}
		}
	}
	if found {
		return kids, nil
	}
	all, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	for _, e := range all {
		n, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if st, err := readStat(n); err == nil && st.ppid == pid {
			kids = append(kids, n)
		}
	}
	return kids, nil
}

// stat is the part of /proc/PID/stat (proc_pid_stat(5)) that we need.
type stat struct {
	pid, ppid, pgrp int
	comm            string
	state           byte
	flags           uint64
	start           uint64 // clock ticks since boot: with the PID, an identity
}

// alive is false for a zombie and for a process on its way there: it closes its
// files, which ends our waiting for its output, some time before it is one.
func (s stat) alive() bool {
	const exiting = 0x4 // PF_EXITING, include/linux/sched.h
	return s.state != 'Z' && s.state != 'X' && s.flags&exiting == 0
}

func readStat(pid int) (stat, error) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return stat{}, err
	}
	return parseStat(string(b))
}

// parseStat reads one line. The comm is whatever the process chose, spaces and
// parentheses too: it ends at the last one.
func parseStat(line string) (stat, error) {
	open, end := strings.IndexByte(line, '('), strings.LastIndexByte(line, ')')
	if open < 0 || end < open {
		return stat{}, fmt.Errorf("parse process status %q: no name", line)
	}
	const start = 19 // field 22, counted from the one after the name
	f := strings.Fields(line[end+1:])
	if len(f) <= start || len(f[0]) != 1 {
		return stat{}, fmt.Errorf("parse process status %q: too few fields", line)
	}
	st := stat{comm: line[open+1 : end], state: f[0][0]}
	var errs [5]error
	st.pid, errs[0] = strconv.Atoi(strings.TrimSpace(line[:open]))
	st.ppid, errs[1] = strconv.Atoi(f[1])
	st.pgrp, errs[2] = strconv.Atoi(f[2])
	st.start, errs[3] = strconv.ParseUint(f[start], 10, 64)
	st.flags, errs[4] = strconv.ParseUint(f[6], 10, 64)
	for _, err := range errs {
		if err != nil {
			return stat{}, fmt.Errorf("parse process status %q: %w", line, err)
		}
	}
	return st, nil
}
