package netname

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"encoding/hex"
	"net"
	"net/netip"
	"slices"
	"testing"

	"github.com/org/cilock-action/pkg/trace"
)

// outbound is a flow to port of a documentation address (RFC 3849).
func outbound(protocol string, port uint16) Flow {
	return Flow{
		Socket: 7, Protocol: protocol,
		Local:  netip.MustParseAddrPort("[2001:db8::1]:40000"),
		Remote: netip.AddrPortFrom(netip.MustParseAddr("2001:db8::2"), port),
	}
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// clientHello returns the first flight of Go's own TLS client.
func clientHello(t testing.TB, c *tls.Config) []byte {
	t.Helper()
	client, server := net.Pipe()
	defer server.Close()
	failed := make(chan error, 1)
	go func() {
		defer client.Close()
		failed <- tls.Client(client, c).Handshake()
	}()
	header := make([]byte, 5)
	if _, err := server.Read(header); err != nil {
		t.Fatal(err, <-failed)
	}
	body := make([]byte, binary.BigEndian.Uint16(header[3:]))
	for n := 0; n < len(body); {
		m, err := server.Read(body[n:])
		if err != nil {
			t.Fatal(err)
		}
		n += m
	}
	server.Close()
	if err := <-failed; err == nil {
		t.Fatal("a handshake without a server succeeded")
	}
	return append(header, body...)
}

// streamOf returns what Go's own resolver sends for a name. It takes a pipe for
// TCP, so the length of the message comes first.
func streamOf(t testing.TB, name string) []byte {
	t.Helper()
	sent := make(chan []byte, 10)
	r := net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			defer server.Close()
			buf := make([]byte, 1024)
			n, _ := server.Read(buf)
			sent <- buf[:n]
		}()
		return client, nil
	}}
	if got, err := r.LookupNetIP(context.Background(), "ip4", name); err == nil {
		t.Fatal("nobody answered", got)
	}
	return <-sent
}

func one(t *testing.T, got []trace.Message, op string, names ...string) trace.Message {
	t.Helper()
	if len(got) != 1 || got[0].Op != op || !slices.Equal(got[0].Names, names) || got[0].Kind != trace.Name {
		t.Fatalf("got %+v, want one %s of %q", got, op, names)
	}
	return got[0]
}

func none(t *testing.T, got []trace.Message) {
	t.Helper()
	if len(got) > 0 {
		t.Fatalf("got %+v, want nothing", got)
	}
}

func TestHelloInOneSegment(t *testing.T) {
	r := NewReader(Limits{})
	p := Piece{Flow: outbound(TCP, 8443), PID: 12, Time: 34, Data: clientHello(t, &tls.Config{ServerName: "Some.Example.org"})}
	got := one(t, r.Take(p), "sni", "some.example.org")
	want := trace.Message{
		Kind: trace.Name, Op: "sni", PID: 12, Time: 34, Names: got.Names,
		Family: "inet6", Protocol: "tcp", Address: "2001:db8::2", Port: 8443,
	}
	if !slices.Equal(got.Names, want.Names) || got.Address != want.Address || got.Port != want.Port || got.PID != 12 || got.Time != 34 ||
		got.Family != want.Family || got.Protocol != want.Protocol || got.Marks != 0 || got.Target != "" {
		t.Errorf("got %+v, want %+v", got, want)
	}
	none(t, r.Take(p)) // once is enough
	if s := r.Stats(); s.Names != 1 || s.Malformed+s.Evicted+s.Overflow > 0 {
		t.Errorf("stats %+v", s)
	}
}

// TestHelloInSegments cuts a ClientHello everywhere, in and out of order and
// with a part repeated.
func TestHelloInSegments(t *testing.T) {
	hello := clientHello(t, &tls.Config{ServerName: "split.example"})
	for cut := 1; cut < len(hello); cut++ {
		first := Piece{Flow: outbound(TCP, 443), Data: hello[:cut]}
		second := Piece{Flow: outbound(TCP, 443), Data: hello[cut-cut/2:], Offset: uint32(cut - cut/2)}
		r := NewReader(Limits{})
		none(t, r.Take(first))
		one(t, r.Take(second), "sni", "split.example")
		r = NewReader(Limits{})
		none(t, r.Take(second))
		one(t, r.Take(first), "sni", "split.example")
	}
}

// TestHelloInRecords puts a ClientHello into many records, as RFC 8446 5.1 has
// it, and each of its bytes into a segment.
func TestHelloInRecords(t *testing.T) {
	hello := clientHello(t, &tls.Config{ServerName: "records.example"})[5:]
	var stream []byte
	for part := range slices.Chunk(hello, 50) {
		stream = append(stream, recordHandshake, 3, 1, 0, byte(len(part)))
		stream = append(stream, part...)
	}
	r := NewReader(Limits{})
	one(t, r.Take(Piece{Flow: outbound(TCP, 443), Data: stream}), "sni", "records.example")

	r = NewReader(Limits{})
	var got []trace.Message
	for i, part := range slices.Collect(slices.Chunk(stream, 7)) {
		got = append(got, r.Take(Piece{Flow: outbound(TCP, 443), Data: part, Offset: uint32(7 * i)})...)
	}
	one(t, got, "sni", "records.example")
}

// TestHelloCut is a ClientHello whose end never came: its name is told at the
// end, and marked.
func TestHelloCut(t *testing.T) {
	hello := clientHello(t, &tls.Config{ServerName: "cut.example"})
	r := NewReader(Limits{})
	none(t, r.Take(Piece{Flow: outbound(TCP, 443), Data: hello[:len(hello)-20], Cut: true}))
	if m := one(t, r.Flush(), "sni", "cut.example"); m.Marks != trace.Cut {
		t.Errorf("marks %v", m.Marks)
	}
	none(t, r.Flush())
}

func TestECH(t *testing.T) {
	hello := clientHello(t, &tls.Config{ServerName: "outer.example"})
	hello = append(hello, 0xfe, 0x0d, 0, 1, 0) // one more extension
	for _, at := range []struct{ off, size int }{{3, 2}, {6, 3}, {extensionsAt(hello), 2}} {
		v := uint64(0)
		for _, b := range hello[at.off : at.off+at.size] {
			v = v<<8 | uint64(b)
		}
		v += 5
		for i := range at.size {
			hello[at.off+at.size-1-i] = byte(v >> (8 * i))
		}
	}
	got := one(t, NewReader(Limits{}).Take(Piece{Flow: outbound(TCP, 443), Data: hello}), "sni", "outer.example")
	if got.Target != "ech" {
		t.Errorf("target %q: the name may be that of a front", got.Target)
	}
}

// extensionsAt is where the length of the extensions is in a ClientHello
// within its first record.
func extensionsAt(hello []byte) int {
	at := 5 + 4 + 2 + 32
	at += 1 + int(hello[at])
	at += 2 + int(binary.BigEndian.Uint16(hello[at:]))
	return at + 1 + int(hello[at])
}

// TestNotTLS is of streams that have no name: they cost no memory.
func TestNotTLS(t *testing.T) {
	r := NewReader(Limits{})
	for i, text := range []string{"GET / HTTP/1.1\r\n", "SSH-2.0-x", "\x17\x03\x03\x00\x01x"} {
		f := outbound(TCP, 443)
		f.Socket = uint64(i)
		none(t, r.Take(Piece{Flow: f, Data: []byte(text)}))
	}
	in := outbound(TCP, 443)
	in.Inbound = true
	none(t, r.Take(Piece{Flow: in, Data: clientHello(t, &tls.Config{ServerName: "we.serve"})}))
	for e := r.recent.Front(); e != nil; e = e.Next() {
		if f := e.Value.(*flow); f.content != done || f.stream.buf != nil {
			t.Errorf("%+v is kept", f)
		}
	}
	none(t, r.Flush())
}

// TestBounds sends what would grow without limit.
func TestBounds(t *testing.T) {
	r := NewReader(Limits{Flows: 8, FlowBytes: 1000})
	record := append([]byte{recordHandshake, 3, 1, 0x40, 0, typeClientHello, 0, 0x40, 0}, bytes.Repeat([]byte{0}, 400)...)
	for i := range 100 {
		f := outbound(TCP, 443)
		f.Socket = uint64(i)
		none(t, r.Take(Piece{Flow: f, Data: record}))
	}
	if s := r.Stats(); s.Evicted != 92 || len(r.flows) != 8 || r.recent.Len() != 8 {
		t.Errorf("%d flows, %+v", len(r.flows), s)
	}
	f := outbound(TCP, 443)
	for i := range 100 {
		none(t, r.Take(Piece{Flow: f, Data: record, Offset: uint32(i * len(record))}))
	}
	for i := range 100 { // holes
		g := outbound(TCP, 444)
		none(t, r.Take(Piece{Flow: g, Data: []byte{recordHandshake}, Offset: uint32(2 * i)}))
	}
	if s := r.Stats(); s.Overflow != 2 {
		t.Errorf("%+v, want two flows given up", s)
	}
}
