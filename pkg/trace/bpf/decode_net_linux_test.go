//go:build amd64 || arm64

package bpf

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/trace"
)

// netRecordOf is a record of a kind with a body, as the ring gives it.
func netRecordOf(k kind, op uint32, body []byte) []byte {
	raw := binary.NativeEndian.AppendUint16(nil, uint16(headSize+len(body)))
	raw = append(raw, byte(k), byte(classNetwork), 0, 0, 0, 0)
	raw = binary.NativeEndian.AppendUint32(raw, 42)
	raw = binary.NativeEndian.AppendUint32(raw, op)
	raw = binary.NativeEndian.AppendUint64(raw, 1)
	return append(raw, body...)
}

// unixBody is a struct record with these sections.
func unixBody(sections ...string) []byte {
	body := make([]byte, objectSize)
	for i, s := range sections {
		binary.NativeEndian.PutUint16(body[28+2*i:], uint16(len(s)))
		body = append(body, s...)
	}
	return body
}

func TestLocalSocketRecords(t *testing.T) {
	for _, c := range []struct {
		name                  string
		passed, own, path     string
		address, other, marks string
	}{
		{"by its path", "/run/s\x00", "/run/s\x00", "s\x00run\x00", "/run/s", "", ""},
		{"by another path", "../s\x00", "/run/s\x00", "s\x00run\x00", "/run/s", "../s", ""},
		{"not the object's name", "/a\x00", "b\x00", "c\x00", "/c", "/a", ""},
		{"abstract", "\x00a\x00b", "\x00a\x00b", "", "@a@b", "", ""},
		{"no object", "/run/s\x00", "", "", "/run/s", "", "string"},
		{"no name", "", "", "", "", "", ""},
	} {
		var got []trace.Message
		h, body, err := readHead(netRecordOf(kindNetUnix, 1, unixBody(c.passed, c.own, c.path)))
		if err != nil {
			t.Fatal(err)
		}
		var d netDecoder
		if err := d.decode(h, trace.Message{PID: h.pid}, body, func(m trace.Message) { got = append(got, m) }); err != nil {
			t.Fatal(c.name, err)
		}
		if m := got[0]; m.Address != c.address || m.Name != c.other || (m.Marks&trace.StringOnly != 0) != (c.marks != "") || m.PID != 42 {
			t.Errorf("%s: %+v", c.name, m)
		}
	}
}

// FuzzNetRecord reads records of any content. Only our own programs write them,
// so a fault here is a misunderstanding between the two sides.
func FuzzNetRecord(f *testing.F) {
	f.Add(netRecordOf(kindNet, 1, make([]byte, 24)))
	f.Add(netRecordOf(kindNet, 2, append([]byte{1, 4, 0, 0, 40, 0, 0, 0}, make([]byte, 16)...)))
	f.Add(netRecordOf(kindNetUnix, 1, unixBody("\x00abstract", "/x", "x\x00y\x00")))
	f.Add(netRecordOf(kindPiece, 0, append(make([]byte, 48), 17, 0, 4, 0, 2, 0, 0, 0, 1, 2)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		h, body, err := readHead(raw)
		if err != nil {
			return
		}
		var d netDecoder
		deliver := func(m trace.Message) {
			if m.Kind != trace.Net && m.Kind != trace.Name || m.Op == "" || strings.Contains(m.Address+m.Name, "\x00") {
				t.Errorf("%+v", m)
			}
		}
		_ = d.decode(h, trace.Message{PID: h.pid}, body, deliver) // any error will do
		d.flush(deliver)
	})
}
