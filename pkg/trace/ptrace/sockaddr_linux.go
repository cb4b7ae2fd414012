//go:build amd64 || arm64

package ptrace

import (
	"encoding/binary"
	"net/netip"
	"strconv"
	"strings"
)

// endpoint is a decoded struct sockaddr.
type endpoint struct {
	family  string
	address string
	port    int
}

// Address families of Linux, the same on every architecture (linux/socket.h).
const (
	afUnspec  = 0
	afUnix    = 1
	afInet    = 2
	afInet6   = 10
	afNetlink = 16
	afPacket  = 17
	afVsock   = 40
)

// maxSockaddr is the size of struct sockaddr_storage, the most that the kernel
// reads.
const maxSockaddr = 128

// decodeSockaddr reads an address as a program gave it to the kernel, on a
// little-endian machine. ok is false if it is too short for its family, and for
// AF_UNSPEC, which is no destination.
func decodeSockaddr(b []byte) (e endpoint, ok bool) {
	if len(b) < 2 {
		return endpoint{}, false
	}
	family := int(binary.LittleEndian.Uint16(b))
	e.family = familyName(family)
	least := map[int]int{afInet: 8, afInet6: 24, afNetlink: 12, afPacket: 12, afVsock: 16}[family]
	if family == afUnspec || len(b) < least {
		return endpoint{}, false
	}
	switch family {
	case afUnix:
		e.address = unixAddress(b[2:])
	case afInet:
		e.port = int(binary.BigEndian.Uint16(b[2:]))
		e.address = netip.AddrFrom4([4]byte(b[4:8])).String()
	case afInet6:
		e.port = int(binary.BigEndian.Uint16(b[2:]))
		addr := netip.AddrFrom16([16]byte(b[8:24]))
		if len(b) >= 28 && addr.IsLinkLocalUnicast() {
			if scope := binary.LittleEndian.Uint32(b[24:]); scope != 0 {
				addr = addr.WithZone(strconv.FormatUint(uint64(scope), 10))
			}
		}
		e.address = addr.String()
	case afNetlink: // the port ID; 0 is the kernel
		e.address = strconv.FormatUint(uint64(binary.LittleEndian.Uint32(b[4:])), 10)
	case afPacket: // the interface
		e.address = strconv.FormatUint(uint64(binary.LittleEndian.Uint32(b[4:])), 10)
	case afVsock:
		e.port = int(binary.LittleEndian.Uint32(b[4:]))
		e.address = strconv.FormatUint(uint64(binary.LittleEndian.Uint32(b[8:])), 10)
	}
	return e, true
}

// unixAddress is a path, or @name of an abstract socket, whose name may have NUL
// bytes in it: they are written @, as the kernel does in /proc/net/unix.
func unixAddress(b []byte) string {
	if len(b) > 0 && b[0] == 0 {
		return strings.ReplaceAll(string(b), "\x00", "@")
	}
	name, _, _ := strings.Cut(string(b), "\x00")
	return name
}

func familyName(family int) string {
	switch family {
	case afUnix:
		return "unix"
	case afInet:
		return "inet"
	case afInet6:
		return "inet6"
	case afNetlink:
		return "netlink"
	case afPacket:
		return "packet"
	case afVsock:
		return "vsock"
	}
	return strconv.Itoa(family)
}

// Kinds and protocols of sockets (linux/net.h, linux/in.h).
const (
	sockRaw   = 3
	protoICMP = 1
	protoTCP  = 6
	protoUDP  = 17
	protoV6   = 58  // ICMPv6
	protoMPTC = 262 // MPTCP: TCP on the wire
)

// protocolName is empty for families that have no protocols in this sense.
func protocolName(family, kind, protocol int) string {
	if family != afInet && family != afInet6 {
		return ""
	}
	switch protocol {
	case protoTCP, protoMPTC:
		return "tcp"
	case protoUDP:
		return "udp"
	case protoICMP, protoV6:
		return "icmp"
	}
	if kind == sockRaw {
		return "raw"
	}
	return strconv.Itoa(protocol)
}
