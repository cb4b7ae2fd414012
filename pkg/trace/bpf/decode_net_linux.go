//go:build amd64 || arm64

package bpf

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/org/cilock-action/pkg/trace"
	"github.com/org/cilock-action/pkg/trace/netname"
)

// Operations: enum op of src/netrecord.h.
const (
	netConnect = iota + 1
	netBind
	netListen
	netSend
	netAccept
	netSocket
)

// netSize is struct net_record after its head.
const netSize = 24

// Kinds of records: enum net_kind of src/netrecord.h.
const (
	kindNetUnix = kindNet + 1
	kindPiece   = kindNet + 2
)

// Sections of a record about a local socket, see src/netrecord.h.
const (
	unixPassed = iota
	unixName
	unixPath
)

// Bits of struct piece's flags.
const (
	pieceInbound = 1 << iota
	pieceCut
	pieceDNS
)

// netDecoder makes messages of the network object's records. It is used by one
// goroutine. The zero value is ready.
type netDecoder struct{ names *netname.Reader }

func (d *netDecoder) reader() *netname.Reader {
	if d.names == nil {
		d.names = netname.NewReader(netname.Limits{})
	}
	return d.names
}

// decode delivers what one record means, which may be nothing or several
// messages. m has PID, Time, Marks and Errno of the record's head set.
func (d *netDecoder) decode(h head, m trace.Message, body []byte, deliver func(trace.Message)) error {
	switch h.kind {
	case kindNet, kindNetUnix:
		if h.aux == 0 || h.aux >= uint32(len(netOps())) {
			return errRecord
		}
		m.Kind, m.Op = trace.Net, netOps()[h.aux]
		decode := netRecord
		if h.kind == kindNetUnix {
			decode = unixRecord
		}
		if err := decode(&m, body); err != nil {
			return err
		}
		deliver(m)
	case kindPiece:
		p, err := pieceRecord(m, body)
		if err != nil {
			return err
		}
		for _, name := range d.reader().Take(p) {
			deliver(name)
		}
	default:
		return errRecord
	}
	return nil
}

// flush delivers what can be told of flows that did not end.
func (d *netDecoder) flush(deliver func(trace.Message)) {
	for _, m := range d.reader().Flush() {
		deliver(m)
	}
}

// addNames adds to an account which names may be missing.
func (s *sensor) addNames(a *trace.Account) {
	if s.net == nil {
		return
	}
	got := s.decoder.net.reader().Stats()
	note := func(list *[]string, n uint64, format string) {
		if n != 0 {
			*list = append(*list, fmt.Sprintf(format, n))
		}
	}
	var each []uint64
	if err := s.net.coll.Maps[netMapUnread].Lookup(uint32(0), &each); err != nil {
		a.Gaps = append(a.Gaps, fmt.Sprintf("count the flows that were not copied: %v", err))
	}
	unread := got.Overflow + got.Evicted
	for _, n := range each {
		unread += n
	}
	note(&a.Gaps, unread, "%d flows were not read as far as they may have the name of a host")
	note(&a.Limits, got.Malformed+got.Sealed, "%d packets that should have the name of a host could not be read")
}

// netOps are the names of enum op.
func netOps() []string {
	return []string{"", "connect", "bind", "listen", "send", "accept", "socket"}
}

// netRecord reads struct net_record after its head.
func netRecord(m *trace.Message, body []byte) error {
	if len(body) < netSize {
		return errRecord
	}
	n := binary.NativeEndian
	port, family, protocol := n.Uint32(body), n.Uint16(body[4:]), n.Uint16(body[6:])
	m.Family, m.Protocol, m.Port = familyName(family), strconv.Itoa(int(protocol)), int(port)
	switch family {
	case afInet, afInet6:
		m.Protocol = protocolName(protocol)
		if m.Op == "socket" {
			return nil
		}
		a := address(body[8:24])
		m.Address, m.Family = a.String(), "inet6"
		if a.Is4() {
			m.Family = "inet"
		}
	case afVsock:
		m.Protocol = ""
		if m.Port != 0 {
			m.Address = strconv.FormatUint(uint64(n.Uint32(body[8:])), 10) // the context ID
		}
	}
	return nil
}

// Families of addresses (linux/socket.h).
const (
	afUnix    = 1
	afInet    = 2
	afInet6   = 10
	afNetlink = 16
	afPacket  = 17
	afVsock   = 40
)

func familyName(f uint16) string {
	names := map[uint16]string{
		afUnix: "unix", afInet: "inet", afInet6: "inet6", afNetlink: "netlink", afPacket: "packet", afVsock: "vsock",
	}
	if name, ok := names[f]; ok {
		return name
	}
	return strconv.Itoa(int(f))
}

// protocolName names a protocol of IP (www.iana.org/assignments/protocol-numbers,
// and Linux' own numbers above 255).
func protocolName(p uint16) string {
	switch p {
	case 1, 58:
		return "icmp"
	case 6, 262: // the latter is multipath TCP
		return "tcp"
	case 17:
		return "udp"
	case 255:
		return "raw"
	}
	return strconv.Itoa(int(p))
}

// address reads an address of struct net_key: IPv4 is in its IPv6 form.
func address(b []byte) netip.Addr { return netip.AddrFrom16([16]byte(b[:16])).Unmap() }

// unixRecord reads a struct record about a local socket. Its address is that of
// the kernel's object, if there is one.
func unixRecord(m *trace.Message, body []byte) error {
	o, err := readObject(body)
	if err != nil {
		return err
	}
	passed, name := unixAddress(o.section[unixPassed]), unixAddress(o.section[unixName])
	m.Family = "unix"
	switch {
	case len(o.section[unixPath]) > 0:
		m.Address = components(o.section[unixPath])
	case name != "":
		m.Address = name
	default:
		m.Address = passed
		if passed != "" && !strings.HasPrefix(passed, "@") {
			m.Marks |= trace.StringOnly
		}
	}
	if passed != "" && passed != m.Address {
		m.Name = passed
	}
	return nil
}

// unixAddress shows a name of unix(7). One without a file begins with NUL, which
// is shown as @, as are others in it.
func unixAddress(b []byte) string {
	if len(b) > 0 && b[0] == 0 {
		return strings.ReplaceAll(string(b), "\x00", "@")
	}
	return untilNUL(b)
}

// pieceSize is struct piece after its head, without data.
const pieceSize = 56

// pieceRecord reads struct piece after its head.
func pieceRecord(m trace.Message, body []byte) (netname.Piece, error) {
	if len(body) < pieceSize {
		return netname.Piece{}, errRecord
	}
	n := binary.NativeEndian
	protocol, flags, size := n.Uint16(body[48:]), n.Uint16(body[50:]), int(n.Uint16(body[52:]))
	if size > len(body)-pieceSize {
		return netname.Piece{}, errRecord
	}
	p := netname.Piece{
		Flow: netname.Flow{
			Socket:  n.Uint64(body),
			Local:   netip.AddrPortFrom(address(body[16:]), n.Uint16(body[12:])),
			Remote:  netip.AddrPortFrom(address(body[32:]), n.Uint16(body[14:])),
			Inbound: flags&pieceInbound != 0,
		},
		PID: m.PID, Time: m.Time, Offset: n.Uint32(body[8:]), Data: body[pieceSize : pieceSize+size],
		Cut: flags&pieceCut != 0, DNS: flags&pieceDNS != 0,
	}
	switch protocol {
	case 6:
		p.Protocol = netname.TCP
	case 17:
		p.Protocol = netname.UDP
	default:
		return p, fmt.Errorf("%w: a piece of protocol %d", errRecord, protocol)
	}
	return p, nil
}
