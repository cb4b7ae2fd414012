package decode

import (
	"bytes"
	"compress/bzip2"
	"encoding/binary"
	"errors"
	"io"
	"math/bits"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz/lzma"
)

const (
	maxWindow   = 64 << 20 // bytes of a window or dictionary that a decoder may allocate; xz -9 has 64 MiB
	maxEmbedded = 64       // streams that are looked for behind the start of one text
	minStream   = 18       // bytes of a stream that is looked at; an empty one in gzip has 20
	minInflated = 16       // bytes that a stream without a magic must give to be one
)

// errWindow says that a stream wants more memory than a decoder may have, errMethod that it uses what no decoder knows.
var (
	errWindow = errors.New("the window is too large")
	errMethod = errors.New("a method that is not read")
)

// tools are decoders that are used again and again.
type tools struct {
	flate   io.ReadCloser
	scratch []byte
	radix   []byte
	nothing [1 << 12]uint64 // digests of runs that no decoder could read, by their low bits
}

// compressed gives what compressed streams of the text hold: at its start, and at each magic within binary data.
func (j *job) compressed() {
	if j.survey.any&isBinary == 0 {
		return
	}
	at := max(1, j.stream(0))
	for tries := 0; at < len(j.text); tries++ {
		next := len(j.text)
		for _, m := range magics {
			if i := bytes.Index(j.text[at:next], m); i >= 0 && m[0] != 'P' {
				next = at + i
			}
		}
		if next == len(j.text) {
			return
		}
		if tries >= maxEmbedded {
			j.b.gap("compressed", "streams")
			return
		}
		if j.b.spent() {
			return
		}
		at = next + max(1, j.stream(next))
	}
}

// stream gives what a stream at a position holds and returns how many bytes of the text that took, 0 if there is none.
func (j *job) stream(at int) int {
	b := j.text[at:]
	name, open := opener(b)
	if open == nil && at == 0 {
		switch {
		case j.inflates(b):
			name, open = "zlib", openZlib
		case j.deflated(b):
			name, open = "deflate", openDeflate
		}
	}
	if open == nil {
		return 0
	}
	in := bytes.NewReader(b)
	data, whole := j.read(name, in, open, at == 0)
	if len(data) == 0 {
		return 0
	}
	j.give(Child{Decoder: name, Data: data, Start: at, End: at + len(b) - in.Len(), Approximate: true})
	if !whole {
		return 1
	}
	return len(b) - in.Len()
}

// input is what decoders read: byte by byte where they must not read on.
type input interface {
	io.Reader
	io.ByteReader
}

// A claim bounds what a decoder may allocate for a dictionary, whatever its header claims: room bytes, which is all that
// will be read of it. ahead returns what can be seen of what follows, and whether that is all there is.
type claim struct {
	room  int
	ahead func() (b []byte, all bool)
}

// opening is how a decoder begins to read.
type opening func(in input, c claim) (io.ReadCloser, error)

// read reads a stream up to its bounds, and reports whether that was all of it. What came before an error is kept, as a
// log is often cut. Damage is no gap: there is nothing behind it that anyone could read.
func (j *job) read(name string, in *bytes.Reader, open opening, sure bool) (data []byte, whole bool) {
	n := in.Len()
	room, limit := j.b.room(n)
	var rest []byte // of in, when it was first asked for
	r, err := open(in, claim{room, func() ([]byte, bool) {
		if rest == nil {
			rest = make([]byte, in.Len())
			_, _ = in.ReadAt(rest, in.Size()-int64(in.Len())) // never fails
		}
		return rest[len(rest)-in.Len():], true
	}})
	if err == nil {
		data, err = io.ReadAll(io.LimitReader(r, int64(room)+1))
		r.Close()
	}
	j.b.work += 4*len(data) + n - in.Len()
	// Deflate has no mark: a long line of one letter is read as it.
	if j.b.cut != nil && name != "deflate" && in.Len() == 0 && errors.Is(err, io.ErrUnexpectedEOF) {
		j.b.cut(name, len(j.text)-n)
	}
	switch {
	case len(data) > room:
		j.b.gap(name, limit)
		data = data[:room]
	case Limit(err) == "window" || Limit(err) == "dictionary":
		// In the middle of a text those bytes are as a rule a constant of a program,
		// with no stream behind them.
		if sure {
			j.b.gap(name, Limit(err))
		}
	case Limit(err) != "":
		j.b.gap(name, Limit(err))
	}
	return data, err == nil && len(data) <= room
}

// opener returns the decoder for what b begins with.
func opener(b []byte) (string, opening) {
	switch {
	case len(b) < minStream:
	case bytes.HasPrefix(b, magics[0]) && plausible(b):
		return "gzip", openGzip
	case bytes.HasPrefix(b, magics[1]):
		return "zstd", openZstd
	case bytes.HasPrefix(b, magics[2]) && plausible(b):
		return "xz", openXZ
	case bytes.HasPrefix(b, magics[3]) && plausible(b):
		return "bzip2", openBzip2
	case lzmaHeader(b):
		return "lzma", openLZMA
	}
	return "", nil
}

func newZstd(r input) (*zstd.Decoder, error) {
	return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderMaxMemory(4*maxWindow))
}

func openZstd(r input, _ claim) (io.ReadCloser, error) {
	d, err := newZstd(r)
	if err != nil {
		return nil, err
	}
	return d.IOReadCloser(), nil
}

func openBzip2(r input, _ claim) (io.ReadCloser, error) {
	return io.NopCloser(bzip2.NewReader(r)), nil
}

// openZlib skips the header, which was checked before. The sum at the end is not: a log is often cut.
func openZlib(r input, _ claim) (io.ReadCloser, error) {
	if _, err := io.ReadFull(r, make([]byte, 2)); err != nil {
		return nil, err
	}
	return flate.NewReader(r), nil
}

func openLZMA(r input, c claim) (io.ReadCloser, error) {
	header := make([]byte, 13) // a byte of properties, the size of the dictionary, the size of the data
	if _, err := io.ReadFull(r, header); err != nil {
		return nil, err
	}
	dictionary := binary.LittleEndian.Uint32(header[1:])
	if dictionary > maxWindow {
		return nil, errWindow
	}
	binary.LittleEndian.PutUint32(header[1:], uint32(max(min(int(dictionary), c.room+1), lzma.MinDictCap)))
	z, err := lzma.ReaderConfig{DictCap: maxWindow}.NewReader(io.MultiReader(bytes.NewReader(header), r))
	if err != nil {
		return nil, err
	}
	return io.NopCloser(z), nil
}

// lzmaHeader recognises an .lzma file: the properties that every tool writes, a dictionary of a power of two or of the
// sum of two, and a size that is unknown or below 4 GiB. Source: lzma-specification of the LZMA SDK.
func lzmaHeader(b []byte) bool {
	if len(b) < minStream || b[0] != 0x5d || b[1] != 0 || b[2] != 0 || b[13] != 0 {
		return false
	}
	if dictionary := binary.LittleEndian.Uint32(b[1:]); bits.OnesCount32(dictionary) > 2 || bits.Len32(dictionary) < 13 {
		return false
	}
	return bytes.Equal(b[5:13], bytes.Repeat([]byte{0xff}, 8)) || bytes.Equal(b[9:13], make([]byte, 4))
}

// inflates reports whether b is a zlib stream: a valid header, and data behind it that a decoder accepts. RFC 1950.
func (j *job) inflates(b []byte) bool {
	if !zlibHeader(b) {
		return false
	}
	data, err := j.inflate(b[2:])
	return len(data) >= minInflated || len(data) >= minText && err == nil
}

func zlibHeader(b []byte) bool {
	return len(b) >= minText && b[0]&0x8f == 8 && (int(b[0])<<8|int(b[1]))%31 == 0 && b[1]&0x20 == 0
}

// deflated reports whether b is deflate without any header: text to the end of the stream, or for the first bytes of a
// long one. RFC 1951.
func (j *job) deflated(b []byte) bool {
	const least = 40                                        // bytes; a shorter one can be chance, and is not worth the time that a try takes
	if len(b) < least || b[0]>>1&3 == 0 || b[0]>>1&3 == 3 { // neither of the two kinds of Huffman codes
		return false
	}
	data, err := j.inflate(b)
	return err == nil && len(data) >= 2*minInflated && mostlyText(data)
}

// inflate reads the first bytes of a deflate stream; that there are more is no error.
func (j *job) inflate(b []byte) ([]byte, error) {
	const first = 512
	t := &j.b.tools
	in := bytes.NewReader(b)
	if t.flate == nil {
		t.scratch, t.flate = make([]byte, first), flate.NewReader(in)
	} else if err := t.flate.(flate.Resetter).Reset(in, nil); err != nil {
		return nil, err
	}
	j.b.work += 2 * first
	n, err := io.ReadFull(t.flate, t.scratch)
	if errors.Is(err, io.EOF) || n > 0 && errors.Is(err, io.ErrUnexpectedEOF) && in.Len() <= 8 {
		err = nil // its end
	}
	return t.scratch[:n], err
}
