package secretscan

import (
	"bytes"
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
	read   int64 // bytes so far

	base int64 // offset of the window in the source
	line int   // number of its first line

	announced []Value
	known     map[string]bool // of announced
	masked    *Values
}

func (s *Scanner) newSource(path string, stream bool) *source {
	return &source{
		s: s, path: path, shown: s.shown(path), stream: stream, gaps: map[string]int{}, line: 1,
		tally: newTally(), known: map[string]bool{},
	}
}

func (src *source) gap(what string) { src.gaps[what]++ }

// scan reads and scans window by window.
func (src *source) scan(ctx context.Context, r io.Reader) error {
	buf, err := fill(r, nil, headSize)
	sizes := src.s.sizes
	want := sizes.fresh
	if container(buf) {
		want = sizes.archive
	}
	src.read = int64(len(buf))
	for from, first := (owned{}), true; ; first = false {
		before := len(buf)
		if err == nil {
			buf, err = fill(r, buf, want)
			src.read += int64(len(buf) - before)
		}
		final := err != nil
		if first && !final && want == sizes.archive {
			src.gap(fmt.Sprintf("an archive is only taken apart in its first %d MiB", sizes.archive>>20))
		}
		want = sizes.fresh
		next := sizes.plan(buf, final)
		src.window(buf[:next.end], from, next, first)
		if final {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return err
		}
		if stop := ctx.Err(); stop != nil {
			return stop
		}
		src.line += bytes.Count(buf[:next.start], []byte("\n"))
		src.base += int64(next.start)
		from = next.owned.less(next.start)
		buf = append(buf[:0], buf[next.start:]...)
	}
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
