package decode

import (
	"encoding/binary"
	"io"
)

// A filter undoes what was done to data before it was compressed. undo changes b in place, and returns how many bytes of
// it are done: the others it wants to see again with what follows.
type filter interface{ undo(b []byte) int }

// filtered reads through a filter.
type filtered struct {
	in    io.Reader
	f     filter
	buf   []byte
	done  int // bytes of buf that can be given out
	given int
	err   error
}

func newFiltered(in io.Reader, f filter) io.Reader {
	return &filtered{in: in, f: f, buf: make([]byte, 0, 16<<10)}
}

func (f *filtered) Read(p []byte) (int, error) {
	for f.given == f.done {
		if f.err != nil {
			return 0, f.err
		}
		f.buf = append(f.buf[:0], f.buf[f.done:]...)
		var n int
		n, f.err = f.in.Read(f.buf[len(f.buf):cap(f.buf)])
		f.buf = f.buf[:len(f.buf)+n]
		f.given, f.done = 0, f.f.undo(f.buf)
		if f.err != nil {
			f.done = len(f.buf) // what is left is as it was
		}
	}
	n := copy(p, f.buf[f.given:f.done])
	f.given += n
	return n, nil
}

// delta has the differences between bytes at a distance. Source: The .xz File Format 1.2.1, 5.3.3.
type delta struct {
	before []byte // the last bytes, of which the one at is the oldest
	at     int
}

func newDelta(distance int) *delta { return &delta{before: make([]byte, distance)} }

func (d *delta) undo(b []byte) int {
	for i := range b {
		b[i] += d.before[d.at]
		d.before[d.at] = b[i]
		d.at = (d.at + 1) % len(d.before)
	}
	return len(b)
}

// x86 has absolute addresses in place of relative ones behind CALL and JMP (E8, E9). Whether four bytes are an address was
// told by their highest one, 00 or FF, and by opcodes shortly before. Source: the filter's description in the LZMA SDK, and
// xz 5.2's simple/x86.c for what counts as shortly before.
type x86 struct {
	at      uint32 // of the next byte, in the data
	last    uint32 // of the last opcode
	opcodes uint32 // which of the bytes before it were opcodes, a bit each from the second on; 0x10: with 00 or FF behind
}

func newX86() *x86 { return &x86{last: ^uint32(4)} } // five bytes before the first

const x86Length = 5 // bytes of an instruction

func (x *x86) undo(b []byte) int {
	if len(b) < x86Length {
		return 0
	}
	if x.at-x.last > x86Length {
		x.last = x.at - x86Length
	}
	i := 0
	for i <= len(b)-x86Length {
		if b[i]&0xfe != 0xe8 {
			i++
			continue
		}
		here := x.at + uint32(i)
		apart := here - x.last
		x.last = here
		if apart > x86Length {
			x.opcodes = 0
		} else {
			for range apart {
				x.opcodes = x.opcodes & 0x77 << 1
			}
		}
		top := b[i+4]
		if before := x.opcodes >> 1; !extends(top) || before > 4 || before == 3 {
			i++
			x.opcodes |= 1
			if extends(top) {
				x.opcodes |= 0x10
			}
			continue
		}
		binary.LittleEndian.PutUint32(b[i+1:], x.relative(binary.LittleEndian.Uint32(b[i+1:]), here+x86Length))
		i += x86Length
		x.opcodes = 0
	}
	x.at += uint32(i)
	return i
}

// relative undoes an address; next is where the instruction after it is.
func (x *x86) relative(address, next uint32) uint32 {
	for {
		to := address - next
		if x.opcodes != 0 {
			shift := 8 * [...]uint{0, 1, 2, 2, 3}[x.opcodes>>1]
			if extends(byte(to >> (24 - shift))) {
				address = to ^ (1<<(32-shift) - 1)
				continue
			}
		}
		// The highest byte repeats bit 24.
		return to&0x01ffffff | -(to>>24&1)<<24
	}
}

// extends reports the highest byte of a small number, negative or not.
func extends(b byte) bool { return b == 0 || b == 0xff }
