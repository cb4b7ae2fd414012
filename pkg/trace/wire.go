package trace

import (
	"encoding/binary"
	"errors"
)

// The wire form of a Message joins a sensor in a process of its own with
// whoever keeps the summary. It is private to one build of the program, which
// is on both ends; the lasting form is JSON lines, see [Write].
//
// A message is a set of field numbers (4 bytes, little-endian) and the fields
// of the set in order: a number as uvarint, a string as its length and its
// bytes, a list as its length and its strings.

// MaxWire bounds one message on the wire, in bytes.
const MaxWire = 64 << 10

// errWire is all there is to say: both ends are of one build.
var errWire = errors.New("parse a message of the tracer: malformed")

// AppendMessage appends the wire form of m to b.
func AppendMessage(b []byte, m *Message) []byte {
	w := wireWriter{b: append(b, 0, 0, 0, 0)}
	w.text(string(m.Kind))
	w.number(uint64(m.Time))
	w.number(uint64(m.PID))
	w.number(uint64(m.Parent))
	w.text(m.Comm)
	w.number(uint64(m.UID))
	w.texts(m.Args)
	w.text(m.Cwd)
	w.text(m.Script)
	w.text(m.Path)
	w.text(m.Name)
	w.number(m.Dev)
	w.number(m.Ino)
	w.number(uint64(m.Access))
	w.number(uint64(m.Marks))
	w.text(m.Op)
	w.text(m.Target)
	w.text(m.Family)
	w.text(m.Protocol)
	w.text(m.Address)
	w.number(uint64(m.Port))
	w.texts(m.Names)
	w.texts(m.Answers)
	w.number(uint64(m.Errno))
	w.number(uint64(m.Code))
	w.number(uint64(m.Signal))
	w.text(m.SHA256)
	w.number(uint64(m.Count))
	binary.LittleEndian.PutUint32(w.b[len(b):], w.set)
	return w.b
}

// ParseMessage reads the message at the beginning of b and returns what
// follows it.
func ParseMessage(b []byte) (m Message, rest []byte, err error) {
	if len(b) < 4 {
		return m, nil, errWire
	}
	r := wireReader{b: b[4:], set: binary.LittleEndian.Uint32(b)}
	m.Kind = Kind(r.text())
	m.Time = int64(r.number())
	m.PID = int(r.number())
	m.Parent = int(r.number())
	m.Comm = r.text()
	m.UID = uint32(r.number())
	m.Args = r.texts()
	m.Cwd = r.text()
	m.Script = r.text()
	m.Path = r.text()
	m.Name = r.text()
	m.Dev = r.number()
	m.Ino = r.number()
	m.Access = Access(r.number())
	m.Marks = Marks(r.number())
	m.Op = r.text()
	m.Target = r.text()
	m.Family = r.text()
	m.Protocol = r.text()
	m.Address = r.text()
	m.Port = int(r.number())
	m.Names = r.texts()
	m.Answers = r.texts()
	m.Errno = int(r.number())
	m.Code = int(r.number())
	m.Signal = int(r.number())
	m.SHA256 = r.text()
	m.Count = int(r.number())
	if r.bad || r.set != 0 { // a bit that no field took
		return Message{}, nil, errWire
	}
	return m, r.b, nil
}

type wireWriter struct {
	b   []byte
	set uint32
	bit uint32
}

// has puts the next field into the set if it is not empty.
func (w *wireWriter) has(present bool) bool {
	bit := uint32(1) << w.bit
	w.bit++
	if present {
		w.set |= bit
	}
	return present
}

func (w *wireWriter) number(n uint64) {
	if w.has(n != 0) {
		w.b = binary.AppendUvarint(w.b, n)
	}
}

func (w *wireWriter) text(s string) {
	if w.has(s != "") {
		w.b = append(binary.AppendUvarint(w.b, uint64(len(s))), s...)
	}
}

func (w *wireWriter) texts(list []string) {
	if !w.has(len(list) > 0) {
		return
	}
	w.b = binary.AppendUvarint(w.b, uint64(len(list)))
	for _, s := range list {
		w.b = append(binary.AppendUvarint(w.b, uint64(len(s))), s...)
	}
}

type wireReader struct {
	b   []byte
	set uint32
	bit uint32
	bad bool
}

func (r *wireReader) has() bool {
	bit := uint32(1) << r.bit
	r.bit++
	present := r.set&bit != 0
	r.set &^= bit
	return present && !r.bad
}

func (r *wireReader) uvarint() uint64 {
	n, size := binary.Uvarint(r.b)
	if size <= 0 {
		r.bad = true
		return 0
	}
	r.b = r.b[size:]
	return n
}

func (r *wireReader) number() uint64 {
	if !r.has() {
		return 0
	}
	return r.uvarint()
}

func (r *wireReader) text() string {
	if !r.has() {
		return ""
	}
	return r.string()
}

func (r *wireReader) string() string {
	n := r.uvarint()
	if r.bad || n > uint64(len(r.b)) {
		r.bad = true
		return ""
	}
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}

func (r *wireReader) texts() []string {
	if !r.has() {
		return nil
	}
	n := r.uvarint()
	if r.bad || n == 0 || n > uint64(len(r.b)) { // each takes at least a byte
		r.bad = true
		return nil
	}
	list := make([]string, 0, n)
	for range n {
		list = append(list, r.string())
	}
	if r.bad {
		return nil
	}
	return list
}
