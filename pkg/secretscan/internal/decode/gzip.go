package decode

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/flate"
)

// gzipStream reads a member of a gzip file, or all that follow one another. The header is read here: packages refuse names of
// more than 512 bytes, and headers whose sum is wrong, which gunzip and others read. What follows the last member is not
// read: a package's reader would take it for a damaged member, and keep its beginning. Source: RFC 1952.
type gzipStream struct {
	in   input
	more *bufio.Reader // set: further members in it are read too
	z    io.ReadCloser // of the member's data
	sum  uint32
}

// maxGzipName is the longest name and comment of a member within other text, where the magic may be there by chance.
const maxGzipName = 4 << 10

// openGzip reads one member, openGzips all that follow one another.
func openGzip(in input, _ claim) (io.ReadCloser, error) {
	g := &gzipStream{in: in}
	return g, g.begin()
}

func openGzips(in input, _ claim) (io.ReadCloser, error) {
	g := &gzipStream{in: in}
	g.more, _ = in.(*bufio.Reader)
	return g, g.begin()
}

func (g *gzipStream) Read(p []byte) (int, error) {
	for {
		n, err := g.z.Read(p)
		g.sum = crc32.Update(g.sum, crc32.IEEETable, p[:n])
		if errors.Is(err, io.EOF) {
			if err = g.trailer(); err == nil && !g.another() {
				return n, io.EOF
			}
			if err == nil {
				err = g.begin()
			}
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// Close has nothing to give back, even where no member could be opened.
func (g *gzipStream) Close() error { return nil }

// another reports whether one more member follows.
func (g *gzipStream) another() bool {
	if g.more == nil {
		return false
	}
	b, _ := g.more.Peek(minStream)
	return len(b) == minStream && bytes.HasPrefix(b, magics[0])
}

// begin reads a member's header.
func (g *gzipStream) begin() error {
	const sum, extra, name, comment = 2, 4, 8, 16 // flags
	var fixed [10]byte
	if _, err := io.ReadFull(g.in, fixed[:]); err != nil {
		return cutShort(err)
	}
	flags := fixed[3]
	if flags&extra != 0 {
		var size [2]byte
		if _, err := io.ReadFull(g.in, size[:]); err != nil {
			return cutShort(err)
		}
		if err := skip(g.in, int64(binary.LittleEndian.Uint16(size[:]))); err != nil {
			return err
		}
	}
	for _, flag := range []byte{name, comment} {
		for n, c := 0, flags&flag; c != 0; n++ {
			var err error
			if c, err = g.in.ReadByte(); err != nil {
				return cutShort(err)
			}
			if g.more == nil && n > maxGzipName {
				return errName
			}
		}
	}
	if flags&sum != 0 {
		if err := skip(g.in, 2); err != nil {
			return err
		}
	}
	g.sum = 0
	if r, ok := g.z.(flate.Resetter); ok {
		return r.Reset(g.in, nil)
	}
	g.z = flate.NewReader(g.in)
	return nil
}

// trailer reads the sum and the size behind the data.
func (g *gzipStream) trailer() error {
	var b [8]byte
	if _, err := io.ReadFull(g.in, b[:]); err != nil {
		return cutShort(err)
	}
	if binary.LittleEndian.Uint32(b[:]) != g.sum {
		return errSum
	}
	return nil
}

var (
	errSum  = errors.New("the sum of the data is wrong")
	errName = errors.New("the name is too long")
)

func skip(in io.Reader, n int64) error {
	_, err := io.CopyN(io.Discard, in, n)
	return cutShort(err)
}
