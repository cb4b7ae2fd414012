package stack

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"strconv"
	"time"
)

// Fault is what becomes of one request at a Proxy. The zero value is none: the
// service answers.
type Fault struct {
	Kind Kind

	// Status is that of Status, and RetryAfter its header Retry-After: seconds
	// or a date. Empty sends none.
	Status     int
	RetryAfter string

	// Delivered lets the request reach the service, whose answer is then lost:
	// for Drop, Hang and Status, which otherwise fail before it. A log may
	// hold an entry then that its client knows nothing of.
	Delivered bool
}

// Kind names a fault by what the client sees.
type Kind int

// The stages of a request, in order. Refused, which comes before all of them,
// is a state of the whole proxy: see Proxy.Refuse.
const (
	None        Kind = iota
	Drop             // the connection ends before any answer
	Hang             // no answer at all, until the client goes
	Status           // another status, with a short text
	HangBody         // the answer's headers, and then nothing
	CutBody          // half of the body, and the connection breaks
	SlowBody         // the body byte by byte, slowInterval between them
	EndlessBody      // a body that never ends, as fast as it is read
	WrongType        // the answer, said to be text/html
	Garbage          // the answer's headers, and a body that is none
)

// slowInterval makes a body of one kilobyte last 50 seconds: longer than any
// sensible client waits.
const slowInterval = 50 * time.Millisecond

// String names the kind as test names do.
func (k Kind) String() string {
	names := [...]string{
		"none", "drop", "hang", "status", "hang-in-body", "cut-body", "slow-body", "endless-body", "wrong-type", "garbage",
	}
	if k < 0 || int(k) >= len(names) {
		return "kind " + strconv.Itoa(int(k))
	}
	return names[k]
}

// reaches reports whether the service sees the request.
func (f Fault) reaches() bool {
	switch f.Kind {
	case Drop, Hang, Status:
		return f.Delivered
	}
	return true
}

// answer is the service's, read whole.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// send answers the client as the fault says. gone ends with the connection,
// which the client or the proxy may close. To break it send panics with
// http.ErrAbortHandler, which net/http has for that.
func (f Fault) send(w http.ResponseWriter, a answer, gone <-chan struct{}) {
	switch f.Kind {
	case Drop:
		panic(http.ErrAbortHandler)
	case Hang:
		<-gone
		panic(http.ErrAbortHandler)
	case Status:
		if f.RetryAfter != "" {
			w.Header().Set("Retry-After", f.RetryAfter)
		}
		http.Error(w, "the proxy of the test says so", f.Status)
		return
	case WrongType:
		a.header.Set("Content-Type", "text/html; charset=utf-8")
	case Garbage:
		a.body = bytes.Repeat([]byte("\x00\xff{\"garbage\":"), 20)
	}
	maps.Copy(w.Header(), a.header)
	w.Header().Del("Content-Length")
	if f.Kind != EndlessBody {
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
	f.sendBody(w, a.body, gone)
}

func (f Fault) sendBody(w http.ResponseWriter, body []byte, gone <-chan struct{}) {
	flush := func() { _ = http.NewResponseController(w).Flush() } // fails only if the client has gone
	switch f.Kind {
	case HangBody:
		flush()
		<-gone
		panic(http.ErrAbortHandler)
	case CutBody:
		_, _ = w.Write(body[:len(body)/2])
		flush()
		panic(http.ErrAbortHandler)
	case SlowBody:
		slowly(w, body, flush, gone)
	case EndlessBody:
		_, _ = io.Copy(w, endless{gone})
	default:
		_, _ = w.Write(body)
	}
}

// slowly writes one byte at each tick.
func slowly(w io.Writer, body []byte, flush func(), gone <-chan struct{}) {
	tick := time.NewTicker(slowInterval)
	defer tick.Stop()
	for i := range body {
		if _, err := w.Write(body[i : i+1]); err != nil {
			return
		}
		flush()
		select {
		case <-tick.C:
		case <-gone:
			panic(http.ErrAbortHandler)
		}
	}
}

// endless is white space, which JSON allows without end, until gone.
type endless struct{ gone <-chan struct{} }

func (e endless) Read(p []byte) (int, error) {
	select {
	case <-e.gone:
		return 0, io.EOF
	default:
	}
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}
