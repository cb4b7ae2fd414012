package netname

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/trace"
)

// answer is a message that uses pointers in owners, in the middle of names and
// in data: www.example.com CNAME cdn.example.com, with two addresses, an HTTPS
// record with hints, and an OPT record (EDNS, RFC 6891) at the end.
func answer() []byte {
	var m []byte
	u16 := func(v ...uint16) {
		for _, x := range v {
			m = binary.BigEndian.AppendUint16(m, x)
		}
	}
	record := func(owner, kind uint16, data string) {
		u16(owner, kind, 1, 0, 60, uint16(len(data)))
		m = append(m, data...)
	}
	u16(0xbeef, 0x8180, 1, 4, 0, 1)
	m = append(m, "\x03wWw\x07example\x03com\x00"...) // at 12; example at 16
	u16(1, 1)
	record(0xC00C, 5, "\x03cdn\xc0\x10")
	cdn := uint16(len(m) - 6)
	record(0xC000|cdn, 1, "\xc0\x00\x02\x07")
	record(0xC000|cdn, 28, "\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x09")
	record(0xC00C, 65, "\x00\x01\x00"+"\x00\x01\x00\x03\x02h2"+"\x00\x04\x00\x08\xc0\x00\x02\x08\xc0\x00\x02\x09")
	m = append(m, 0)
	u16(41, 1232, 0, 0, 0)
	return m
}

func TestAnswer(t *testing.T) {
	f := outbound(UDP, 53)
	f.Inbound = true
	got := one(t, NewReader(Limits{}).Take(Piece{Flow: f, PID: 3, Data: answer()}), "answer", "www.example.com", "cdn.example.com")
	want := []string{"192.0.2.7", "2001:db8::9", "192.0.2.8", "192.0.2.9"}
	if !slices.Equal(got.Answers, want) || got.Marks != 0 || got.Port != 53 || got.Protocol != "udp" || got.PID != 3 {
		t.Errorf("got %+v, want %q", got, want)
	}
}

// TestAnswerCut reads what a copy that was too short still has.
func TestAnswerCut(t *testing.T) {
	whole := answer()
	f := outbound(UDP, 53)
	for n := range len(whole) - 11 { // without the OPT record all is there
		r := NewReader(Limits{})
		got := r.Take(Piece{Flow: f, Data: whole[:n], Cut: true})
		switch {
		case n < 33: // the header and the question
			none(t, got)
		case len(got) != 1 || got[0].Names[0] != "www.example.com" || got[0].Marks != trace.Cut:
			t.Fatalf("of %d bytes: %+v", n, got)
		case r.Stats().Malformed > 0:
			t.Fatalf("of %d bytes: %+v", n, r.Stats())
		}
	}
}

func TestQuestionsOfTheResolver(t *testing.T) {
	stream := streamOf(t, "Asked.example.net.")
	one(t, NewReader(Limits{}).Take(Piece{Flow: outbound(TCP, 53), Data: stream}), "query", "asked.example.net")
	query := stream[2:]
	one(t, NewReader(Limits{}).Take(Piece{Flow: outbound(UDP, 53), Data: query}), "query", "asked.example.net")

	translated := outbound(UDP, 40053)
	one(t, NewReader(Limits{}).Take(Piece{Flow: translated, Data: query, DNS: true}), "query", "asked.example.net")
	none(t, NewReader(Limits{}).Take(Piece{Flow: translated, Data: query}))
}

// TestStreamOfQuestions is DNS over TCP: three messages, cut everywhere.
func TestStreamOfQuestions(t *testing.T) {
	var stream []byte
	for _, label := range []string{"one", "two", "three"} {
		m := append([]byte{0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, byte(len(label))}, label...)
		m = append(m, 0, 0, 1, 0, 1)
		stream = append(binary.BigEndian.AppendUint16(stream, uint16(len(m))), m...)
	}
	for size := 1; size <= len(stream); size++ {
		r := NewReader(Limits{})
		var names []string
		for i, part := range slices.Collect(slices.Chunk(stream, size)) {
			for _, m := range r.Take(Piece{Flow: outbound(TCP, 53), Data: part, Offset: uint32(i * size)}) {
				names = append(names, m.Names...)
			}
		}
		if !slices.Equal(names, []string{"one", "two", "three"}) {
			t.Fatalf("in pieces of %d: %q", size, names)
		}
	}
}

func TestSeveralQuestions(t *testing.T) {
	m := []byte{0, 1, 1, 0, 0, 70, 0, 0, 0, 0, 0, 0}
	for i := range 70 {
		m = append(m, 2, 'a'+byte(i/26), 'a'+byte(i%26), 0, 0, 1, 0, 1)
	}
	var names []string
	for _, got := range NewReader(Limits{}).Take(Piece{Flow: outbound(UDP, 53), Data: m}) {
		if len(got.Names) > trace.MaxNames || got.Marks != trace.Cut {
			t.Errorf("%d names, marks %v", len(got.Names), got.Marks)
		}
		names = append(names, got.Names...)
	}
	if len(names) != maxQuestions || names[0] != "aa" || names[63] != "cl" {
		t.Errorf("%d names: %q", len(names), names)
	}
}

func TestManyAddresses(t *testing.T) {
	m := []byte{0, 1, 0x80, 0, 0, 1, 0, 100, 0, 0, 0, 0, 1, 'x', 0, 0, 1, 0, 1}
	for i := range 100 {
		m = append(m, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 192, 0, 2, byte(i))
	}
	got := NewReader(Limits{}).Take(Piece{Flow: outbound(UDP, 53), Data: m})
	var addresses []string
	for _, one := range got {
		if !slices.Equal(one.Names, []string{"x"}) || len(one.Answers) > trace.MaxNames {
			t.Errorf("%+v", one)
		}
		addresses = append(addresses, one.Answers...)
	}
	if len(got) != 4 || len(addresses) != 100 || addresses[99] != "192.0.2.99" {
		t.Errorf("%d messages, %d addresses", len(got), len(addresses))
	}
}

// TestNames is of names that are hard to read or to show.
func TestNames(t *testing.T) {
	long := strings.Repeat("\x3f"+strings.Repeat("a", 63), 3)
	for _, c := range []struct {
		name, wire, want string // wire follows twelve bytes of header
		ok               bool
	}{
		{"root", "\x00", ".", true},
		{"plain", "\x01a\x02bC\x00", "a.bc", true},
		{"dot and backslash in a label", "\x03a.b\x01\\\x00", `a\.b.\\`, true},
		{"control characters", "\x04\x00\n\xff \x00", `\000\010\255\032`, true},
		{"as long as may be", long + "\x3d" + strings.Repeat("b", 61) + "\x00", strings.Repeat(strings.Repeat("a", 63)+".", 3) + strings.Repeat("b", 61), true},
		{"longer", long + "\x3e" + strings.Repeat("b", 62) + "\x00", "", false},
		{"pointer to itself", "\xc0\x0c", "", false},
		{"pointer forward", "\xc0\x0e\x01a\x00", "", false},
		{"loop through a label", "\x01a\xc0\x0c", "", false},
		{"pointer cut", "\x01a\xc0", "", false},
		{"label cut", "\x05ab", "", false},
		{"no end", "\x01a", "", false},
		{"reserved length", "\x41a\x00", "", false},
		{"nothing", "", "", false},
	} {
		got, next, ok := readName([]byte(strings.Repeat("\xff", 12)+c.wire), 12)
		if got != c.want || ok != c.ok || ok && next != 12+len(c.wire) {
			t.Errorf("%s: %q, %d, %v", c.name, got, next, ok)
		}
	}
}

// TestNotDNS is what else goes to port 53.
func TestNotDNS(t *testing.T) {
	r := NewReader(Limits{})
	for _, data := range []string{"", "x", "hello, this is a tunnel with no names in it", strings.Repeat("\xff", 600)} {
		none(t, r.Take(Piece{Flow: outbound(UDP, 53), Data: []byte(data)}))
	}
	if s := r.Stats(); s.Malformed != 4 {
		t.Errorf("%+v", s)
	}
}

func TestMappedAddress(t *testing.T) {
	f := outbound(UDP, 53)
	f.Remote = netip.MustParseAddrPort("[::ffff:192.0.2.1]:53")
	got := NewReader(Limits{}).Take(Piece{Flow: f, Data: answer()})
	if got[0].Family != "inet" || got[0].Address != "192.0.2.1" {
		t.Errorf("%+v", got)
	}
}
