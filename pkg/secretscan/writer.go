package secretscan

import "io"

// Writer returns a writer that passes to dst what Redact makes of the whole stream, however the stream is cut into
// writes. What may be the beginning of a secret is held back until it is decided: at most 511 bytes of a value or 8,191
// of a URL without an end, and nothing at all when the text at hand cannot go on to be one, so that a prompt appears at
// once. Close passes on the rest; it does not close dst. An error of dst is returned by every later call.
// Like most writers it is not safe for concurrent use.
//
// A stream that goes on to a CI runner loses what it says about secrets, too: "::add-mask::" with a value that is
// replaced no longer masks it there.
func (r *Redactor) Writer(dst io.Writer) io.WriteCloser {
	w := &writer{r: r, needles: len(r.index.needles) > 0}
	if w.needles {
		// As in Redact, URLs are looked for again in what is left.
		w.next = &writer{r: r, out: emitter{marks: &r.marks, dst: dst}}
		dst = w.next
	}
	w.out = emitter{marks: &r.marks, dst: dst}
	return w
}

const writeSlice = 64 << 10 // most of one write that is joined at a time with what was held back

type writer struct {
	r       *Redactor
	needles bool
	next    *writer // the second pass, or nil
	out     emitter
	held    []byte // undecided text
	seen    int    // bytes at the start of held that are decided, kept to recognise "://"
	open    region // relative to held
	closed  bool
}

func (w *writer) Write(p []byte) (int, error) {
	if w.closed {
		return 0, io.ErrClosedPipe
	}
	for rest := p; len(rest) > 0; {
		if len(w.held) == 0 {
			w.decide(rest, false)
			break
		}
		n := min(len(rest), writeSlice)
		w.held = append(w.held, rest[:n]...)
		rest = rest[n:]
		w.decide(w.held, false)
	}
	w.out.flush()
	if w.out.err != nil {
		return 0, w.out.err
	}
	return len(p), nil
}

// Close passes on what was held back.
func (w *writer) Close() error {
	if w.closed {
		return w.out.err
	}
	w.closed = true
	w.decide(w.held, true)
	w.out.flush()
	if w.next != nil {
		if err := w.next.Close(); w.out.err == nil {
			w.out.err = err
		}
	}
	return w.out.err
}

// decide passes on what is certain of b (w.held, or new text if nothing is held) and holds the rest.
func (w *writer) decide(b []byte, final bool) {
	to := w.r.decide(&w.open, b, w.seen, final, w.needles, &w.out)
	w.seen = openerTail(b[:to])
	from := to - w.seen
	if w.open.open {
		w.open.end -= from
	}
	w.held = append(w.held[:0], b[from:]...)
}
