//go:build linux && (amd64 || arm64)

package ptrace

import (
	"fmt"
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/trace"
	"golang.org/x/sys/unix"
)

func TestNetwork(t *testing.T) {
	r, dir := in(t, program(t, "sockets"))
	r.sound(t)
	if !r.state.Success() {
		t.Fatal(r.state, r.out)
	}
	port := strings.TrimSpace(r.out)
	var got []string
	for _, m := range r.find(trace.Net) {
		text := fmt.Sprintf("%s %s %s %s %d", m.Op, m.Family, m.Protocol, m.Address, m.Port)
		if m.Count > 0 {
			text += fmt.Sprintf(" +%d", m.Count)
		}
		switch unix.Errno(m.Errno) {
		case 0, unix.EINPROGRESS, unix.ECONNREFUSED, unix.EADDRNOTAVAIL, unix.ENETUNREACH:
		default:
			text += " " + unix.Errno(m.Errno).Error()
		}
		if m.Op == "accept" && m.Port > 1024 {
			text = fmt.Sprintf("%s %s %s %s", m.Op, m.Family, m.Protocol, m.Address)
		}
		got = append(got, text)
	}
	want := []string{
		"bind inet tcp 127.0.0.1 0",
		"listen inet tcp 127.0.0.1 " + port,
		"connect inet tcp 127.0.0.1 " + port,
		"accept inet tcp 127.0.0.1",
		"connect inet tcp 127.0.0.1 1",
		"connect inet  127.0.0.1 1 bad file descriptor",
		"send inet udp 127.0.0.1 5301",
		"send inet udp 127.0.0.1 5302",
		"send inet udp 127.0.0.1 5303 +1",
		"send inet udp 127.0.0.1 5304",
		"connect inet udp 127.0.0.1 5304",
		"connect inet6 tcp ::1 9",
		"connect inet tcp 127.0.0.1 2",
		"bind unix  " + dir + "/sock 0",
		"connect unix  @name 0",
		"connect netlink  0 0",
	}
	for i := range max(len(got), len(want)) {
		g, w := append(got, "none")[min(i, len(got))], append(want, "none")[min(i, len(want))]
		if g != w {
			t.Errorf("call %d: got %q, want %q", i, g, w)
		}
	}
}
