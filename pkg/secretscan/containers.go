package secretscan

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"

	"github.com/org/cilock-action/pkg/secretscan/internal/decode"
)

// Streams and archives are taken apart while they are read, if a text begins as one: the source, what a stream in it holds,
// a member. Each is a strand of its own. What the container itself consists of, compressed data and the headers of
// members, is a strand too, since comments and names may stand there; but nothing in it is unpacked. What is behind a
// container's end, or from a damaged place on, is text again: see window.
//
//	source -> tap -> decoder -> meter -> tap -> tar -> meter -> tap -> strand -> windows
//	          `-> packed strand          `-> packed strand

// bounds of what is unpacked of one source.
type bounds struct {
	bytes   int64 // that streams may become
	ratio   int64 // bytes that each byte of a stream, and of the source, may become,
	floor   int64 // beyond these
	members int
}

func usualBounds(l Limits) bounds {
	b := bounds{bytes: 4 << 30, ratio: 1100, floor: 64 << 20, members: 1_000_000}
	if l.Ratio > 0 {
		b.ratio = int64(l.Ratio)
	}
	if l.Members > 0 {
		b.members = l.Members
	}
	return b
}

// errRatio says that a stream became too much for what it is.
var errRatio = errors.New("the stream becomes too large")

// text scans all that t has, and what is packed in it. Its error is one of the context, or errStopped.
func (src *source) text(t *tap, p origin) error {
	for behind := ""; ; {
		kind := ""
		if p.layers() < src.s.depth {
			kind = decode.Container(t.br)
		}
		switch {
		case kind == "" && p.layers() < src.s.depth && decode.Unread(t.br) != "":
			src.gap(decode.Unread(t.br) + ": method")
			return src.rest(t, p, behind)
		case kind == "" && behind == "" && p.layers() < src.s.depth && looksPacked(t):
			return src.rest(t, p, "archive")
		case kind == "":
			return src.rest(t, p, behind)
		}
		if !src.member(kind) {
			return src.stop(t, p)
		}
		var err error
		start := t.offset()
		switch kind {
		case "tar":
			err = src.tar(t, p)
		case "zip":
			err = src.zip(t, p)
		default:
			err = src.compressed(kind, t, p)
		}
		t.to(nil)
		switch {
		case errors.Is(err, errStopped):
			return src.stop(t, p)
		case err != nil:
			return err
		}
		behind = kind
		if t.skipZeros(); t.over() {
			return nil
		}
		if t.offset() == start { // nothing of it could be read, nor will be
			return src.rest(t, p, behind)
		}
	}
}

// looksPacked reports what begins like a container and cannot be read as one from its beginning on.
func looksPacked(t *tap) bool {
	head, _ := t.br.Peek(262)
	for _, magic := range []string{"\x1f\x8b\x08", "PK\x03\x04", "\x28\xb5\x2f\xfd", "\xfd7zXZ\x00", "BZh"} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return true
		}
	}
	return len(head) == 262 && string(head[257:]) == "ustar"
}

// stop ends all unpacking. The rest of the source is looked at as it is.
func (src *source) stop(t *tap, p origin) error {
	if src.stopped = errStopped; t == src.top {
		st := src.strand(p, t)
		st.packed = true
		t.to(st)
		t.drain()
		st.end()
	}
	return errStopped
}

// member counts one more member or stream, and reports whether it may be looked at.
func (src *source) member(kind string) bool {
	if src.stopped != nil {
		return false
	}
	if src.members++; src.members > src.s.bounds.members {
		src.stopped = errStopped
		src.gap(kind + ": members")
		return false
	}
	return true
}

// inside scans what r has, at p.
func (src *source) inside(r io.Reader, p origin) error {
	t := src.newTap(r)
	defer t.free()
	if t.over() {
		return nil
	}
	return src.text(t, p)
}

// compressed scans what a compressed stream holds.
func (src *source) compressed(kind string, t *tap, p origin) error {
	raw := src.strand(p, t)
	raw.packed = true
	inner := p.into(kind, "", false, t)
	t.to(raw)
	m := &meter{src: src, kind: kind, in: t, start: t.offset()}
	m.open(func() (io.ReadCloser, error) { return src.opener.Open(kind, t.br) })
	stop := src.inside(m, inner)
	m.close()
	t.settle()
	switch {
	case stop != nil:
		raw.end()
		return stop
	case m.err == nil || errors.Is(m.err, io.EOF) || errors.Is(m.err, io.ErrUnexpectedEOF):
	case m.limited:
		t.drain() // nobody knows where it ends
	default:
		// Damage, or something else: how much was read in vain nobody knows either. What was not scanned yet of the packed
		// text begins the rest, without the first byte of the stream, so that it is not found once more.
		if raw.base == 0 && len(raw.buf) > 0 {
			raw.drop()
		}
		raw.packed = false
		return raw.readRest(t, kind)
	}
	raw.end()
	return nil
}

// drop takes the first byte off.
func (st *strand) drop() {
	if st.exact() {
		st.forget(1)
	}
	st.buf = append(st.buf[:0], st.buf[1:]...)
	st.base++
	st.fresh = min(st.fresh, len(st.buf))
	st.from = st.from.less(1)
}

const tarBlock = 512 // bytes, of which an archive has a whole number

// tar scans the members of a tar archive. What is not in one, names and comments above all, is one text.
func (src *source) tar(t *tap, p origin) error {
	raw := src.strand(p, t)
	raw.packed = true
	defer raw.end()
	t.to(raw)
	r := tar.NewReader(t.br)
	start, between := t.offset(), true // no member is half read
	for {
		// What is no header, such as data of a member that should have none, is left for text.
		fill := int((start-t.offset())%tarBlock+tarBlock) % tarBlock
		if b, _ := t.br.Peek(fill + tarBlock); between && len(b) == fill+tarBlock && !decode.TarHeader(b[fill:]) {
			_, _ = t.br.Discard(fill) // they are there
			t.to(nil)
			return src.cancelled
		}
		h, err := src.nextMember(r)
		if err != nil {
			t.to(nil)
			return src.cancelled // its end, or damage
		}
		if !src.member("tar") {
			return errStopped
		}
		if h.Size <= 0 {
			continue
		}
		inner := p.into("tar", decode.MemberName(h.Name), true, t)
		t.to(nil)
		m := &meter{src: src, kind: "tar", in: t, start: t.offset(), r: io.NopCloser(r), same: !sparse(h)}
		if err := src.inside(m, inner); err != nil {
			return err
		}
		between = errors.Is(m.err, io.EOF)
		t.to(raw)
	}
}

// nextMember is r.Next; should that panic, the archive ends.
func (src *source) nextMember(r *tar.Reader) (h *tar.Header, err error) {
	defer func() {
		if recover() != nil {
			src.gap("tar: panic")
			err = tar.ErrHeader
		}
	}()
	return r.Next()
}

// sparse reports a member that has more bytes than there are in the archive.
func sparse(h *tar.Header) bool {
	if h.Typeflag == tar.TypeGNUSparse {
		return true
	}
	_, ok := h.PAXRecords["GNU.sparse.major"]
	_, old := h.PAXRecords["GNU.sparse.map"]
	return ok || old
}

// A meter reads a stream within the source's bounds. A panic of a decoder is a gap, and the stream's end.
type meter struct {
	src     *source
	kind    string
	in      *tap  // where the stream is read
	start   int64 // of the stream there
	r       io.ReadCloser
	same    bool // it becomes nothing that it is not
	out     int64
	err     error
	limited bool // err is a gap
}

func (m *meter) open(open func() (io.ReadCloser, error)) {
	m.guard(func() { m.r, m.err = open() })
	m.tell()
}

func (m *meter) Read(p []byte) (n int, err error) {
	switch {
	case m.err != nil:
		return 0, m.err
	case m.src.stopped != nil:
		return 0, errStopped
	}
	m.guard(func() { n, m.err = m.r.Read(p) })
	if m.out += int64(n); !m.same {
		m.src.unpacked += int64(n)
		m.bound()
	}
	m.tell()
	return n, m.err
}

// bound ends the stream, or all of them, if there is too much.
func (m *meter) bound() {
	b := m.src.s.bounds
	switch {
	case m.src.unpacked > b.bytes:
		m.stop("bytes")
	case m.src.unpacked > b.floor+b.ratio*m.src.top.offset():
		m.stop("ratio")
	case m.out > b.floor+b.ratio*(m.in.offset()-m.start):
		m.src.gap(m.kind + ": ratio")
		m.err, m.limited = errRatio, true
	}
}

func (m *meter) stop(limit string) {
	m.src.gap(m.kind + ": " + limit)
	m.err, m.limited, m.src.stopped = errStopped, true, errStopped
}

// tell makes a gap of an error that is one.
func (m *meter) tell() {
	if limit := decode.Limit(m.err); limit != "" && !m.limited {
		m.src.gap(m.kind + ": " + limit)
		m.limited = true
	}
}

func (m *meter) guard(f func()) {
	defer func() {
		if recover() != nil {
			m.src.gap(m.kind + ": panic")
			m.err, m.limited = errors.New("panic"), true
		}
	}()
	f()
}

func (m *meter) close() {
	if m.r != nil {
		m.guard(func() { _ = m.r.Close() }) // it only gives back what it holds
	}
}
