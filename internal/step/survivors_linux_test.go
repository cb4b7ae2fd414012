package step

import (
	"context"
	"io"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A stopped command can be cancelled.
func TestCancelStopped(t *testing.T) {
	c := sh("trap 'exit 4' INT; kill -STOP $$" + loop)
	c.Timings.Term, c.Timings.Kill = time.Minute, time.Minute
	p := start(t, c)
	p.Thaw()
	for unix.Waitid(unix.P_PID, p.PID(), nil, unix.WSTOPPED|unix.WNOWAIT, nil) == unix.EINTR {
		continue
	}
	signals := make(chan os.Signal, 1)
	signals <- syscall.SIGINT
	if r := p.Wait(context.Background(), signals); r.ExitCode != 4 || r.Cancelled != "SIGINT" {
		t.Errorf("%+v", r)
	}
}

// A long step with many short orphans does not fill the process table; the
// first look only marks them, so that nobody else's child is taken away.
func TestReapsOrphans(t *testing.T) {
	in, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out := newBuffer()
	c := sh("(true & true & true &); echo up; read x")
	c.Stdin, c.Stdout = in, out
	p := start(t, c)
	p.Thaw()
	out.await(t, "up")
	dead := func() (n int) {
		for _, st := range p.family.adopted(p.child, p.where) {
			if st.state == 'Z' {
				n++
			}
		}
		return n
	}
	for limit := time.Now().Add(30 * time.Second); dead() < 3 && time.Now().Before(limit); {
		runtime.Gosched()
	}
	if n := dead(); n != 3 {
		t.Errorf("%d orphans have been adopted, want 3", n)
	}
	p.family.reap(p.child, p.where)
	if n := dead(); n != 3 {
		t.Errorf("%d are left after the first look, want 3", n)
	}
	p.family.reap(p.child, p.where)
	if n := dead(); n != 0 {
		t.Errorf("%d are left after the second look", n)
	}
	io.WriteString(w, "go\n")
	w.Close()
	if r := p.Wait(context.Background(), nil); r.ExitCode != 0 || len(r.Survivors) != 0 {
		t.Errorf("%+v", r)
	}
}

func TestParseStat(t *testing.T) {
	me, err := readStat(os.Getpid())
	if err != nil || me.pid != os.Getpid() || me.ppid != os.Getppid() || me.start == 0 || !me.alive() {
		t.Errorf("%+v, %v", me, err)
	}
	st, err := parseStat("7 (a) R 1 (b) Z 5 6 0 0 0 4 0 0 0 0 0 0 0 0 0 0 1 0 99 0")
	if err != nil || st.comm != "a) R 1 (b" || st.ppid != 5 || st.pgrp != 6 || st.state != 'Z' || st.start != 99 || st.flags != 4 || st.alive() {
		t.Errorf("%+v, %v", st, err)
	}
}

func FuzzParseStat(f *testing.F) {
	b, _ := os.ReadFile("/proc/self/stat")
	f.Add(string(b))
	f.Add("1 (") // no end of the name
	f.Add(")(")
	f.Fuzz(func(t *testing.T, line string) {
		if st, err := parseStat(line); err == nil && st.state == 0 {
			t.Errorf("%q: %+v", line, st)
		}
	})
}
