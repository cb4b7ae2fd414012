//go:build amd64 || arm64

package bpf

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/cilium/ebpf/btf"

	"github.com/org/cilock-action/pkg/trace"
)

// child records one of netChildren and returns what it did to the network.
func child(t testing.TB, args ...string) []trace.Message {
	t.Helper()
	all, account := record(t, trick(t, args[0], args[1:]...)...)
	if last := all[len(all)-1]; last.Kind != trace.Exit || last.Code != 0 {
		t.Errorf("%q ended with %+v", args, last)
	}
	for _, c := range account.Classes {
		if c.Name == "network" && c.Received == 0 && c.Lost == 0 {
			t.Errorf("nothing received: %+v", c)
		}
	}
	var some []trace.Message
	for _, m := range all {
		if m.Kind == trace.Net || m.Kind == trace.Name {
			if m.PID != all[0].PID || m.Time < all[0].Time {
				t.Errorf("pid %d, time %d: %+v", all[0].PID, all[0].Time, m)
			}
			some = append(some, m)
		}
	}
	return some
}

// line shows a message of kind Net in one line.
func line(m trace.Message) string {
	s := fmt.Sprintf("%s %s %s %s %d", m.Op, m.Family, m.Protocol, m.Address, m.Port)
	if m.Errno != 0 {
		s += " " + unix.ErrnoName(unix.Errno(m.Errno))
	}
	if m.Name != "" {
		s += " as " + m.Name
	}
	if m.Marks&trace.StringOnly != 0 {
		s += " (string)"
	}
	return s
}

// expect checks that each line is there, once.
func expect(t *testing.T, got []trace.Message, want ...string) {
	t.Helper()
	count := make(map[string]int)
	for _, m := range got {
		if m.Kind == trace.Net {
			count[line(m)]++
		}
	}
	for _, w := range want {
		if count[w] != 1 {
			t.Errorf("%d times %q in %v", count[w], w, count)
		}
	}
}

// listen opens a listener that takes every connection and reads it to its end.
func listen(t testing.TB, network, at string) netip.AddrPort {
	t.Helper()
	l, err := net.Listen(network, at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				buf := make([]byte, 1<<20)
				for {
					if _, err := c.Read(buf); err != nil {
						return
					}
					if network == "tcp4" || network == "tcp6" {
						if _, err := c.Write([]byte{1}); err != nil {
							return
						}
					}
				}
			}()
		}
	}()
	if network == "unix" {
		return netip.AddrPort{}
	}
	return netip.MustParseAddrPort(l.Addr().String())
}

// closed is an address of TCP where nobody listens.
func closed(t testing.TB, network, at string) netip.AddrPort {
	l, err := net.Listen(network, at)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return netip.MustParseAddrPort(l.Addr().String())
}

func TestDestinations(t *testing.T) {
	four, six := listen(t, "tcp4", "127.0.0.1:0"), listen(t, "tcp6", "[::1]:0")
	shut, shut6 := closed(t, "tcp4", "127.0.0.1:0"), closed(t, "tcp6", "[::1]:0")
	for _, c := range []struct {
		name string
		args []string
		want []string
	}{
		{"tcp", []string{"connect", "tcp", four.String()}, []string{fmt.Sprintf("connect inet tcp 127.0.0.1 %d", four.Port())}},
		{"tcp6", []string{"connect", "tcp", six.String()}, []string{fmt.Sprintf("connect inet6 tcp ::1 %d", six.Port())}},
		{"v4-mapped", []string{"connect", "mapped", four.String()}, []string{fmt.Sprintf("connect inet tcp 127.0.0.1 %d", four.Port())}},
		{"mptcp", []string{"mptcp", four.String()}, []string{fmt.Sprintf("connect inet tcp 127.0.0.1 %d", four.Port())}},
		{"fast open", []string{"fastopen", four.String()}, []string{fmt.Sprintf("connect inet tcp 127.0.0.1 %d", four.Port())}},
		{"udp", []string{"connect", "udp", "127.0.0.1:4242"}, []string{"connect inet udp 127.0.0.1 4242"}},
		{"udp6", []string{"connect", "udp", "[::1]:4242"}, []string{"connect inet6 udp ::1 4242"}},
		{"sendto", []string{"sendto", "127.0.0.1:4242"}, []string{"send inet udp 127.0.0.1 4242"}},
		{"sendto6", []string{"sendto", "[::1]:4242"}, []string{"send inet6 udp ::1 4242"}},
		{"sendto v4-mapped", []string{"sendto", "127.0.0.1:4242", "mapped"}, []string{"send inet udp 127.0.0.1 4242"}},
		{"sendmsg", []string{"sendmsg", "127.0.0.1:4242"}, []string{"send inet udp 127.0.0.1 4242"}},
		{"sendmsg6", []string{"sendmsg", "[::1]:4242"}, []string{"send inet6 udp ::1 4242"}},
		{"sendmmsg", []string{"sendmmsg", "127.0.0.1:4242", "127.0.0.2:4243"}, []string{"send inet udp 127.0.0.1 4242", "send inet udp 127.0.0.2 4243"}},
		{"raw", []string{"raw", "127.0.0.3"}, []string{"socket inet icmp  0", "send inet icmp 127.0.0.3 0"}},
		{"uring", []string{"uring-connect", "inline", "inet", four.String()}, []string{fmt.Sprintf("connect inet tcp 127.0.0.1 %d", four.Port())}},
		{"uring async", []string{"uring-connect", "async", "inet", six.String()}, []string{fmt.Sprintf("connect inet6 tcp ::1 %d", six.Port())}},
		{"refused", []string{"connect", "tcp", shut.String()}, []string{
			fmt.Sprintf("connect inet tcp 127.0.0.1 %d", shut.Port()), fmt.Sprintf("connect inet tcp 127.0.0.1 %d ECONNREFUSED", shut.Port()),
		}},
		{"refused later", []string{"nonblocking", shut6.String()}, []string{fmt.Sprintf("connect inet6 tcp ::1 %d ECONNREFUSED", shut6.Port())}},
		{"no route", []string{"connect", "tcp", "255.255.255.255:9"}, []string{"connect inet tcp 255.255.255.255 9 ENETUNREACH"}},
	} {
		t.Run(c.name, func(t *testing.T) { expect(t, child(t, c.args...), c.want...) })
	}
}

// TestPing needs a group that may ping without being root.
func TestPing(t *testing.T) {
	const groups = "/proc/sys/net/ipv4/ping_group_range"
	before, err := os.ReadFile(groups)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(groups, []byte("0 0"), 0o644); err != nil {
		t.Fatal(err)
	}
	defer os.WriteFile(groups, before, 0o644)
	expect(t, child(t, "ping", "127.0.0.4"), "send inet icmp 127.0.0.4 0")
}

func TestPlaces(t *testing.T) {
	for _, c := range []struct{ name, at, family, address string }{
		{"inet", "127.0.0.1:0", "inet", "127.0.0.1"},
		{"inet6", "[::1]:0", "inet6", "::1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := child(t, "listen", c.at)
			port := 0
			for _, m := range got {
				if m.Op == "listen" {
					port = m.Port
				}
			}
			at := fmt.Sprintf("%s tcp %s %d", c.family, c.address, port)
			expect(t, got, "bind "+at, "listen "+at, "connect "+at, "accept "+at)
			if port == 0 {
				t.Error("no port")
			}
		})
	}
	got := child(t, "bind-udp", "127.0.0.1:0")
	if len(got) != 1 || got[0].Op != "bind" || got[0].Protocol != "udp" || got[0].Port == 0 {
		t.Errorf("%+v", got)
	}
}

// TestLocalSockets reaches sockets by names that are not theirs.
func TestLocalSockets(t *testing.T) {
	dir := t.TempDir()
	at := filepath.Join(dir, "s")
	listen(t, "unix", at)
	listen(t, "unix", "@cilock-test")
	if err := os.Symlink("s", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	datagrams := filepath.Join(dir, "d")
	d, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: datagrams, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	expect(t, child(t, "unix", "/", at), "connect unix  "+at+" 0")
	expect(t, child(t, "unix", dir, "s"), "connect unix  "+at+" 0 as s")
	expect(t, child(t, "unix", dir, "./link"), "connect unix  "+at+" 0 as ./link")
	expect(t, child(t, "unix", "/", "@cilock-test"), "connect unix  @cilock-test 0")
	expect(t, child(t, "unix", dir, "none"), "connect unix  none 0 ENOENT (string)")
	expect(t, child(t, "unix-dgram", datagrams), "send unix  "+datagrams+" 0 (string)")
	if hasLocalHooks(btf.NewCache()) { // else io_uring's connects to local sockets are not seen
		expect(t, child(t, "uring-connect", "inline", "unix", at), "connect unix  "+at+" 0 (string)")
		expect(t, child(t, "uring-connect", "async", "unix", at), "connect unix  "+at+" 0 (string)")
	}

	own := filepath.Join(dir, "own")
	expect(t, child(t, "unix-listen", own), "bind unix  "+own+" 0 as own", "listen unix  "+own+" 0", "accept unix  "+own+" 0")
}

func TestOtherFamilies(t *testing.T) {
	got := child(t, "families")
	want := []string{"socket netlink 0  0", "socket packet 3  0"}
	if fd, err := unix.Socket(unix.AF_VSOCK, unix.SOCK_STREAM, 0); err == nil { // which is a module
		unix.Close(fd)
		want = append(want, "socket vsock   0")
	}
	expect(t, got, want...)
	for _, m := range got {
		if m.Family == "vsock" && m.Op == "connect" && (m.Address != "77" || m.Port != 1024) {
			t.Errorf("%+v", m)
		}
	}
}

// TestNetHooks says what this kernel does not do, which is nothing from 6.7 on.
func TestNetHooks(t *testing.T) {
	d, err := Probe()
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range d.Hooks {
		if h.Reason != "" && hasLocalHooks(btf.NewCache()) && strings.HasPrefix(h.Reason, "in place of") {
			t.Errorf("%+v", h)
		}
		t.Logf("%s: %s %s", h.Name, h.How, h.Reason)
	}
	for _, l := range d.Limits {
		if strings.Contains(l, "is not used") && (hasLocalHooks(btf.NewCache()) || !strings.Contains(l, "_unix is not used")) {
			t.Error(l)
		}
	}
}
