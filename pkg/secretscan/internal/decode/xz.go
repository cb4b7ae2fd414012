package decode

import (
	"bufio"
	"errors"
	"io"

	"github.com/ulikunitz/xz/lzma"
)

// xzReader reads the blocks of an .xz file, and no byte more. The container is read here, as the library allocates what
// any block's header claims for a dictionary: here a block gets no more than its chunks say they hold, if they can be seen,
// or will be read of it. Sums are not checked: a log is often cut. Source: The .xz File Format 1.2.1.
type xzReader struct {
	in    *countedInput
	claim claim
	check int           // bytes after each block
	more  *bufio.Reader // set: further streams in it are read too
	start int64         // of the block's data
	block io.Reader
	err   error
}

const xzHeader = 12 // bytes

// openXZ reads one stream, openXZs all that follow one another.
func openXZ(in input, c claim) (io.ReadCloser, error) {
	x := &xzReader{in: &countedInput{input: in}, claim: c}
	return x, x.header()
}

func openXZs(in input, c claim) (io.ReadCloser, error) {
	x := &xzReader{in: &countedInput{input: in}, claim: c}
	x.more, _ = in.(*bufio.Reader)
	return x, x.header()
}

func (x *xzReader) header() error {
	header, err := x.in.take(xzHeader)
	if err != nil {
		return err
	}
	// The field says which check; other ones than these are reserved.
	check, ok := map[byte]int{0: 0, 1: 4, 4: 8, 10: 32}[header[7]]
	if !ok {
		return errMethod
	}
	x.check = check
	return nil
}

func (x *xzReader) Close() error { return nil }

func (x *xzReader) Read(p []byte) (int, error) {
	for x.err == nil {
		if x.block == nil {
			x.err = x.next()
			continue
		}
		n, err := x.block.Read(p)
		if errors.Is(err, io.EOF) {
			err = x.endBlock()
		}
		x.err = err
		if n > 0 {
			return n, nil
		}
	}
	return 0, x.err
}

// next opens the next block; io.EOF says that there is none.
func (x *xzReader) next() error {
	size, err := x.in.ReadByte()
	if err != nil {
		return cutShort(err)
	}
	if size == 0 {
		return x.index()
	}
	header, err := x.in.take((int(size)+1)*4 - 1)
	if err != nil {
		return err
	}
	dictionary, filters, err := xzFilters(header)
	if err != nil {
		return err
	}
	if dictionary > maxWindow {
		return errWindow
	}
	// What is all there needs no more than it holds.
	b, all := x.claim.ahead()
	if holds, ends := lzma2Size(b); all || ends {
		dictionary = min(dictionary, holds)
	}
	dictionary = min(dictionary, int64(x.claim.room)+1)
	x.start = x.in.n
	x.block, err = lzma.Reader2Config{DictCap: int(max(dictionary, lzma.MinDictCap))}.NewReader2(x.in)
	if err != nil {
		return cutShort(err)
	}
	for i := len(filters) - 1; i >= 0; i-- {
		x.block = newFiltered(x.block, filters[i])
	}
	return nil
}

// endBlock skips what makes the block's size a multiple of four, and the check.
func (x *xzReader) endBlock() error {
	x.block = nil
	_, err := x.in.take(int(-(x.in.n-x.start)&3) + x.check)
	return err
}

// index skips the index, of which the first byte was read, and the footer, and goes on with another stream.
func (x *xzReader) index() error {
	start := x.in.n - 1
	records, err := x.in.number()
	for i := uint64(0); i < 2*records && err == nil; i++ {
		_, err = x.in.number()
	}
	if err == nil {
		_, err = x.in.take(int(-(x.in.n-start)&3) + 4 + xzHeader)
	}
	if err != nil {
		return err
	}
	for x.more != nil {
		b, _ := x.more.Peek(minStream)
		if opened, _ := opener(b); opened == "xz" {
			return x.header()
		}
		if len(b) < 4 || [4]byte(b) != [4]byte{} {
			break
		}
		if _, err := x.in.take(4); err != nil { // padding
			return err
		}
	}
	return io.EOF
}

// xzFilters reads a block's header, without its first byte: the size of the dictionary, and the filters before LZMA2.
func xzFilters(header []byte) (dictionary int64, filters []filter, err error) {
	const lzma2, x86, delta = 0x21, 0x04, 0x03
	flags, at := header[0], 1
	for _, size := range []byte{0x40, 0x80} { // optional sizes, as numbers of 7 bits a byte
		if flags&size != 0 {
			for at < len(header)-1 && header[at]&0x80 != 0 {
				at++
			}
			at++
		}
	}
	for left := flags & 3; ; left-- {
		if at+2 > len(header) || at+2+int(header[at+1]) > len(header) {
			return 0, nil, errMethod
		}
		id, properties := header[at], header[at+2:at+2+int(header[at+1])]
		at += 2 + len(properties)
		switch {
		case left == 0 && id == lzma2 && len(properties) == 1 && properties[0] <= 40:
			bits := int64(properties[0])
			return (2 | bits&1) << (bits/2 + 11), filters, nil
		case left > 0 && id == delta && len(properties) == 1:
			filters = append(filters, newDelta(int(properties[0])+1))
		case left > 0 && id == x86 && len(properties) == 0:
			filters = append(filters, newX86())
		default:
			return 0, nil, errMethod
		}
	}
}

// lzma2Size walks over LZMA2's chunks and returns how many bytes they say they hold, and whether their end was seen.
func lzma2Size(b []byte) (size int64, ends bool) {
	at := 0
	for at < len(b) {
		control := b[at]
		switch {
		case control == 0:
			return size, true
		case at+6 > len(b) || control > 2 && control < 0x80:
			return size, false
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
	return size, false
}

// countedInput counts what is read.
type countedInput struct {
	input
	n int64
}

func (c *countedInput) Read(p []byte) (int, error) {
	n, err := c.input.Read(p)
	c.n += int64(n)
	return n, err
}

func (c *countedInput) ReadByte() (byte, error) {
	b, err := c.input.ReadByte()
	if err == nil {
		c.n++
	}
	return b, err
}

// take reads n bytes.
func (c *countedInput) take(n int) ([]byte, error) {
	b := make([]byte, n)
	_, err := io.ReadFull(c, b)
	return b, cutShort(err)
}

// number reads a number of 7 bits a byte.
func (c *countedInput) number() (n uint64, err error) {
	for shift := 0; shift < 63; shift += 7 {
		b, err := c.ReadByte()
		if err != nil {
			return 0, cutShort(err)
		}
		n |= uint64(b&0x7f) << shift
		if b&0x80 == 0 {
			return n, nil
		}
	}
	return 0, errDamaged
}

var errDamaged = errors.New("a number is too long")

// cutShort says that the input ends where it should not.
func cutShort(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
