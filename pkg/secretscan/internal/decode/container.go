package decode

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zstd"
)

const (
	containerHead = 512     // bytes in which a container shows
	zlibHead      = 4 << 10 // and those that are tried as zlib, which has no magic
)

// Container names what a text begins with and can be read as a stream: gzip, zlib, zstd, xz, bzip2, lzma, zip or tar; ""
// is none of them. It looks ahead and reads nothing. Where a text begins, a magic is enough: what is odd behind it, such as a
// reserved flag, other programs may read all the same.
func Container(in *bufio.Reader) string {
	b, _ := in.Peek(containerHead)
	name, _ := opener(b)
	switch {
	case name != "":
		return name
	case len(b) >= minStream && bytes.HasPrefix(b, magics[0]):
		return "gzip"
	case skippable(b):
		return "zstd"
	case isTar(b):
		return "tar"
	case zlibHeader(b):
		b, _ = in.Peek(zlibHead)
		if (&job{b: NewBudget(Limits{})}).inflates(b) {
			return "zlib"
		}
	case len(b) >= zipFixed && bytes.HasPrefix(b, magics[4]):
		return "zip"
	}
	return ""
}

// skippable reports a frame of zstd that holds no data: parallel programs begin with one. RFC 8878, 3.1.2.
func skippable(b []byte) bool {
	return len(b) >= minStream && b[0]&0xf0 == 0x50 && bytes.HasPrefix(b[1:], []byte("\x2a\x4d\x18"))
}

// Unread names the format that a text begins with if it is one that nothing here can read; "" is none of them.
func Unread(in *bufio.Reader) string {
	b, _ := in.Peek(minStream)
	if len(b) < minStream {
		return ""
	}
	for _, f := range []struct{ magic, name string }{
		{"7z\xbc\xaf\x27\x1c", "7z"},
		{"Rar!\x1a\x07", "rar"},
		{"\x04\x22\x4d\x18", "lz4"},
		{"\x02\x21\x4c\x18", "lz4"},
		{"\x1f\x9d", "compress"},
		{"LZIP\x01", "lzip"},
		{"\x89LZO\x00\r\n\x1a\n", "lzop"},
		{"MSCF\x00\x00\x00\x00", "cab"},
	} {
		if bytes.HasPrefix(b, []byte(f.magic)) {
			return f.name
		}
	}
	return ""
}

// TarHeader reports a header of a member at the start of b, or the zeros that end an archive.
func TarHeader(b []byte) bool {
	return isTar(b) || len(bytes.TrimLeft(b, "\x00")) == 0
}

// An Opener opens streams one after another. It keeps a decoder of zstd, as a new one takes megabytes: archives may have
// very many small members.
type Opener struct{ zstd *zstd.Decoder }

// openZstd uses the decoder that is kept, unless the stream is within another one.
func (o *Opener) openZstd(in input, _ claim) (io.ReadCloser, error) {
	d := o.zstd
	o.zstd = nil
	if d == nil {
		var err error
		if d, err = newZstd(in); err != nil {
			return nil, err
		}
	} else if err := d.Reset(in); err != nil {
		return nil, err
	}
	return &keptZstd{d, o}, nil
}

type keptZstd struct {
	*zstd.Decoder
	o *Opener
}

// Close keeps the decoder. It has no goroutine, so that nobody must close it.
func (k *keptZstd) Close() error {
	if k.Decoder.Reset(nil) == nil {
		k.o.zstd = k.Decoder
	}
	return nil
}

// Open returns a reader of what a stream of the named kind holds, or of what follows it in the same way: concatenated
// streams are one. It reads no more of in than that, unless an error that is neither io.EOF nor io.ErrUnexpectedEOF says
// that something else follows, or damage.
func (o *Opener) Open(kind string, in *bufio.Reader) (io.ReadCloser, error) {
	if kind == "zlib" {
		z, err := openZlib(in, claim{})
		return &zlibStream{z, in}, err
	}
	open, ok := map[string]opening{"gzip": openGzips, "zstd": o.openZstd, "xz": openXZs, "bzip2": openBzip2, "lzma": openLZMA}[kind]
	if !ok {
		return nil, errMethod
	}
	return open(in, lookAhead(in))
}

// OpenZip is Open for the data of a zip's member, by its method.
func OpenZip(method int, in *bufio.Reader) (io.ReadCloser, error) {
	open, ok := zipMethods()[method]
	if !ok {
		return nil, errMethod
	}
	return open(in, lookAhead(in))
}

// lookAhead is the claim of a stream of which only the beginning is at hand: a short one is not given a dictionary for
// more than it could become.
func lookAhead(in *bufio.Reader) claim {
	b, err := in.Peek(in.Size())
	c := claim{room: maxWindow, ahead: func() ([]byte, bool) {
		b, err := in.Peek(in.Size())
		return b, err != nil
	}}
	if err != nil {
		c.room = min(c.room, 1<<20+len(b)*DefaultLimits().Ratio)
	}
	return c
}

// Limit names the limit of a [Gap] that an error of a stream is, or "": damage is none.
func Limit(err error) string {
	switch {
	case errors.Is(err, zstd.ErrWindowSizeExceeded) || errors.Is(err, zstd.ErrDecoderSizeExceeded) || errors.Is(err, errWindow):
		return "window"
	case errors.Is(err, zstd.ErrUnknownDictionary):
		return "dictionary"
	case errors.Is(err, errMethod):
		return "method"
	}
	return ""
}

// zlibStream reads the sum behind the data too.
type zlibStream struct {
	io.ReadCloser
	in *bufio.Reader
}

func (z *zlibStream) Read(p []byte) (int, error) {
	n, err := z.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) && z.in != nil {
		_, _ = z.in.Discard(4) // or there is no more
		z.in = nil
	}
	return n, err
}

// Textual reports whether bytes that are as a rule noise have something in them that could mean something to anyone: a
// row of text that chance does not explain, or wide text.
func Textual(b []byte) bool {
	return hasText(b) || wideText(b)
}

// A ZipHeader is what a local header says of its member. Source: PKWARE's APPNOTE 6.3.10, 4.3.7.
type ZipHeader struct {
	Name      string
	Method    int
	Size      int64 // of the member's data in the archive; -1: the header does not say
	Encrypted bool
	Readable  bool // the method is one that is read, 0 included
	Odd       bool // no program writes such a header: by chance there may be its magic
	Bytes     int  // of the header
}

const zipFixed = 30 // bytes of a local header before the name

// ReadZipHeader reads the local header at the start of b, whose magic it takes for granted, and reports whether b is long
// enough for what has a fixed length. A size that is behind the end of b is unknown.
func ReadZipHeader(b []byte) (h ZipHeader, ok bool) {
	if len(b) < zipFixed {
		return h, false
	}
	field := func(at int) int { return int(binary.LittleEndian.Uint16(b[at:])) }
	flags := field(6)
	h.Method, h.Size, h.Encrypted = field(8), int64(binary.LittleEndian.Uint32(b[18:])), flags&1 != 0
	name, extra := zipFixed+field(26), field(28)
	h.Bytes = name + extra
	// No version needs more than 6.3, some flags are reserved, and compressions have
	// small numbers (4.4.3 to 4.4.5): programs that know zip have its magic among
	// their constants.
	h.Odd = field(4) > 63 || flags&0xd780 != 0 || h.Method > 99
	_, h.Readable = zipMethods()[h.Method]
	h.Readable = h.Readable || h.Method == 0
	if !h.Readable && !h.Encrypted && h.Method >= 20 && h.Method <= 90 { // numbers that are not given out; 4.4.5
		h.Odd = true
	}
	h.Name = MemberName(string(b[zipFixed:min(name, len(b))]))
	if h.Size == 1<<32-1 {
		h.Size = zip64Size(b[min(name, len(b)):min(h.Bytes, len(b))])
	}
	if h.Size == 0 && (flags&8 != 0 || h.Method != 0) {
		h.Size = -1
	}
	return h, true
}

// zip64Size finds the size in the extra field of a large member; 4.5.3.
func zip64Size(extra []byte) int64 {
	for len(extra) >= 4 {
		id, n := binary.LittleEndian.Uint16(extra), int(binary.LittleEndian.Uint16(extra[2:]))
		if extra = extra[4:]; n > len(extra) {
			break
		}
		if id == 1 && n >= 16 {
			if size := int64(binary.LittleEndian.Uint64(extra[8:])); size > 0 {
				return size
			}
		}
		extra = extra[n:]
	}
	return -1
}

// zipMethods are the compressions that are read, by their numbers; 4.4.5.
func zipMethods() map[int]opening {
	return map[int]opening{8: openDeflate, 12: openBzip2, 20: openZstd, 93: openZstd, 95: openXZ}
}

// openDeflate reads deflate without a header.
func openDeflate(r input, _ claim) (io.ReadCloser, error) { return flate.NewReader(r), nil }
