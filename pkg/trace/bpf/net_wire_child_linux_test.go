//go:build amd64 || arm64

package bpf

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strconv"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// childWrite connects and writes each further argument, in hex, as a segment of
// its own.
func childWrite(a []string) error {
	c, err := net.Dial("tcp", a[0])
	if err != nil {
		return err
	}
	defer c.Close()
	ack := make([]byte, 1)
	for _, part := range a[1:] {
		b, err := hex.DecodeString(part)
		if err != nil {
			return err
		}
		if _, err := c.Write(b); err != nil {
			return err
		}
		if _, err := io.ReadFull(c, ack); err != nil { // the peer has it: what comes next is another segment
			return err
		}
	}
	return nil
}

// childNewNetwork does what the other arguments say in a network namespace of
// its own, with a loopback device.
func childNewNetwork(a []string) error {
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return err
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	up, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	up.SetUint16(unix.IFF_UP)
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCSIFFLAGS, uintptr(unsafe.Pointer(up))); errno != 0 {
		return errno
	}
	return unix.Exec("/proc/self/exe", append([]string{os.Args[0], "__trick"}, a...), os.Environ())
}

// childResolve serves DNS at port 53 of an address, and asks itself about a
// name: with Go's resolver over udp or tcp, or with a socket that is not
// connected ("sendto").
func childResolve(a []string) error {
	at := net.JoinHostPort(a[1], "53")
	udp, err := net.ListenPacket("udp", at)
	if err != nil {
		return err
	}
	tcp, err := net.Listen("tcp", at)
	if err != nil {
		return err
	}
	go serveDatagrams(udp)
	go serveStream(tcp)
	if a[0] == "sendto" {
		return askUnconnected(at, a[2])
	}
	r := net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, a[0], at)
	}}
	_, err = r.LookupNetIP(context.Background(), "ip4", a[2])
	return err
}

// reply answers a query for an address with 192.0.2.44.
func reply(query []byte) []byte {
	end := 12
	for end < len(query) && query[end] != 0 {
		end += 1 + int(query[end])
	}
	m := append([]byte(nil), query[:end+5]...)
	copy(m[2:], []byte{0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0})
	return append(m, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 44)
}

func serveDatagrams(c net.PacketConn) {
	buf := make([]byte, 4096)
	for {
		n, from, err := c.ReadFrom(buf)
		if err != nil {
			return
		}
		c.WriteTo(reply(buf[:n]), from)
	}
}

func serveStream(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		var size [2]byte
		if _, err := io.ReadFull(c, size[:]); err == nil {
			query := make([]byte, binary.BigEndian.Uint16(size[:]))
			if _, err := io.ReadFull(c, query); err == nil {
				answer := reply(query)
				c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...))
			}
		}
		c.Close()
	}
}

func askUnconnected(at, name string) error {
	to, err := net.ResolveUDPAddr("udp", at)
	if err != nil {
		return err
	}
	c, err := net.ListenPacket("udp", ":0")
	if err != nil {
		return err
	}
	query := append([]byte{0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, byte(len(name))}, name...)
	if _, err := c.WriteTo(append(query, 0, 0, 1, 0, 1), to); err != nil {
		return err
	}
	if err := c.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return err
	}
	_, _, err = c.ReadFrom(make([]byte, 4096))
	return err
}

// childQUIC sends a datagram, in hex, connected or not.
func childQUIC(a []string) error {
	b, err := hex.DecodeString(a[2])
	if err != nil {
		return err
	}
	if a[0] != "unconnected" {
		c, err := net.Dial("udp", a[1])
		if err != nil {
			return err
		}
		defer c.Close()
		if a[0] == "segments" { // one buffer, which the kernel splits: the packet is the second
			raw, err := c.(*net.UDPConn).SyscallConn()
			if err != nil {
				return err
			}
			if err := raw.Control(func(fd uintptr) {
				err = unix.SetsockoptInt(int(fd), unix.IPPROTO_UDP, unix.UDP_SEGMENT, len(b))
			}); err != nil {
				return err
			}
			b = append(make([]byte, len(b)), b...)
		}
		_, err = c.Write(b)
		return err
	}
	c, err := net.ListenPacket("udp", ":0")
	if err != nil {
		return err
	}
	to, err := net.ResolveUDPAddr("udp", a[1])
	if err != nil {
		return err
	}
	_, err = c.WriteTo(b, to)
	return err
}

// childBulk sends to an address, and prints how long that took in nanoseconds:
// MiB over TCP ("bulk"), bytes there and back over TCP ("turns"), or datagrams
// through a connected socket ("datagrams").
func childBulk(a []string) error {
	n, err := strconv.Atoi(a[2])
	if err != nil {
		return err
	}
	network := "tcp"
	if a[0] == "datagrams" {
		network = "udp"
	}
	c, err := net.Dial(network, a[1])
	if err != nil {
		return err
	}
	defer c.Close()
	block := make([]byte, map[string]int{"bulk": 1 << 20, "turns": 1, "datagrams": 1200}[a[0]])
	start := time.Now()
	for range n {
		if _, err := c.Write(block); err != nil && !errors.Is(err, unix.ECONNREFUSED) {
			return err
		}
		if a[0] == "turns" {
			if _, err := io.ReadFull(c, block); err != nil {
				return err
			}
		}
	}
	fmt.Println(time.Since(start).Nanoseconds())
	return nil
}
