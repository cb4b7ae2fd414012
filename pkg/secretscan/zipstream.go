package secretscan

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"

	"github.com/org/cilock-action/pkg/secretscan/internal/decode"
)

// zip scans the members of a zip archive by their local headers, in one pass, up to the end of its directory, or to what is
// no record. Source: PKWARE's APPNOTE 6.3.10, 4.3.
func (src *source) zip(t *tap, p origin) error {
	raw := src.strand(p, t)
	raw.packed = true
	defer raw.end()
	for {
		t.to(raw)
		b, n, last := nextHeader(t)
		switch {
		case n > 0:
			_, _ = t.br.Discard(n)
			if last {
				return nil
			}
			continue
		case len(b) < 4:
			_, _ = t.br.Discard(len(b))
			return nil
		}
		if h, ok := zipLocal(b); ok {
			done, err := src.zipMember(t, p, raw, h)
			if err != nil || !done {
				return err
			}
			continue
		}
		// Something between two records, such as sizes without a magic.
		if n = nextRecord(b); n < 0 {
			return nil
		}
		t.to(nil)
		between := src.strand(p, t)
		if err := between.read(io.LimitReader(t.br, int64(n)), n+1, nil); err != nil {
			return err
		}
	}
}

// zipMember scans one member, and reports whether it is known where the next record is.
func (src *source) zipMember(t *tap, p origin, raw *strand, h decode.ZipHeader) (done bool, err error) {
	if !src.member("zip") {
		return false, errStopped
	}
	inner := p.into("zip", h.Name, h.Method == 0, t)
	_, _ = t.br.Discard(h.Bytes)
	data := io.Reader(t.br)
	switch {
	case h.Size >= 0:
		data = io.LimitReader(t.br, h.Size)
	case h.Method == 0 || h.Encrypted || !h.Readable:
		data = &untilRecord{t: t}
	}
	switch {
	case h.Encrypted:
		src.gap("zip: encrypted")
	case !h.Readable:
		src.gap("zip: method")
	case h.Method == 0:
		t.to(nil)
		return true, src.inside(data, inner)
	default:
		return src.zipPacked(t, p, h, data, inner)
	}
	_, _ = io.Copy(io.Discard, data) // for raw
	return true, nil
}

// zipPacked scans a member that is compressed. Only what has no size in its header leads astray if it is damaged.
func (src *source) zipPacked(t *tap, p origin, h decode.ZipHeader, data io.Reader, inner origin) (done bool, err error) {
	in, br := t, t.br
	if h.Size >= 0 {
		in = src.newTap(data)
		defer in.free()
		in.keep, br = false, in.br
	}
	m := &meter{src: src, kind: "zip", in: in, start: in.offset()}
	m.open(func() (io.ReadCloser, error) { return decode.OpenZip(h.Method, br) })
	err = src.inside(m, inner)
	m.close()
	switch {
	case err != nil:
		return false, err
	case h.Size < 0:
		return m.err == nil || errors.Is(m.err, io.EOF), nil
	case in.over():
		if m.err != nil && !errors.Is(m.err, io.EOF) && !m.limited && !t.over() {
			src.gap("zip: damaged") // or the header lies, and a program that reads the directory finds more
		}
		return true, nil
	case !m.limited && m.err != nil && !errors.Is(m.err, io.EOF):
		src.gap("zip: damaged")
	}
	t.to(nil) // what was not read is text as it is
	left := src.strand(p, t)
	left.packed = m.limited
	return true, left.read(br, src.s.sizes.fresh, nil)
}

// nextHeader looks ahead, as far as it must: to look further moves all that was looked at.
func nextHeader(t *tap) (b []byte, record int, last bool) {
	const usual = 128
	for _, n := range []int{max(usual, t.br.Buffered()), tapSize} {
		b, _ = t.br.Peek(n)
		if record, last = zipRecord(b); record > 0 {
			break
		}
		if _, ok := zipLocal(b); ok || len(b) < n {
			break
		}
	}
	return b, record, last
}

// zipLocal reads a local header. Of one that is longer than what can be looked at, the start says enough.
func zipLocal(b []byte) (decode.ZipHeader, bool) {
	if !bytes.HasPrefix(b, []byte("PK\x03\x04")) {
		return decode.ZipHeader{}, false
	}
	h, ok := decode.ReadZipHeader(b)
	return h, ok && (h.Bytes <= len(b) || len(b) == tapSize)
}

// zipRecord returns the size of the record at the start of b, or 0 if there is none but a member's, and whether the archive
// ends with it. Only what is in b counts.
func zipRecord(b []byte) (size int, last bool) {
	if len(b) < 22 || b[0] != 'P' || b[1] != 'K' {
		return 0, false
	}
	field := func(at int) int { return int(binary.LittleEndian.Uint16(b[at:])) }
	switch string(b[2:4]) {
	case "\x01\x02": // of the directory
		if len(b) >= 46 {
			size = 46 + field(28) + field(30) + field(32)
		}
	case "\x05\x06": // the end
		size, last = 22+field(20), true
	case "\x06\x06": // the end in zip64
		if n := binary.LittleEndian.Uint64(b[4:]); n < tapSize {
			size = 12 + int(n)
		}
	case "\x06\x07": // where that is
		size = 20
	case "\x05\x05": // a signature
		size = 6 + field(4)
	case "\x07\x08": // a member's sizes, of four bytes each, or of eight
		size = 16
		if len(b) >= 28 && !isRecord(b[16:]) && isRecord(b[24:]) {
			size = 24
		}
	}
	if size > len(b) {
		return 0, false
	}
	return size, last
}

// isRecord reports the magic of a record that may follow a member.
func isRecord(b []byte) bool {
	for _, magic := range []string{"PK\x03\x04", "PK\x01\x02", "PK\x05\x06", "PK\x06\x06"} {
		if bytes.HasPrefix(b, []byte(magic)) {
			return true
		}
	}
	return false
}

// nextRecord returns where in b the next record is, or -1.
func nextRecord(b []byte) int {
	for at := 0; ; at += 2 {
		i := bytes.Index(b[at:], []byte("PK"))
		if i < 0 {
			return -1
		}
		if at += i; at > 0 && isRecord(b[at:]) {
			return at
		}
	}
}

// untilRecord reads data whose size is behind it: up to the next record.
type untilRecord struct{ t *tap }

func (u *untilRecord) Read(p []byte) (int, error) {
	const magic = 4
	b, _ := u.t.br.Peek(max(magic, u.t.br.Buffered()))
	n := decode.StoredSize(b)
	switch {
	case n == 0:
		return 0, io.EOF
	case n == len(b) && n >= magic:
		n -= magic - 1 // a magic may begin there
	}
	return u.t.br.Read(p[:min(n, len(p))])
}
