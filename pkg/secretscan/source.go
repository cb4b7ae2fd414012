package secretscan

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// A source is the state of scanning one source.
type source struct {
	s      *Scanner
	path   string // as given; rules may be milder with some paths
	shown  string // the same, fit to be shown
	stream bool   // "::add-mask::" counts
	tally  tally
	gaps   map[string]int
	read   int64 // bytes that were scanned so far
	unpacking

	announced []Value
	known     map[string]bool // of announced
	masked    *Values
}

func (s *Scanner) newSource(path string, stream bool) *source {
	return &source{
		s: s, path: path, shown: s.shown(path), stream: stream, gaps: map[string]int{},
		tally: newTally(), known: map[string]bool{},
	}
}

func (src *source) gap(what string) { src.gaps[what]++ }

// scan reads and scans the source, and what streams and archives in it hold.
func (src *source) scan(ctx context.Context, r io.Reader) error {
	src.ctx = ctx
	src.top = src.newTap(r)
	err := src.text(src.top, origin{line: 1})
	src.read = src.top.offset()
	switch {
	case src.top.err != nil:
		return src.top.err
	case src.cancelled != nil:
		return src.cancelled
	case errors.Is(err, errStopped):
		return nil // a gap already
	}
	return err
}

// readAhead collects the masks that a stream announces, if it can be read twice.
func (src *source) readAhead(r io.Reader) error {
	seeker, ok := r.(io.ReadSeeker)
	if !ok {
		return nil
	}
	start, err := seeker.Seek(0, io.SeekCurrent)
	if err != nil {
		return nil // a pipe
	}
	var buf []byte
	for {
		buf, err = fill(r, buf, src.s.sizes.fresh)
		src.announce(buf)
		if err != nil {
			break // what is wrong comes up again
		}
		buf = append(buf[:0], buf[max(0, len(buf)-maxMaskLine):]...)
	}
	_, err = seeker.Seek(start, io.SeekStart)
	return err
}

// announce adds the masks in text to the values of this stream, and returns where they are.
func (src *source) announce(text []byte) (spans []span) {
	if !src.stream {
		return nil
	}
	fresh := false
	masks(text, func(m mask) bool {
		spans = append(spans, span{m.start, m.end})
		switch {
		case src.known[m.value]:
		case len(src.known) >= maxMasks:
			src.gap(fmt.Sprintf("masks beyond the first %d are not looked for", maxMasks))
		default:
			src.known[m.value] = true
			src.announced = append(src.announced, Value{Name: "add-mask", Text: m.value})
			src.s.announce(m.value)
			fresh = true
		}
		return true
	})
	if fresh {
		src.masked = NewValues(src.announced)
	}
	return spans
}
