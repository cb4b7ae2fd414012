//go:build amd64 || arm64

package bpf

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/trace"
)

// withoutCgroup records one of netChildren where no program could be attached to
// a cgroup.
func withoutCgroup(t *testing.T, args ...string) ([]trace.Message, trace.Description) {
	t.Helper()
	w, k := freeze(t, trick(t, args[0], args[1:]...)...), &keep{}
	s, err := load(trace.Options{PID: w.cmd.Process.Pid, Handler: k})
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range netPlaces() {
		if at.inCgroup() {
			s.net.checks = slices.DeleteFunc(s.net.checks, func(c check) bool { return c.hook == at.how })
			if err := s.net.remove(at.how, "the test wants it so"); err != nil {
				t.Error(err)
			}
		}
	}
	if err := s.arm(context.Background(), w.cmd.Process.Pid); err != nil {
		t.Fatal(err)
	}
	w.thaw(t)
	d := s.Describe()
	stop(t, s)
	return k.all, d
}

func TestWithoutCgroup(t *testing.T) {
	four, six := listen(t, "tcp4", "127.0.0.1:0"), listen(t, "tcp6", "[::1]:0")
	shut := closed(t, "tcp4", "127.0.0.1:0")
	at := filepath.Join(t.TempDir(), "s")
	listen(t, "unix", at)
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"connect", "tcp", four.String()}, fmt.Sprintf("connect inet tcp 127.0.0.1 %d", four.Port())},
		{[]string{"connect", "tcp", six.String()}, fmt.Sprintf("connect inet6 tcp ::1 %d", six.Port())},
		{[]string{"connect", "mapped", four.String()}, fmt.Sprintf("connect inet tcp 127.0.0.1 %d", four.Port())},
		{[]string{"connect", "tcp", shut.String()}, fmt.Sprintf("connect inet tcp 127.0.0.1 %d ECONNREFUSED (string)", shut.Port())},
		{[]string{"connect", "udp", "[::1]:4242"}, "connect inet6 udp ::1 4242"},
		{[]string{"sendto", "127.0.0.1:4242"}, "send inet udp 127.0.0.1 4242 (string)"},
		{[]string{"sendmsg", "[::1]:4242"}, "send inet6 udp ::1 4242 (string)"},
		{[]string{"sendmmsg", "127.0.0.1:4242", "127.0.0.2:4243"}, "send inet udp 127.0.0.1 4242 (string)"},
		{[]string{"raw", "127.0.0.3"}, "send inet icmp 127.0.0.3 0 (string)"},
		{[]string{"raw", "127.0.0.3"}, "socket inet icmp  0"},
		{[]string{"unix", "/", at}, "connect unix  " + at + " 0"},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			got, d := withoutCgroup(t, c.args...)
			expect(t, got, c.want)
			told := slices.ContainsFunc(d.Hooks, func(h trace.Hook) bool {
				return h.How == howNetExit && strings.Contains(h.Reason, "cgroup/connect4")
			})
			if !told || !slices.ContainsFunc(d.Limits, func(l string) bool { return strings.HasPrefix(l, "cgroup_skb/egress is not used") }) {
				t.Errorf("it is not said: %+v", d)
			}
		})
	}
}

// TestFlood fills the ring with destinations while nobody reads it: some of
// them are lost, and counted; starts and ends of processes are not.
func TestFlood(t *testing.T) {
	const ports = 60000
	flood := trick(t, "flood", "127.0.0.1", fmt.Sprint(ports))
	w, k, ended := freeze(t, append([]string{"sh", "-c", `"$@"; /bin/true; exit 3`, "sh"}, flood...)...), &keep{}, make(chan bool)
	s := arm(t, trace.Options{PID: w.cmd.Process.Pid, Handler: trace.HandlerFunc(func(m trace.Message) {
		if m.Kind == trace.Net {
			<-ended
		}
		k.Handle(m)
	})})
	w.thaw(t)
	close(ended)
	for _, c := range stop(t, s).Classes {
		switch {
		case c.Name == "process" && c.Lost != 0, c.Name == "network" && (c.Lost == 0 || c.Attempted < ports):
			t.Errorf("%+v", c)
		}
	}
	if forks, exits := pick(k.all, trace.Fork), pick(k.all, trace.Exit); len(forks) != 3 || len(exits) != 3 {
		t.Errorf("%d started, %d ended, want 3 each", len(forks), len(exits))
	}
}

func TestCgroupMount(t *testing.T) {
	const v1 = "31 30 0:28 / /sys/fs/cgroup/cpu rw,relatime shared:9 - cgroup cgroup rw,cpu\n"
	for _, c := range []struct{ name, mounts, want string }{
		{"unified", "25 22 0:23 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw,nsdelegate\n", "/sys/fs/cgroup"},
		{"hybrid", v1 + "40 30 0:37 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n", "/sys/fs/cgroup/unified"},
		{"the whole before a part", "1 2 0:3 /part /a rw - cgroup2 none rw\n4 2 0:3 / /b rw - cgroup2 none rw\n", "/b"},
		{"a part alone", "1 2 0:3 /part /a rw - cgroup2 none rw\n", "/a"},
		{"a space", "1 2 0:3 / /a\\040b\\134 rw - cgroup2 none rw\n", `/a b\`},
		{"none", v1, ""},
		{"nonsense", "x - cgroup2 x\n\n - cgroup2 \n", ""},
	} {
		got, err := cgroupMount(strings.NewReader(c.mounts))
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s: %q, %v", c.name, got, err)
		}
	}
}
