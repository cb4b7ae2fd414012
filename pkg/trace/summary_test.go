package trace

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
)

func summaryOf(messages ...Message) *Summary {
	s := NewSummary(SummaryBounds{})
	for _, m := range messages {
		s.Handle(m)
	}
	return s
}

// line is one process as a test reads it.
func (s *Summary) lines() (out []string) {
	for _, p := range s.Processes() {
		text := strconv.Itoa(p.PID) + "<" + strconv.Itoa(p.Parent) + " " + p.Program + " " + strings.Join(p.Args, ",")
		for _, f := range s.Files(p) {
			text += " " + f.Path + ":" + strconv.Itoa(int(f.Access))
			if f.Count > 0 {
				text += "*" + strconv.Itoa(f.Count+1)
			}
		}
		if p.Exited {
			text += " exit" + strconv.Itoa(p.Code)
		}
		out = append(out, text)
	}
	return out
}

func TestOneImageForEachExec(t *testing.T) {
	got := summaryOf(
		Message{Kind: Fork, PID: 10, Parent: 1},
		Message{Kind: Exec, PID: 10, Path: "/bin/sh", Args: []string{"sh"}},
		Message{Kind: Open, PID: 10, Path: "/etc/a", Access: Read},
		Message{Kind: Fork, PID: 11, Parent: 10},
		Message{Kind: Exec, PID: 11, Path: "/bin/cat", Args: []string{"cat"}},
		Message{Kind: Fork, PID: 12, Parent: 10},
		Message{Kind: Open, PID: 12, Path: "/etc/b", Access: Read},
		Message{Kind: Exec, PID: 12, Path: "/bin/env"},
		Message{Kind: Exec, PID: 12, Path: "/bin/node"},
		Message{Kind: Exit, PID: 12, Code: 3},
	).lines()
	want := []string{
		"10<1 /bin/sh sh /bin/sh:128 /etc/a:1",
		"11<10 /bin/cat cat /bin/cat:128",
		"12<10 /bin/sh sh /etc/b:1", // forked, and looked at a file as the shell
		"12<10 /bin/env  /bin/env:128",
		"12<10 /bin/node  /bin/node:128 exit3",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// A PID that is used again is another process.
func TestReusedPID(t *testing.T) {
	s := summaryOf(
		Message{Kind: Fork, PID: 7, Parent: 1}, Message{Kind: Exit, PID: 7},
		Message{Kind: Fork, PID: 7, Parent: 2}, Message{Kind: Open, PID: 7, Path: "/x"},
	)
	if got := s.lines(); len(got) != 2 || !strings.HasPrefix(got[1], "7<2") {
		t.Errorf("processes %q", got)
	}
}

func TestOpensAreMerged(t *testing.T) {
	s := NewSummary(SummaryBounds{})
	for range 1000 {
		s.Handle(Message{Kind: Open, PID: 1, Path: "/a", Ino: 5, Access: Read})
		s.Handle(Message{Kind: Open, PID: 1, Path: "/a", Ino: 5, Access: Write, Count: 1})
	}
	s.Handle(Message{Kind: Open, PID: 1, Path: "/a", Ino: 6, Access: Read}) // replaced by another file
	s.Handle(Message{Kind: Open, PID: 1, Path: "/b", Errno: 13})
	files := s.Files(s.Processes()[0])
	if len(files) != 3 || files[0].Access != Read|Write || files[0].Count != 2999 || files[2].Errno != 13 {
		t.Errorf("files %+v", files)
	}
	if n := len(s.Processes()[0].opens.list); n > 100 {
		t.Errorf("%d entries are held for three files", n)
	}
}

func TestNamesOfTheProgram(t *testing.T) {
	s := summaryOf(Message{Kind: Open, PID: 4, Path: "/proc/4/environ", Name: "/proc/self/environ"}, Message{Kind: Open, PID: 4, Path: "/proc/9/environ"})
	files := s.Files(s.Processes()[0])
	if len(files) != 2 || files[0].Name != "/proc/self/environ" {
		t.Errorf("files %+v", files)
	}
	if peeks := s.Peeks(s.Processes()[0]); len(peeks) != 1 || peeks[0].Path != "/proc/9/environ" {
		t.Errorf("peeks %+v", peeks)
	}
}

func TestBoundsAreCounted(t *testing.T) {
	s := NewSummary(SummaryBounds{Processes: 2, Opens: 3, Events: 2})
	for i := range 5 {
		s.Handle(Message{Kind: Fork, PID: i + 1})
		s.Handle(Message{Kind: Open, PID: 1, Path: strconv.Itoa(i)})
		s.Handle(Message{Kind: Net, PID: 1, Port: i})
	}
	if s.Dropped["process"] != 3 || s.Dropped["file"] != 2 || s.Dropped["network"] != 3 {
		t.Errorf("dropped %v of %v", s.Dropped, s.Received)
	}
}

// TestOneProcessThatChangesMuch: unpacking an archive, or removing one, is
// nothing that a summary has no room for.
func TestOneProcessThatChangesMuch(t *testing.T) {
	s := NewSummary(SummaryBounds{})
	for i := range 100_000 {
		for _, op := range []string{"chown", "utimes", "unlink"} {
			s.Handle(Message{Kind: File, PID: 1, Op: op, Path: "/src/" + strconv.Itoa(i)})
		}
	}
	if len(s.Dropped) > 0 || len(s.Processes()[0].Changes) != 300_000 {
		t.Errorf("dropped %v", s.Dropped)
	}
}

// TestBytesAreBounded: whatever a step makes long, it is not kept beyond the
// bound, and what is not kept is counted.
func TestBytesAreBounded(t *testing.T) {
	for _, kind := range []Kind{Fork, Exec, Open, File, Net, Name, Syscall, Digest} {
		s := NewSummary(SummaryBounds{Bytes: 1 << 20})
		for i := range 30_000 {
			text := strconv.Itoa(i) + strings.Repeat("x", 1000)
			s.Handle(Message{
				Kind: kind, PID: i + 1, Ino: uint64(i), Path: text, Name: text + "n", Script: text, Cwd: text,
				Target: text, Address: text, Args: []string{text}, Names: []string{text}, Answers: []string{text},
			})
		}
		if s.bytes > 1<<20 || s.Dropped[kind.Class()] == 0 {
			t.Errorf("%s: %d bytes, dropped %v", kind, s.bytes, s.Dropped)
		}
	}
}

// randomMessages are a life that no kernel would let happen.
func randomMessages(r *rand.Rand, n int) (out []Message) {
	kinds := []Kind{Fork, Exec, Exit, Open, Open, Open, Open, File, Net, Name, Syscall, Digest}
	words := []string{"", "/a", "/proc/3/environ", "b c", "<script>", "unshare", "mnt,net", "connect"}
	word := func() string { return words[r.IntN(len(words))] }
	for range n {
		m := Message{Kind: kinds[r.IntN(len(kinds))], PID: 1 + r.IntN(6), Time: int64(1 + r.IntN(1000))}
		switch m.Kind {
		case Fork:
			m.Parent, m.Comm, m.UID = r.IntN(6), word(), uint32(r.IntN(3))
		case Exec:
			m.Path, m.Name, m.Script, m.Args, m.Ino = word(), word(), word(), []string{word(), word()}, uint64(r.IntN(3))
			m.Marks = Marks(r.IntN(256))
		case Exit:
			m.Code, m.Signal = r.IntN(3), r.IntN(3)
		case Open:
			m.Path, m.Name, m.Ino, m.Errno, m.Count = word(), word(), uint64(r.IntN(4)), r.IntN(2), r.IntN(3)
			m.Access, m.Marks = Access(r.IntN(512)), Marks(r.IntN(64))
		case Digest:
			m.Ino, m.SHA256 = uint64(r.IntN(4)), word()
		default:
			m.Op, m.Path, m.Target, m.Address, m.Port, m.Count = word(), word(), word(), word(), r.IntN(2), r.IntN(2)
		}
		out = append(out, m)
	}
	return out
}

// TestReplay: a summary that was written and replayed is the same summary.
func TestReplay(t *testing.T) {
	for seed := range uint64(300) {
		s := summaryOf(randomMessages(rand.New(rand.NewPCG(seed, 1)), 200)...)
		var first, second bytes.Buffer
		if err := s.Write(&first, nil); err != nil {
			t.Fatal(err)
		}
		again := NewSummary(SummaryBounds{})
		if err := Replay(bytes.NewReader(first.Bytes()), again); err != nil {
			t.Fatal(err)
		}
		if err := again.Write(&second, nil); err != nil {
			t.Fatal(err)
		}
		if first.String() != second.String() {
			t.Fatalf("seed %d: written\n%s\nreplayed\n%s", seed, first.String(), second.String())
		}
	}
}

func TestTimes(t *testing.T) {
	s := summaryOf(Message{Kind: Fork, PID: 1, Time: 1e18}, Message{Kind: Exit, PID: 1, Time: 1e18 + 5, Signal: 9})
	p := s.Processes()[0]
	if p.End.Sub(p.Start) != 5*time.Nanosecond || p.Signal != 9 || p.Start.Location() != time.UTC {
		t.Errorf("%+v", p)
	}
}
