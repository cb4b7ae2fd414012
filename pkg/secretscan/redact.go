package secretscan

import "io"

// Options of NewRedactor; the zero value is the usual choice.
type Options struct {
	Names      []string // more variables that hold secrets, whatever their names look like; case counts
	MaxNeedles int      // forms to look for, over all values; 0 is 4096
	MaxBytes   int      // their bytes together; 0 is 8 MiB
}

// A Redactor replaces the secrets of one environment. It is immutable and safe for concurrent use.
type Redactor struct {
	index  *index
	marks  marks
	limits []string
}

// NewRedactor makes a Redactor from an environment in the form of os.Environ. An entry that is not KEY=VALUE is
// ignored. What the bounds forced it to leave out is said by Limits.
func NewRedactor(environ []string, o Options) *Redactor {
	if o.MaxNeedles <= 0 {
		o.MaxNeedles = 4096
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = 8 << 20
	}
	values := collect(environ, o.Names)
	forms := makeForms(values.secrets, redacted, o.MaxNeedles, o.MaxBytes, &values.limits)
	x := newIndex(forms)
	return &Redactor{index: x, marks: newMarks(values.names, x), limits: values.limits}
}

// Limits says, for people and in the order of the variables' names, what is not looked for because of a bound. It is
// empty when everything is. No value occurs in it.
func (r *Redactor) Limits() []string { return append([]string(nil), r.limits...) }

// Redact returns b with every secret replaced: b itself if there is none. It never modifies b.
func (r *Redactor) Redact(b []byte) []byte {
	if r.index.next(b, 0, true).end == 0 && nextURL(b, 0, true, r.marks.known).end == 0 {
		return b
	}
	out := emitter{marks: &r.marks, buf: make([]byte, 0, len(b)+len(b)/8)}
	var open region
	r.decide(&open, b, 0, true, true, &out)
	if len(r.index.needles) == 0 {
		return out.buf
	}
	// Replacing a value may leave a URL that was not one before: "https://a" + value with a space + "b@host".
	if nextURL(out.buf, 0, true, r.marks.known).end == 0 {
		return out.buf
	}
	again := emitter{marks: &r.marks}
	open = region{}
	r.decide(&open, out.buf, 0, true, false, &again)
	return again.buf
}

// RedactString is Redact for strings.
func (r *Redactor) RedactString(s string) string {
	b := []byte(s)
	out := r.Redact(b)
	if len(out) == len(b) && (len(b) == 0 || &out[0] == &b[0]) {
		return s
	}
	return string(out)
}

// An event is where a scan stopped: a match b[at:end], or, with end 0, the place from which it needs more text.
type event struct{ at, end, mark int }

// A region is text to be replaced: matches that overlap, merged. It goes by the mark of the longest, of those the first.
type region struct {
	open            bool
	end, mark, best int
}

// decide writes to out what b[from:] becomes, as far as that is certain, and returns the place up to which it is. If
// open stays open, its end is beyond that place.
func (r *Redactor) decide(open *region, b []byte, from int, final, needles bool, out *emitter) int {
	x := r.index
	if !needles {
		x = nil
	}
	n, u := x.next(b, from, final), nextURL(b, from, final, r.marks.known)
	for done := from; ; {
		ev := n
		if u.at < n.at {
			ev = u
		}
		if open.open && open.end <= ev.at {
			out.mark(open.mark)
			done = open.end
			*open = region{}
		}
		if ev.end == 0 {
			if !open.open {
				out.text(b[done:ev.at])
			}
			return ev.at
		}
		if !open.open {
			out.text(b[done:ev.at])
			open.open = true
		}
		open.end = max(open.end, ev.end)
		if size := ev.end - ev.at; size > open.best {
			open.best, open.mark = size, ev.mark
		}
		if ev == n {
			n = x.next(b, n.at+1, final)
		} else {
			u = nextURL(b, u.at+1, final, r.marks.known)
		}
	}
}

// An emitter collects output, and passes it on to dst if there is one.
type emitter struct {
	marks *marks
	dst   io.Writer
	buf   []byte
	err   error // of dst, the first
}

const (
	emitDirect = 4 << 10  // text of so many bytes is passed on without being copied
	emitBuffer = 64 << 10 // most that is collected with a dst
)

func (e *emitter) text(b []byte) {
	if e.dst != nil && len(b) > 0 && (len(b) >= emitDirect || len(e.buf)+len(b) > emitBuffer) {
		e.flush()
		e.write(b)
		return
	}
	e.buf = append(e.buf, b...)
}

func (e *emitter) mark(i int) {
	e.text([]byte(e.marks.text[i]))
}

func (e *emitter) flush() {
	e.write(e.buf)
	e.buf = e.buf[:0]
}

func (e *emitter) write(b []byte) {
	if e.err != nil || len(b) == 0 {
		return
	}
	n, err := e.dst.Write(b)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	e.err = err
}
