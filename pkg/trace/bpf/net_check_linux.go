//go:build amd64 || arm64

package bpf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"
)

// netChecks make the hooks of the network fire, within the loopback device: no
// packet leaves the machine, and none goes to a port that somebody else has.
// Where the machine has no IPv6, or we no right to a raw socket, there is
// nothing to prove with, and those hooks stay. So does cgroup/connect_unix: the
// self-test's own connect would be left to the end of the call.
func netChecks() []check {
	var raw, six error
	optional := func(hook string, act func() error, shows func(head, []byte) bool) check {
		return check{hook: hook, act: act, shows: shows, optional: true}
	}
	done := func() error { return nil }
	return []check{
		optional("cgroup/sock_create", outcome(&raw, rawSocket), unless(&raw, isNet(netSocket, unix.AF_INET))),
		optional("cgroup/connect4", func() error { return exchange(unix.AF_INET) }, isNet(netConnect, unix.AF_INET)),
		optional("cgroup/sendmsg4", done, isNet(netSend, unix.AF_INET)),
		optional("cgroup/post_bind4", done, isNet(netBind, unix.AF_INET)),
		optional("cgroup_skb/egress", done, isPiece(0)),
		optional("cgroup_skb/ingress", done, isPiece(pieceInbound)),
		optional("cgroup/connect6", outcome(&six, func() error { return exchange(unix.AF_INET6) }), unless(&six, isNet(netConnect, unix.AF_INET6))),
		optional("cgroup/sendmsg6", done, unless(&six, isNet(netSend, unix.AF_INET6))),
		optional("cgroup/post_bind6", done, unless(&six, isNet(netBind, unix.AF_INET6))),
		optional("tp_btf/inet_sock_set_state", refused, func(h head, _ []byte) bool {
			return h.kind == kindNet && h.errno == int(unix.ECONNREFUSED)
		}),
		optional(howNetExit, listenLocally, func(h head, _ []byte) bool { return h.kind == kindNetUnix && h.aux == netListen }),
	}
}

// outcome remembers how act ended.
func outcome(err *error, act func() error) func() error {
	return func() error {
		*err = act()
		return *err
	}
}

// unless takes anything for a proof where the act was not possible.
func unless(err *error, shows func(head, []byte) bool) func(head, []byte) bool {
	return func(h head, body []byte) bool { return *err != nil || shows(h, body) }
}

func isNet(op uint32, family uint16) func(head, []byte) bool {
	return func(h head, body []byte) bool {
		return h.kind == kindNet && h.aux == op && len(body) >= netSize && binary.NativeEndian.Uint16(body[4:]) == family
	}
}

func isPiece(direction uint16) func(head, []byte) bool {
	return func(h head, body []byte) bool {
		return h.kind == kindPiece && len(body) >= pieceSize && binary.NativeEndian.Uint16(body[50:])&pieceInbound == direction
	}
}

func rawSocket() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_ICMP)
	if err != nil {
		return fmt.Errorf("make a raw socket: %w", err)
	}
	return unix.Close(fd)
}

// loopback is the address of the loopback device with a port.
func loopback(family, port int) unix.Sockaddr {
	if family == unix.AF_INET6 {
		return &unix.SockaddrInet6{Addr: [16]byte{15: 1}, Port: port}
	}
	return &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: port}
}

// bound makes a socket with a port of its own on the loopback device, and
// returns its address too.
func bound(family, kind int) (int, unix.Sockaddr, error) {
	fd, err := unix.Socket(family, kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return -1, nil, fmt.Errorf("make a socket: %w", err)
	}
	err = unix.Bind(fd, loopback(family, 0))
	if err == nil {
		var at unix.Sockaddr
		if at, err = unix.Getsockname(fd); err == nil {
			return fd, at, nil
		}
	}
	return -1, nil, errors.Join(fmt.Errorf("bind a socket: %w", err), unix.Close(fd))
}

// exchange sends a datagram between two sockets of ours, each way. One of them
// was connected to the port of DNS before, so that it counts as such.
func exchange(family int) error {
	a, atA, err := bound(family, unix.SOCK_DGRAM)
	if err != nil {
		return err
	}
	defer unix.Close(a)
	b, atB, err := bound(family, unix.SOCK_DGRAM)
	if err != nil {
		return err
	}
	defer unix.Close(b)
	for _, step := range []func() error{
		func() error { return unix.Connect(a, loopback(family, 53)) },
		func() error { return unix.Connect(a, atB) },
		func() error { return unix.Sendto(b, []byte{0}, 0, atA) },
		func() error { return unix.Send(a, []byte{0}, 0) },
	} {
		if err := step(); err != nil {
			return fmt.Errorf("send to ourselves: %w", err)
		}
	}
	return nil
}

// refused connects to a port that is ours and that nobody listens on.
func refused() error {
	a, at, err := bound(unix.AF_INET, unix.SOCK_STREAM)
	if err != nil {
		return err
	}
	defer unix.Close(a)
	b, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return fmt.Errorf("make a socket: %w", err)
	}
	defer unix.Close(b)
	if err := unix.Connect(b, at); err != nil && !slices.Contains([]error{unix.EINPROGRESS, unix.ECONNREFUSED}, err) {
		return fmt.Errorf("connect to ourselves: %w", err)
	}
	return nil
}

// listenLocally listens on a local socket that the kernel names.
func listenLocally() error {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("make a local socket: %w", err)
	}
	defer unix.Close(fd)
	if err := unix.Bind(fd, &unix.SockaddrUnix{}); err != nil {
		return fmt.Errorf("bind a local socket: %w", err)
	}
	if err := unix.Listen(fd, 1); err != nil {
		return fmt.Errorf("listen on a local socket: %w", err)
	}
	return nil
}
