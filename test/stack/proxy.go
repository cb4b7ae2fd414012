package stack

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"
)

// maxBody bounds what the proxy reads of a request or an answer, in bytes.
const maxBody = 64 << 20

// Proxy stands before a service and makes it fail as a test says. Requests are
// numbered in the order in which their headers arrive. Its methods may be used
// while it serves.
type Proxy struct {
	URL string // the service's URL, by way of the proxy

	target    *url.URL
	transport *http.Transport
	tb        testing.TB
	address   string // of the listener

	mu       sync.Mutex
	server   *http.Server // nil while refusing
	listener net.Listener // the server's
	refusing io.Closer    // holds the port while refusing
	script   []Fault      // of the next requests, one each
	rest     Fault        // of all others
	seen     []Request

	serving sync.WaitGroup // the listener and its connections
}

// Request is one that arrived, with what became of it.
type Request struct {
	Method string
	Path   string
	Fault  Fault
}

// NewProxy starts a proxy before the service at address, a URL with or without
// a path. It ends with the test, and whoever hangs in it with it.
func NewProxy(t testing.TB, address string) *Proxy {
	t.Helper()
	target, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{
		target: target, tb: t, transport: &http.Transport{DisableCompression: true}, address: "127.0.0.1:0",
	}
	if err := p.listen(); err != nil {
		t.Fatal(err)
	}
	through := *target
	through.Host = p.address
	p.URL = through.String()
	t.Cleanup(p.Close)
	return p
}

// Next says what becomes of the next requests, one fault each, after those that
// were said before and have not come yet.
func (p *Proxy) Next(faults ...Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.script = append(p.script, faults...)
}

// Always says what becomes of all requests that Next says nothing about.
func (p *Proxy) Always(f Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rest = f
}

// Requests returns what arrived so far, in order. Refused connections are not
// in it: nobody is there to see them.
func (p *Proxy) Requests() []Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.seen)
}

// Refuse makes the proxy refuse connections, and breaks those that there are;
// false ends that. The port stays the proxy's own.
func (p *Proxy) Refuse(yes bool) {
	p.tb.Helper()
	var err error
	if yes {
		err = p.refuse()
	} else {
		err = p.listen()
	}
	if err != nil {
		p.tb.Fatalf("refuse connections: %v", err)
	}
}

// refuse stops to listen and takes the port without listening, so that nobody
// else gets it. No connection is open any more when it returns.
func (p *Proxy) refuse() error {
	p.mu.Lock()
	server, listener := p.server, p.listener
	p.server = nil
	p.mu.Unlock()
	if server == nil {
		return nil
	}
	_ = listener.Close() // a server that has not begun to serve does not know it yet
	_ = server.Close()   // of listeners that are closed already
	holder, err := hold(p.address)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refusing = holder
	return err
}

// listen begins to serve at the proxy's address.
func (p *Proxy) listen() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.server != nil {
		return nil
	}
	if p.refusing != nil {
		p.refusing.Close()
		p.refusing = nil
	}
	listener, err := net.Listen("tcp", p.address)
	if err != nil {
		return err
	}
	p.address, p.listener = listener.Addr().String(), listener
	p.server = &http.Server{Handler: p, ReadHeaderTimeout: time.Minute, ConnState: p.count}
	p.serving.Add(1)
	go func(server *http.Server) {
		defer p.serving.Done()
		_ = server.Serve(listener) // until it is closed
	}(p.server)
	return nil
}

// count follows the connections: net/http does not wait for them when it closes.
func (p *Proxy) count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		p.serving.Add(1)
	case http.StateClosed:
		p.serving.Done()
	}
}

// Close ends the proxy, and returns when nothing of it runs any more.
func (p *Proxy) Close() {
	p.mu.Lock()
	server, refusing := p.server, p.refusing
	p.server, p.refusing = nil, nil
	p.mu.Unlock()
	if server != nil {
		_ = server.Close() // the connections too, which ends the requests' contexts
	}
	if refusing != nil {
		_ = refusing.Close()
	}
	p.serving.Wait()
	p.transport.CloseIdleConnections()
}

// ServeHTTP answers one request. It reads the request whole before anything
// else: net/http sees the client go only from then on.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	fault := p.arrived(r)
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		panic(http.ErrAbortHandler) // the client has gone
	}
	var a answer
	if fault.reaches() {
		if a, err = p.forward(r, body); err != nil {
			if r.Context().Err() == nil {
				p.tb.Errorf("the proxy before %s: %v", p.target, err)
			}
			panic(http.ErrAbortHandler)
		}
	}
	fault.send(w, a, r.Context().Done())
}

// forward asks the service.
func (p *Proxy) forward(r *http.Request, body []byte) (answer, error) {
	there := *r.URL
	there.Scheme, there.Host = p.target.Scheme, p.target.Host
	request, err := http.NewRequestWithContext(r.Context(), r.Method, there.String(), bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	request.Header = r.Header.Clone()
	request.Header.Del("Connection")
	response, err := p.transport.RoundTrip(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxBody))
	return answer{response.StatusCode, response.Header, text}, err
}

// arrived counts the request and returns its fault.
func (p *Proxy) arrived(r *http.Request) Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	fault := p.rest
	if len(p.script) > 0 {
		fault, p.script = p.script[0], p.script[1:]
	}
	p.seen = append(p.seen, Request{r.Method, r.URL.Path, fault})
	return fault
}
