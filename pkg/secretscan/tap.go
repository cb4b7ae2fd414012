package secretscan

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"hash/maphash"
	"io"

	"github.com/org/cilock-action/pkg/secretscan/internal/decode"
)

// tapSize is how much a tap reads at once, in bytes, and can look ahead.
const tapSize = 64 << 10

// A tap is a text that a decoder reads. What the decoder has taken of it goes to a sink too.
type tap struct {
	src   *source
	in    io.Reader
	br    *bufio.Reader // of the tap itself
	held  []byte        // what was read and may not be taken yet
	keep  bool          // held is needed
	sink  *strand       // or nil: it goes nowhere
	total int64         // bytes that were read
	lines int           // that ended in what was taken while keep was set
	err   error         // of in
}

// unpacking is what the taps of one source share.
type unpacking struct {
	ctx       context.Context
	cancelled error // of ctx, if something was not read because of it
	top       *tap
	unpacked  int64 // bytes that streams have become
	members   int
	decoded   int   // bytes that decoders made of windows
	stopped   error // nothing more is unpacked
	taps      []*tap
	opener    decode.Opener
	spare     [][]byte
	hash      maphash.Seed
}

// errStopped says that a bound of the whole source was hit.
var errStopped = errors.New("a bound of the source was hit")

func (u *unpacking) seed() maphash.Seed {
	if u.hash == (maphash.Seed{}) {
		u.hash = maphash.MakeSeed()
	}
	return u.hash
}

func (src *source) newTap(in io.Reader) *tap {
	t := &tap{}
	if n := len(src.taps); n > 0 {
		t, src.taps = src.taps[n-1], src.taps[:n-1]
	} else {
		t.br = bufio.NewReaderSize(nil, tapSize)
	}
	*t = tap{src: src, in: in, br: t.br, held: t.held[:0], keep: true}
	t.br.Reset(t)
	return t
}

// free lets another text have the tap.
func (t *tap) free() {
	t.in, t.sink = nil, nil
	t.src.taps = append(t.src.taps, t)
}

// Read is for br.
func (t *tap) Read(p []byte) (int, error) {
	if err := t.src.ctx.Err(); err != nil {
		t.src.cancelled = err
		return 0, err
	}
	t.settle()
	n, err := t.in.Read(p)
	t.total += int64(n)
	if t.keep {
		t.held = append(t.held, p[:n]...)
	}
	if err != nil && !errors.Is(err, io.EOF) && t.err == nil {
		t.err = err
	}
	return n, err
}

// offset is how much was taken.
func (t *tap) offset() int64 { return t.total - int64(t.br.Buffered()) }

// settle gives the sink what was taken since.
func (t *tap) settle() {
	if !t.keep {
		return
	}
	n := len(t.held) - t.br.Buffered()
	if n <= 0 {
		return
	}
	taken, line := t.held[:n], 1+t.lines
	if t == t.src.top {
		t.lines += bytes.Count(taken, []byte("\n"))
	}
	if t.sink != nil {
		t.sink.write(taken, t.offset()-int64(n), line)
	}
	t.held = append(t.held[:0], t.held[n:]...)
}

// to has what is taken from now on go to a sink.
func (t *tap) to(sink *strand) {
	t.settle()
	t.sink = sink
}

// line is the number of the line that t has come to.
func (t *tap) line() int {
	t.settle()
	return 1 + t.lines
}

// drain takes what is left, for the sink.
func (t *tap) drain() {
	_, _ = io.Copy(io.Discard, t.br) // what is wrong is in err
	t.settle()
}

// over reports the end of the text.
func (t *tap) over() bool {
	_, err := t.br.Peek(1)
	return err != nil
}

// skipZeros takes what fills up blocks.
func (t *tap) skipZeros() {
	for {
		b, _ := t.br.Peek(max(1, t.br.Buffered()))
		n := len(b) - len(bytes.TrimLeft(b, "\x00"))
		if n == 0 {
			return
		}
		_, _ = t.br.Discard(n) // they are there
	}
}
