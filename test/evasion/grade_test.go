package main

import (
	"testing"

	"github.com/org/cilock-action/pkg/trace"
)

func testScene() *scene {
	return &scene{
		dir: "/d", tricks: "/t", variant: "exit",
		inodes: map[string]fileID{"secret": {dev: 1, ino: 7}}, facts: map[string]string{"pid": "5", "port": "99"},
	}
}

// TestGrade: the best message decides, and a message that is another event
// decides nothing.
func TestGrade(t *testing.T) {
	open := func(path string, x trace.Marks) trace.Message {
		return trace.Message{Kind: trace.Open, PID: 5, Path: path, Marks: x, Access: trace.Read}
	}
	ring := trace.Message{Kind: trace.Syscall, Op: "io_uring_setup"}
	secret := Want{Is: opened("secret"), Said: saidOpened("link"), Calls: []string{"io_uring_setup"}}
	failed := open("/d/secret", 0)
	failed.Errno = 13
	for _, c := range []struct {
		name     string
		want     Want
		messages []trace.Message
		grade    Grade
	}{
		{"nothing", secret, nil, Missed},
		{"another file", secret, []trace.Message{open("/d/decoy", 0)}, Missed},
		{"an open that failed", secret, []trace.Message{failed}, Missed},
		{"the call", secret, []trace.Message{ring}, Call},
		{"the program's word", secret, []trace.Message{ring, open("/d/link", trace.StringOnly)}, Said},
		{"its word as if it were the truth", secret, []trace.Message{open("/d/link", 0)}, Missed},
		{"the object", secret, []trace.Message{open("/d/link", trace.StringOnly), open("/d/secret", 0)}, Object},
		{"the right string", secret, []trace.Message{open("/d/secret", trace.StringOnly)}, Said},
		{"too few", Want{Is: opened("secret"), Times: 3}, []trace.Message{open("/d/secret", 0), open("/d/secret", 0)}, Missed},
		{"a message for three", Want{Is: opened("secret"), Times: 3}, []trace.Message{{Kind: trace.Open, Path: "/d/secret", Count: 2}}, Object},
		{"an inode", Want{Is: openedInode("secret")}, []trace.Message{{Kind: trace.Open, Path: "/x", Dev: 1, Ino: 7}}, Object},
		{"an inode of another device", Want{Is: openedInode("secret")}, []trace.Message{{Kind: trace.Open, Path: "/x", Dev: 2, Ino: 7}}, Missed},
		{"another process", Want{Is: opened("secret").by("nobody")}, []trace.Message{open("/d/secret", 0)}, Missed},
		{"a path without the mark", Want{Is: openedInode("secret").honest()}, []trace.Message{{Kind: trace.Open, Path: "/x", Dev: 1, Ino: 7}}, Missed},
		{"a call", Want{Is: called("ptrace").at("{pid}")}, []trace.Message{{Kind: trace.Syscall, Op: "ptrace", Target: "5"}}, Call},
		{
			"a port",
			Want{Is: reached("send|connect", "inet", "udp", "127.0.0.1", "{port}")},
			[]trace.Message{{Kind: trace.Net, Op: "send", Family: "inet", Protocol: "udp", Address: "127.0.0.1", Port: 99}},
			Object,
		},
	} {
		if got := grade(c.want, c.messages, testScene()); got.Grade != c.grade {
			t.Errorf("%s: %s, expected %s", c.name, got.Grade, c.grade)
		}
	}
}

// TestGradeRace: what was not reported and what was reported wrong both count,
// up to what the variant is allowed.
func TestGradeRace(t *testing.T) {
	s := testScene()
	s.truth = []string{"a-0", "a-1", "b-2", "a-3"}
	open := func(name, said string, x trace.Marks) trace.Message {
		return trace.Message{Kind: trace.Open, Path: "/d/" + name, Name: said, Marks: x}
	}
	all := []trace.Message{open("a-0", "", 0), open("a-1", "", 0), open("b-2", "", 0), open("a-3", "", 0), open("secret", "", 0)}
	contested := append(all[:3:3], trace.Message{Kind: trace.Open, Path: "/dev/null", Name: "a-3", Marks: trace.Contested})
	for _, c := range []struct {
		name     string
		messages []trace.Message
		slack    int
		grade    Grade
	}{
		{"all of it", all, 0, Object},
		{"one missing", all[:3], 0, Said},
		{"one missing, which is allowed", all[:3], 250, Object},
		{"one that was not opened", append(all[:4:4], open("a-2", "", 0)), 0, Said},
		{"one contested", contested, 0, Object},
		{"one by its string", append(all[:3:3], open("a-3", "", trace.StringOnly)), 0, Said},
		{"hardly any", all[:1], 0, Missed},
		{"nothing", nil, 1000, Missed},
	} {
		w := Want{Is: kind(trace.Open), Truth: true, Slack: Slack{Exit: c.slack}}
		if got := grade(w, c.messages, s); got.Grade != c.grade {
			t.Errorf("%s: %s, expected %s (%s)", c.name, got.Grade, c.grade, got.Note)
		}
	}
	s.truth = nil
	if got := grade(Want{Is: kind(trace.Open), Truth: true}, all, s); got.Grade != Missed {
		t.Errorf("a race that opened nothing is graded %s", got.Grade)
	}
}

// TestEveryWantIsExpected: an event that nobody expects to be seen by anyone
// must say with which limit, and names are not used twice.
func TestEveryWantIsExpected(t *testing.T) {
	names := map[string]bool{}
	for _, trick := range table() {
		if names[trick.Name] || trick.Does == "" || len(trick.Wants) == 0 {
			t.Errorf("%s: there twice, without a description, or expecting nothing", trick.Name)
		}
		names[trick.Name] = true
		for _, w := range trick.Wants {
			if w.Is == nil || w.What == "" {
				t.Errorf("%s: %q matches nothing", trick.Name, w.What)
			}
			if w.Grades == (Grades{}) && w.Limit == "" {
				t.Errorf("%s: %s: missed by all, and no limit says so", trick.Name, w.What)
			}
		}
	}
}
