//go:build amd64 || arm64

package bpf

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// netChildren are tricks of the network, each alone in a process. Addresses are
// as netip prints them.
func netChildren() map[string]func([]string) error {
	return map[string]func([]string) error{
		"connect":       childConnect,
		"sendto":        childSendto,
		"sendmsg":       childSendmsg,
		"sendmmsg":      childSendmmsg,
		"fastopen":      childFastOpen,
		"mptcp":         func(a []string) error { return connectTo(a[0], unix.SOCK_STREAM, unix.IPPROTO_MPTCP) },
		"nonblocking":   func(a []string) error { return connectTo(a[0], unix.SOCK_STREAM|unix.SOCK_NONBLOCK, 0) },
		"ping":          childPing,
		"raw":           childRaw,
		"listen":        childListen,
		"bind-udp":      childBindUDP,
		"unix":          childUnix,
		"unix-dgram":    childUnixDatagram,
		"unix-listen":   childUnixListen,
		"families":      childFamilies,
		"flood":         childFlood,
		"uring-connect": childUring,
		"tcp-write":     childWrite,
		"new-network":   childNewNetwork,
		"resolve":       childResolve,
		"quic":          childQUIC,
		"bulk":          childBulk,
	}
}

// sockaddr reads an address. With mapped, IPv4 is in its IPv6 form.
func sockaddr(s string, mapped bool) (unix.Sockaddr, int) {
	a := netip.MustParseAddrPort(s)
	if a.Addr().Is4() && !mapped {
		return &unix.SockaddrInet4{Addr: a.Addr().As4(), Port: int(a.Port())}, unix.AF_INET
	}
	return &unix.SockaddrInet6{Addr: a.Addr().As16(), Port: int(a.Port())}, unix.AF_INET6
}

func connectTo(to string, kind, protocol int) error {
	sa, family := sockaddr(to, false)
	fd, err := unix.Socket(family, kind, protocol)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	err = unix.Connect(fd, sa)
	if errors.Is(err, unix.EINPROGRESS) {
		_, err = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}, 2000)
	}
	return err
}

// childConnect connects: tcp, udp or mapped, and the address. A refused
// connection is fine.
func childConnect(a []string) error {
	kind := unix.SOCK_STREAM
	if a[0] == "udp" {
		kind = unix.SOCK_DGRAM
	}
	sa, family := sockaddr(a[1], a[0] == "mapped")
	fd, err := unix.Socket(family, kind, 0)
	if err != nil {
		return err
	}
	err = unix.Connect(fd, sa)
	if errors.Is(err, unix.ECONNREFUSED) || errors.Is(err, unix.ENETUNREACH) {
		return nil
	}
	return err
}

func childSendto(a []string) error {
	sa, family := sockaddr(a[0], len(a) > 1)
	fd, err := unix.Socket(family, unix.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	return errors.Join(unix.Sendto(fd, []byte("x"), 0, sa), unix.Sendto(fd, []byte("y"), 0, sa))
}

func childSendmsg(a []string) error {
	sa, family := sockaddr(a[0], false)
	fd, err := unix.Socket(family, unix.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	return unix.Sendmsg(fd, []byte("x"), nil, sa, 0)
}

// mmsghdr is struct mmsghdr of sendmmsg(2).
type mmsghdr struct {
	unix.Msghdr
	sent uint32
	_    [4]byte
}

// childSendmmsg sends to two addresses with one call.
func childSendmmsg(a []string) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	payload := []byte("x")
	iov := unix.Iovec{Base: &payload[0], Len: 1}
	var raw [2]unix.RawSockaddrInet4
	var all [2]mmsghdr
	for i := range raw {
		to := netip.MustParseAddrPort(a[i])
		raw[i] = unix.RawSockaddrInet4{Family: unix.AF_INET, Addr: to.Addr().As4(), Port: to.Port()<<8 | to.Port()>>8}
		all[i].Msghdr = unix.Msghdr{Name: (*byte)(unsafe.Pointer(&raw[i])), Namelen: 16, Iov: &iov, Iovlen: 1}
	}
	n, _, errno := unix.Syscall6(unix.SYS_SENDMMSG, uintptr(fd), uintptr(unsafe.Pointer(&all[0])), 2, 0, 0, 0)
	if n != 2 {
		return errno
	}
	return nil
}

func childFastOpen(a []string) error {
	sa, family := sockaddr(a[0], false)
	fd, err := unix.Socket(family, unix.SOCK_STREAM, 0)
	if err != nil {
		return err
	}
	return unix.Sendto(fd, []byte("x"), unix.MSG_FASTOPEN, sa)
}

// echo is an echo request of ICMP; the kernel or the receiver checks the sum.
var echo = []byte{8, 0, 0xf7, 0xfd, 0, 1, 0, 1}

func childPing(a []string) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, unix.IPPROTO_ICMP)
	if err != nil {
		return err
	}
	sa, _ := sockaddr(a[0]+":0", false)
	return unix.Sendto(fd, echo, 0, sa)
}

func childRaw(a []string) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP)
	if err != nil {
		return err
	}
	sa, _ := sockaddr(a[0]+":0", false)
	return unix.Sendto(fd, echo, 0, sa)
}

// childListen listens on any port of the address, and accepts one connection
// of its own.
func childListen(a []string) error {
	l, err := net.Listen("tcp", a[0])
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = l.Accept()
	return err
}

func childBindUDP(a []string) error {
	l, err := net.ListenPacket("udp", a[0])
	if err != nil {
		return err
	}
	fmt.Println(l.LocalAddr())
	return nil
}

// childUnix connects to a local socket, from a folder.
func childUnix(a []string) error {
	if err := os.Chdir(a[0]); err != nil {
		return err
	}
	c, err := net.Dial("unix", a[1])
	if err != nil {
		fmt.Println(err)
		return nil
	}
	return c.Close()
}

func childUnixDatagram(a []string) error {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	return unix.Sendto(fd, []byte("x"), 0, &unix.SockaddrUnix{Name: a[0]})
}

func childUnixListen(a []string) error {
	if err := os.Chdir(filepath.Dir(a[0])); err != nil {
		return err
	}
	l, err := net.Listen("unix", filepath.Base(a[0]))
	if err != nil {
		return err
	}
	c, err := net.Dial("unix", a[0])
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = l.Accept()
	return err
}

// childFlood sends a datagram to each of the first ports of an address.
func childFlood(a []string) error {
	n, err := strconv.Atoi(a[1])
	if err != nil {
		return err
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	to := netip.MustParseAddr(a[0]).As4()
	for port := 1; port <= n; port++ {
		if err := unix.Sendto(fd, []byte("x"), 0, &unix.SockaddrInet4{Addr: to, Port: port}); err != nil && !errors.Is(err, unix.ECONNREFUSED) {
			return err
		}
	}
	return nil
}

// childFamilies makes sockets of other families, where the kernel has them.
func childFamilies([]string) error {
	for _, s := range [][3]int{
		{unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_ROUTE},
		{unix.AF_PACKET, unix.SOCK_RAW, 0x0300}, // all protocols, in network order
		{unix.AF_VSOCK, unix.SOCK_STREAM | unix.SOCK_NONBLOCK, 0},
	} {
		fd, err := unix.Socket(s[0], s[1], s[2])
		if err != nil {
			fmt.Println("no family", s[0])
			continue
		}
		if s[0] == unix.AF_VSOCK {
			_ = unix.Connect(fd, &unix.SockaddrVM{CID: 77, Port: 1024}) // nobody is there
		}
	}
	return nil
}
