package decode

import (
	"bytes"
	"io"

	"github.com/ulikunitz/xz/lzma"
)

// xzReader reads the blocks of an .xz file. The container is read here, as the library allocates what any block's header
// claims for a dictionary: here a block gets no more than its chunks say they hold, or will be read of it. Sums are
// not checked: a log is often cut. Source: The .xz File Format 1.2.1.
type xzReader struct {
	in    *bytes.Reader
	rest  []byte // what is not yet read
	check int    // bytes after each block
	room  int64  // bytes that will be read at most
	block io.Reader
	err   error
}

const xzHeader = 12 // bytes

func openXZ(in *bytes.Reader, room int) (io.ReadCloser, error) {
	rest := make([]byte, in.Len())
	if _, err := io.ReadFull(in, rest); err != nil || len(rest) < xzHeader {
		return nil, io.ErrUnexpectedEOF
	}
	// The field says which check; other ones than these are reserved.
	check, ok := map[byte]int{0: 0, 1: 4, 4: 8, 10: 32}[rest[7]]
	if !ok {
		return nil, errMethod
	}
	return &xzReader{in: in, rest: rest[xzHeader:], check: check, room: int64(room)}, nil
}

func (x *xzReader) Close() error { return nil }

func (x *xzReader) Read(p []byte) (int, error) {
	for x.err == nil {
		if x.block == nil {
			x.err = x.next()
			continue
		}
		n, err := x.block.Read(p)
		if err == io.EOF {
			x.block, err = nil, nil
		}
		x.err = err
		if n > 0 {
			return n, nil
		}
	}
	return 0, x.err
}

// next opens the next block; io.EOF says that the index follows, with which the file ends.
func (x *xzReader) next() error {
	if len(x.rest) == 0 {
		return io.ErrUnexpectedEOF
	}
	if x.rest[0] == 0 {
		_, err := x.in.Seek(-int64(len(x.rest)), io.SeekEnd) // another stream may follow
		if err == nil {
			err = io.EOF
		}
		return err
	}
	header := (int(x.rest[0]) + 1) * 4
	if header > len(x.rest) {
		return io.ErrUnexpectedEOF
	}
	dictionary, err := xzDictionary(x.rest[:header])
	if err != nil {
		return err
	}
	packed, size := lzma2Size(x.rest[header:])
	if dictionary > maxWindow {
		return errWindow
	}
	dictionary = min(dictionary, size, x.room+1)
	x.block, err = lzma.Reader2Config{DictCap: int(max(dictionary, lzma.MinDictCap))}.NewReader2(bytes.NewReader(x.rest[header : header+packed]))
	after := header + (packed+3)/4*4 + x.check
	x.rest = x.rest[min(after, len(x.rest)):]
	return err
}

// xzDictionary reads a block's header: a single filter, LZMA2, and the size of its dictionary.
func xzDictionary(header []byte) (int64, error) {
	const lzma2 = 0x21
	at := 2
	for _, size := range []byte{0x40, 0x80} { // optional sizes, as numbers of 7 bits a byte
		if header[1]&size != 0 {
			for at < len(header)-1 && header[at]&0x80 != 0 {
				at++
			}
			at++
		}
	}
	if header[1]&3 != 0 || at+3 > len(header) || header[at] != lzma2 || header[at+1] != 1 {
		return 0, errMethod
	}
	bits := int64(header[at+2])
	if bits > 40 {
		return 0, errMethod
	}
	return (2 | bits&1) << (bits/2 + 11), nil
}

// lzma2Size walks over LZMA2's chunks and returns how many bytes they take, and how many they say they hold.
func lzma2Size(b []byte) (packed int, size int64) {
	at := 0
	for at < len(b) {
		control := b[at]
		switch {
		case control == 0:
			return at + 1, size
		case at+6 > len(b) || control > 2 && control < 0x80:
			return len(b), size
		case control < 0x80:
			n := int(b[at+1])<<8 | int(b[at+2])
			size += int64(n + 1)
			at += 3 + n + 1
		default:
			size += int64(control&0x1f)<<16 + int64(b[at+1])<<8 + int64(b[at+2]) + 1
			at += 5 + (int(b[at+3])<<8 | int(b[at+4])) + 1
			if control >= 0xc0 {
				at++
			}
		}
	}
	return len(b), size
}
