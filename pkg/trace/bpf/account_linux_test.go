//go:build amd64 || arm64

package bpf

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/org/cilock-action/pkg/trace"
)

// class finds the counts of one class.
func classOf(t *testing.T, a trace.Account, name string) trace.Class {
	t.Helper()
	i := slices.IndexFunc(a.Classes, func(c trace.Class) bool { return c.Name == name })
	if i < 0 {
		t.Fatalf("no class %s in %+v", name, a)
	}
	return a.Classes[i]
}

// TestLossIsCounted fills a ring that nobody empties.
func TestLossIsCounted(t *testing.T) {
	dir := folder(t)
	w, k := freeze(t, trick(t, "opens", dir, "2000")...), &keep{}
	release := make(chan bool)
	s := arm(t, trace.Options{PID: w.cmd.Process.Pid, RingBytes: 64 << 10, Handler: trace.HandlerFunc(func(m trace.Message) {
		<-release
		k.Handle(m)
	})})
	w.thaw(t)
	close(release)
	account := stop(t, s)
	file := classOf(t, account, "file")
	if file.Lost == 0 || file.Received == 0 || file.Attempted < 2000 {
		t.Errorf("2000 files in a ring for a few hundred: %+v", file)
	}
	files := len(pick(k.all, trace.Open)) + len(pick(k.all, trace.File))
	if uint64(files) != file.Received {
		t.Errorf("%d messages were delivered, and %d are counted", files, file.Received)
	}
	if process := classOf(t, account, "process"); process.Lost != 0 || len(account.Survivors) != 0 {
		t.Errorf("the flood of files cost %+v, survivors %v", process, account.Survivors)
	}
}

func TestRepetitionIsCounted(t *testing.T) {
	dir := folder(t)
	all, account := record(t, trick(t, "again", dir+"/f")...)
	opens := 0
	for _, m := range pick(all, trace.Open) {
		if m.Path == dir+"/f" {
			opens++
		}
	}
	if file := classOf(t, account, "file"); opens != 1 || file.Deduplicated < 999 {
		t.Errorf("1000 opens of one file make %d messages; %+v", opens, file)
	}
	// Another name of the same object is news.
	all, _ = record(t, "sh", "-c", "cd "+dir+"; for i in 1 2 3; do : <f; : <./../"+filepath.Base(dir)+"/f; done")
	opens = 0
	for _, m := range pick(all, trace.Open) {
		if m.Path == dir+"/f" {
			opens++
		}
	}
	if opens != 2 {
		t.Errorf("three opens by each of two names make %d messages instead of 2", opens)
	}
}

func TestNothingIsLeftBehind(t *testing.T) {
	count := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		maps, err := os.ReadFile("/proc/self/maps")
		if err != nil {
			t.Fatal(err)
		}
		return len(entries) + strings.Count(string(maps), "bpf-map")
	}
	watch := func() { t.Run("watch", func(t *testing.T) { record(t, "true") }) }
	watch() // what the packages keep
	before := count()
	watch()
	watch()
	if _, err := Probe(); err != nil {
		t.Fatal(err)
	}
	if after := count(); after != before {
		t.Errorf("%d descriptors and mappings before, %d after", before, after)
	}
}

func TestDescription(t *testing.T) {
	d, err := Probe()
	if errors.Is(err, errors.ErrUnsupported) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, how := range []string{"tp_btf/sched_process_fork", "tp_btf/sched_process_exec", "tp_btf/sched_process_exit", "tp_btf/sys_exit"} {
		if !slices.ContainsFunc(d.Hooks, func(h trace.Hook) bool { return h.How == how }) {
			t.Errorf("no hook %s in %+v", how, d)
		}
	}
}

// TestStopIsBounded has a handler that never returns.
func TestStopIsBounded(t *testing.T) {
	w, release := freeze(t, "true"), make(chan bool)
	s := arm(t, trace.Options{PID: w.cmd.Process.Pid, Handler: trace.HandlerFunc(func(trace.Message) { <-release })})
	w.thaw(t)
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	if account := s.Stop(ctx); len(account.Gaps) == 0 {
		t.Error("what was not read is no gap")
	}
	close(release)
	<-s.(*sensor).done
	if err := s.(*sensor).close(); err != nil {
		t.Error(err)
	}
}
