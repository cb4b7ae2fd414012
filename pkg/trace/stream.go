package trace

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/klauspost/compress/zstd"
)

// StreamHeader is the first line of every stream of JSON lines.
const StreamHeader = `{"format":"https://github.com/org/cilock-action/trace/v0.1"}`

// MaxLine bounds one line of a stream, in bytes.
const MaxLine = 256 << 10

// MaxStream bounds what [Replay] reads, in bytes after decompression: 20,000
// processes with 1,000,000 opens are about a tenth of it.
const MaxStream = 2 << 30

// A LineWriter is a [Handler] that writes messages as they come, one JSON
// object a line after the header.
type LineWriter struct {
	w    *bufio.Writer
	enc  *json.Encoder
	text func(string) string
	err  error
}

// NewLineWriter writes the header to w. text is applied to every string that
// the step chose; it must make valid UTF-8, is the place to redact, and may be
// nil: then bytes that are not UTF-8 become U+FFFD. Flush must be called at the
// end.
func NewLineWriter(w io.Writer, text func(string) string) *LineWriter {
	l := &LineWriter{w: bufio.NewWriterSize(w, 64<<10), text: text}
	l.enc = json.NewEncoder(l.w)
	l.enc.SetEscapeHTML(false)
	_, l.err = l.w.WriteString(StreamHeader + "\n")
	return l
}

// Handle writes one message. The first failure is kept for Flush.
func (l *LineWriter) Handle(m Message) {
	if l.err != nil {
		return
	}
	if l.text != nil {
		for _, s := range []*string{&m.Comm, &m.Cwd, &m.Script, &m.Path, &m.Name, &m.Target, &m.Address} {
			if *s != "" {
				*s = l.text(*s)
			}
		}
		for _, list := range []*[]string{&m.Args, &m.Names, &m.Answers} {
			*list = slices.Clone(*list)
			for i, s := range *list {
				(*list)[i] = l.text(s)
			}
		}
	}
	l.err = l.enc.Encode(m)
}

// Flush writes what is buffered and returns the first error there was.
func (l *LineWriter) Flush() error {
	if err := l.w.Flush(); l.err == nil {
		l.err = err
	}
	if l.err != nil {
		return fmt.Errorf("write the trace: %w", l.err)
	}
	return nil
}

// Replay hands every message of a stream to h: JSON lines as [LineWriter] and
// [Summary.Write] make them, plain or compressed with zstd. An error says which
// line is malformed; what comes before it has been handed over.
func Replay(r io.Reader, h Handler) error {
	plain, err := Decompress(r)
	if err != nil {
		return err
	}
	defer plain.Close()
	return replay(plain, h)
}

// Decompress returns the JSON lines of a stream, whether it is compressed or
// not.
func Decompress(r io.Reader) (io.ReadCloser, error) {
	in := bufio.NewReaderSize(r, 64<<10)
	if head, err := in.Peek(4); err != nil || !bytes.Equal(head, []byte{0x28, 0xb5, 0x2f, 0xfd}) { // RFC 8878, 3.1.1
		return io.NopCloser(in), nil
	}
	dec, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(MaxStream), zstd.WithDecoderMaxWindow(32<<20))
	if err != nil {
		return nil, fmt.Errorf("read the trace: %w", err)
	}
	return dec.IOReadCloser(), nil
}

func replay(r io.Reader, h Handler) error {
	lines := bufio.NewScanner(io.LimitReader(r, MaxStream))
	lines.Buffer(make([]byte, 64<<10), MaxLine)
	n, size := 0, 0
	for lines.Scan() {
		n++
		size += len(lines.Bytes()) + 1
		if n == 1 {
			if lines.Text() != StreamHeader {
				return fmt.Errorf("read the trace: line 1 is not %s", StreamHeader)
			}
			continue
		}
		var m Message
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			return fmt.Errorf("read the trace: line %d: %w", n, err)
		}
		if m.Kind == "" || m.PID < 0 || m.Count < 0 || m.Errno < 0 {
			return fmt.Errorf("read the trace: line %d is not a message", n)
		}
		h.Handle(m)
	}
	switch err := lines.Err(); {
	case err != nil:
		return fmt.Errorf("read the trace: after line %d: %w", n, err)
	case n == 0:
		return fmt.Errorf("read the trace: it is empty")
	case size >= MaxStream:
		return fmt.Errorf("read the trace: more than %d bytes", MaxStream)
	}
	return nil
}

// NewCompressor returns a writer that compresses a stream with zstd. Its Close
// ends the stream, and leaves w open. The result depends on nothing but what is
// written and the version of the library.
func NewCompressor(w io.Writer) (io.WriteCloser, error) {
	return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(8<<20))
}
