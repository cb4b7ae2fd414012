package netname

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"testing"
)

// rfcCrypto is the CRYPTO frame of the client's Initial packet in RFC 9001,
// A.2; RFC 9369, A.2 has the same. PADDING makes it 1162 bytes.
const rfcCrypto = "060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e868" +
	"04fe3a47f06a2b69484c00000413011302010000c000000010000e00000b6578616d706c652e636f6d" +
	"ff01000100000a00080006001d0017001800100007000504616c706e000500050100000000" +
	"003300260024001d00209370b2c9caa47fbabaf4559fedba753de171fa71f50f1ce15d43e994ec74d748" +
	"002b0003020304000d0010000e0403050306030203080408050806002d00020101001c00024001" +
	"003900320408ffffffffffffffff05048000ffff07048000ffff0801100104800075300901100f08" +
	"8394c8f03e51570806048000ffff"

const rfcID = "8394c8f03e515708"

// seal protects a packet as a client does. header ends before the packet
// number, which is number in 4 bytes.
func seal(t testing.TB, k *initialKeys, header []byte, number uint32, payload []byte) []byte {
	t.Helper()
	packet := binary.BigEndian.AppendUint32(slices.Clone(header), number)
	nonce := slices.Clone(k.iv)
	for i := range 4 {
		nonce[8+i] ^= packet[len(header)+i]
	}
	packet = k.aead.Seal(packet, nonce, payload, packet)
	mask := make([]byte, 16)
	k.mask.Encrypt(mask, packet[len(header)+4:][:16])
	packet[0] ^= mask[0] & 0x0f
	for i := range 4 {
		packet[len(header)+i] ^= mask[1+i]
	}
	return packet
}

func keysOf(t testing.TB, version uint32, id []byte) *initialKeys {
	t.Helper()
	k, err := newInitialKeys(version, id)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// initialTo is an Initial packet to the connection id, under keys k.
func initialTo(t testing.TB, version uint32, k *initialKeys, id []byte, number uint32, payload []byte) []byte {
	first := byte(0xc3)
	if version == quicV2 {
		first = 0xd3
	}
	header := binary.BigEndian.AppendUint32([]byte{first}, version)
	header = append(append(header, byte(len(id))), id...)
	header = append(header, 2, 0xaa, 0xbb, 1, 0x77) // source connection ID, token
	header = binary.BigEndian.AppendUint16(header, 0x4000|uint16(4+len(payload)+16))
	return seal(t, k, header, number, payload)
}

func cryptoFrame(offset int, data []byte) []byte {
	frame := binary.BigEndian.AppendUint32([]byte{frameCrypto}, 0x80000000|uint32(offset))
	frame = binary.BigEndian.AppendUint16(frame, 0x4000|uint16(len(data)))
	return append(frame, data...)
}

// TestVectors holds keys and packets against the appendices of RFC 9001 and
// RFC 9369: the beginning of a protected packet and its tag, which depends on
// every byte of it.
func TestVectors(t *testing.T) {
	for _, c := range []struct {
		version                 uint32
		iv, header, begins, tag string
	}{
		{
			quicV1, "fa044b2f42a3fd3b46fb255c", "c300000001088394c8f03e5157080000449e",
			"c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11d242b123dc9b", "e221af44860018ab0856972e194cd934",
		},
		{
			quicV2, "91f73e2351d8fa91660e909f", "d36b3343cf088394c8f03e5157080000449e",
			"d76b3343cf088394c8f03e5157080000449ea0c95e82ffe67b6abcdb4298b485dd04de806071", "18b2faa745b6fe189cf772a9f84cbfc",
		},
	} {
		k := keysOf(t, c.version, unhex(t, rfcID))
		if got := hex.EncodeToString(k.iv); got != c.iv {
			t.Errorf("version %x: iv %s", c.version, got)
		}
		payload := append(unhex(t, rfcCrypto), make([]byte, 1162-len(rfcCrypto)/2)...)
		packet := seal(t, k, unhex(t, c.header), 2, payload)
		got := hex.EncodeToString(packet)
		if got[:len(c.begins)] != c.begins || got[len(got)-len(c.tag):] != c.tag {
			t.Errorf("version %x: %s", c.version, got)
		}
		m := one(t, NewReader(Limits{}).Take(Piece{Flow: outbound(UDP, 443), PID: 5, Data: packet}), "quic", "example.com")
		if m.Protocol != "udp" || m.Port != 443 || m.PID != 5 {
			t.Errorf("%+v", m)
		}
	}
}

// quicHello is the ClientHello of Go's TLS for QUIC.
func quicHello(t testing.TB, name string) []byte {
	t.Helper()
	c := tls.QUICClient(&tls.QUICConfig{TLSConfig: &tls.Config{ServerName: name, MinVersion: tls.VersionTLS13}})
	defer c.Close()
	c.SetTransportParameters(nil)
	if err := c.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	for {
		switch e := c.NextEvent(); e.Kind {
		case tls.QUICWriteData:
			return bytes.Clone(e.Data)
		case tls.QUICNoEvent:
			t.Fatal("no ClientHello")
		}
	}
}

// TestInitials spreads a ClientHello over frames and packets, out of order,
// with a Handshake packet before one and the second to the ID that the server
// has chosen.
func TestInitials(t *testing.T) {
	for _, version := range []uint32{quicV1, quicV2} {
		hello := quicHello(t, "quic.example")
		a, b := len(hello)/3, 2*len(hello)/3
		k := keysOf(t, version, []byte("original"))
		first := append(cryptoFrame(b, hello[b:]), framePing, framePadding)
		first = append(append(first, frameACK, 5, 0, 1, 0, 0, 0), cryptoFrame(0, hello[:a])...)
		second := cryptoFrame(a, hello[a:b])

		r := NewReader(Limits{})
		none(t, r.Take(Piece{Flow: outbound(UDP, 8443), Data: initialTo(t, version, k, []byte("original"), 0, first)}))
		handshake := binary.BigEndian.AppendUint32([]byte{0xe0}, quicV1)
		if version == quicV2 {
			handshake = binary.BigEndian.AppendUint32([]byte{0xf0}, quicV2)
		}
		handshake = append(handshake, 0, 0, 3, 1, 2, 3)
		datagram := append(handshake, initialTo(t, version, k, []byte("chosen"), 1, second)...)
		one(t, r.Take(Piece{Flow: outbound(UDP, 8443), Data: datagram}), "quic", "quic.example")
		none(t, r.Take(Piece{Flow: outbound(UDP, 8443), Data: datagram}))
		if s := r.Stats(); s.Sealed+s.Malformed+s.Overflow > 0 {
			t.Errorf("%+v", s)
		}
	}
}

// TestTwoConnections has two connections of one socket to one address, the
// second after a Retry: new keys, and the handshake from its start.
func TestTwoConnections(t *testing.T) {
	r := NewReader(Limits{})
	f := outbound(UDP, 443)
	lost := keysOf(t, quicV1, []byte("before"))
	none(t, r.Take(Piece{Flow: f, Data: initialTo(t, quicV1, lost, []byte("before"), 0, cryptoFrame(0, quicHello(t, "one.example")[:40]))}))
	for _, name := range []string{"one.example", "two.example"} {
		k := keysOf(t, quicV1, []byte(name))
		one(t, r.Take(Piece{Flow: f, Data: initialTo(t, quicV1, k, []byte(name), 0, cryptoFrame(0, quicHello(t, name)))}), "quic", name)
	}
	none(t, r.Flush())
}

// TestSealed is of packets that do not open, and of what only looks like QUIC.
func TestSealed(t *testing.T) {
	r := NewReader(Limits{})
	k := keysOf(t, quicV1, []byte("original"))
	packet := initialTo(t, quicV1, k, []byte("original"), 0, cryptoFrame(0, quicHello(t, "x.example")))
	packet[len(packet)-1] ^= 1
	none(t, r.Take(Piece{Flow: outbound(UDP, 443), Data: packet}))
	if s := r.Stats(); s.Sealed != 1 {
		t.Errorf("%+v", s)
	}
	for n := range packet {
		none(t, r.Take(Piece{Flow: outbound(UDP, 443), Data: packet[:n], Cut: true}))
	}
	none(t, r.Take(Piece{Flow: outbound(UDP, 443), Data: []byte("\x40short header")}))
}
