package netname

import (
	"bytes"
	"crypto/tls"
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/trace"
)

// sound checks what whoever prints or keeps messages relies on.
func sound(t *testing.T, all []trace.Message) {
	t.Helper()
	for _, m := range all {
		if m.Kind != trace.Name || len(m.Names) == 0 || len(m.Names) > trace.MaxNames || len(m.Answers) > trace.MaxNames {
			t.Fatalf("%+v", m)
		}
		for _, name := range m.Names {
			if strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' || r >= 'A' && r <= 'Z' }) {
				t.Fatalf("name %q", name)
			}
		}
	}
}

func FuzzDNS(f *testing.F) {
	f.Add(answer())
	f.Add([]byte("\x00\x01\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\xc0\x0c\x00\x01\x00\x01"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := NewReader(Limits{})
		sound(t, r.Take(Piece{Flow: outbound(UDP, 53), Data: data}))
		if s := r.Stats(); s.Names == 0 && s.Malformed == 0 {
			t.Error("neither a name nor a fault")
		}
	})
}

func FuzzHello(f *testing.F) {
	hello := clientHello(f, &tls.Config{ServerName: "fuzz.example"})
	f.Add(hello, 0)
	f.Add(hello, 100)
	f.Fuzz(func(t *testing.T, data []byte, cut int) {
		cut = max(0, min(cut, len(data)))
		whole, split := NewReader(Limits{}), NewReader(Limits{})
		want := append(whole.Take(Piece{Flow: outbound(TCP, 443), Data: data}), whole.Flush()...)
		got := split.Take(Piece{Flow: outbound(TCP, 443), Data: data[cut:], Offset: uint32(cut)})
		got = append(append(got, split.Take(Piece{Flow: outbound(TCP, 443), Data: data[:cut]})...), split.Flush()...)
		sound(t, got)
		if len(want) != len(got) {
			t.Errorf("whole: %+v, in two: %+v", want, got)
		}
	})
}

func FuzzQUIC(f *testing.F) {
	k := keysOf(f, quicV1, []byte("original"))
	packet := initialTo(f, quicV1, k, []byte("original"), 0, cryptoFrame(0, quicHello(f, "fuzz.example")))
	f.Add(packet, cryptoFrame(0, quicHello(f, "fuzz.example")))
	f.Add([]byte("\xe0\x00\x00\x00\x01\x00\x00\x00"), []byte("\x02\x05\x00\x01\x00\x00\x00\x06\x00\x01\x01"))
	f.Fuzz(func(t *testing.T, datagram, payload []byte) {
		r := NewReader(Limits{})
		sound(t, r.Take(Piece{Flow: outbound(UDP, 443), Data: datagram}))
		if len(payload) > 16000 { // what the length of initialTo has room for
			return
		}
		sound(t, r.Take(Piece{Flow: outbound(UDP, 443), Data: initialTo(t, quicV1, k, []byte("original"), 0, payload)}))
		if r.Stats().Sealed > 0 && len(datagram) == 0 {
			t.Error("our own packet did not open")
		}
		sound(t, r.Flush())
	})
}

// FuzzAssembler holds the assembler against an array with a mark for each byte.
// Each four bytes of script are one call: offset, length, and content or how
// much to consume.
func FuzzAssembler(f *testing.F) {
	f.Add([]byte{0, 10, 3, 1, 0, 0, 12, 2, 0, 5, 20, 3, 0, 0, 0, 255})
	f.Fuzz(func(t *testing.T, script []byte) {
		const limit = 300
		var a assembler
		var content, known [1 << 17]byte
		for len(script) >= 4 {
			offset, n, fill := int(script[0])<<8|int(script[1]), int(script[2]), script[3]
			script = script[4:]
			if fill == 255 {
				if n = min(n, len(a.prefix())); n > 0 {
					a.consume(n)
				}
			} else if a.add(uint64(offset), bytes.Repeat([]byte{fill}, n), limit) {
				for i := max(offset, int(a.base)); i < offset+n; i++ {
					if known[i] == 0 {
						content[i], known[i] = fill, 1
					}
				}
			}
			end := int(a.base)
			for known[end] == 1 {
				end++
			}
			if !bytes.Equal(a.prefix(), content[a.base:end]) || len(a.buf) > limit || len(a.have) > maxSpans+1 {
				t.Fatalf("%v at %d: have %v, want up to %d", a.have, a.base, a.prefix(), end)
			}
		}
	})
}

// FuzzReader feeds a few flows in turns.
func FuzzReader(f *testing.F) {
	f.Add([]byte("\x00\x10\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00"), uint16(5))
	f.Add(append([]byte{1, 0xff}, answer()...), uint16(40))
	f.Fuzz(func(t *testing.T, data []byte, size uint16) {
		r := NewReader(Limits{Flows: 3, FlowBytes: 512})
		var offsets [8]uint32
		for len(data) > 2 {
			kind, n := data[0]&7, min(int(data[1])+int(size%64), len(data)-2)
			flow := outbound([]string{UDP, TCP}[kind&1], []uint16{53, 443}[kind>>1&1])
			flow.Inbound = kind&4 != 0
			sound(t, r.Take(Piece{Flow: flow, Data: data[2 : 2+n], Offset: offsets[kind]}))
			offsets[kind] += uint32(n)
			data = data[2+n:]
			if len(r.flows) > 3 || len(r.flows) != r.recent.Len() {
				t.Fatal(len(r.flows), r.recent.Len())
			}
		}
		sound(t, r.Flush())
	})
}
