package stack

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// service answers every request with what it was asked. The channel holds what
// it answered.
func service(t *testing.T) (address string, asked <-chan string) {
	t.Helper()
	requests := make(chan string, 100)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		requests <- r.URL.Path
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte(`"` + r.Method + " " + r.URL.RequestURI() + " " + string(body) + `"`))
	}))
	t.Cleanup(server.Close)
	return server.URL + "/api", requests
}

// post sends one request on a connection of its own, and returns the answer's
// status, type and body as far as they came. read is the most that is read.
func post(ctx context.Context, t *testing.T, address string, read int64) (status int, header http.Header, body string, err error) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address+"/entries?n=1", strings.NewReader("in"))
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		return 0, nil, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, read))
	return response.StatusCode, response.Header, string(text), err
}

const whole = `"POST /api/entries?n=1 in"`

func TestProxyFaults(t *testing.T) {
	for _, c := range []struct {
		fault   Fault
		status  int
		body    string
		err     error
		reached int
	}{
		{fault: Fault{}, status: 201, body: whole, reached: 1},
		{fault: Fault{Kind: Drop}, err: io.EOF},
		{fault: Fault{Kind: Drop, Delivered: true}, err: io.EOF, reached: 1},
		{fault: Fault{Kind: Status, Status: 503}, status: 503, body: "the proxy of the test says so\n"},
		{fault: Fault{Kind: Status, Status: 429, RetryAfter: "7", Delivered: true}, status: 429, body: "the proxy of the test says so\n", reached: 1},
		{fault: Fault{Kind: CutBody}, status: 201, body: whole[:len(whole)/2], err: io.ErrUnexpectedEOF, reached: 1},
		{fault: Fault{Kind: WrongType}, status: 201, body: whole, reached: 1},
		{fault: Fault{Kind: Garbage}, status: 201, body: strings.Repeat("\x00\xff{\"garbage\":", 20), reached: 1},
	} {
		t.Run(c.fault.Kind.String(), func(t *testing.T) {
			address, asked := service(t)
			p := NewProxy(t, address)
			p.Next(c.fault)
			status, header, body, err := post(t.Context(), t, p.URL, 1<<20)
			if status != c.status || body != c.body || !errors.Is(err, c.err) || len(asked) != c.reached {
				t.Errorf("%d, %q, %v, %d requests reached the service", status, body, err, len(asked))
			}
			if got := header.Get("Retry-After"); got != c.fault.RetryAfter {
				t.Errorf("Retry-After is %q", got)
			}
			if kind := header.Get("Content-Type"); (kind == "text/html; charset=utf-8") != (c.fault.Kind == WrongType) {
				t.Errorf("Content-Type is %q", kind)
			}
			if _, _, body, err := post(t.Context(), t, p.URL, 1<<20); body != whole || err != nil {
				t.Errorf("the next request: %q, %v", body, err)
			}
			want := []Request{{"POST", "/api/entries", c.fault}, {"POST", "/api/entries", Fault{}}}
			if got := p.Requests(); !slices.Equal(got, want) {
				t.Errorf("the proxy saw %v", got)
			}
		})
	}
}

// TestProxyHangs: an answer that does not come, at each stage, until the client
// gives up.
func TestProxyHangs(t *testing.T) {
	address, asked := service(t)
	p := NewProxy(t, address)
	ctx, cancel := context.WithCancel(t.Context())
	p.Always(Fault{Kind: Hang, Delivered: true})
	done := make(chan error)
	go func() {
		_, _, _, err := post(ctx, t, p.URL, 1<<20)
		done <- err
	}()
	select {
	case <-asked:
	case err := <-done:
		t.Fatalf("it answered: %v", err)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("the client that went saw %v", err)
	}

	for _, kind := range []Kind{HangBody, SlowBody, EndlessBody} {
		p.Always(Fault{Kind: kind})
		ctx, cancel := context.WithCancel(t.Context())
		read := int64(2)
		if kind == HangBody {
			read = 0
		}
		status, _, body, err := post(ctx, t, p.URL, read)
		if status != http.StatusCreated || len(body) != int(read) || err != nil {
			t.Errorf("%s: %d, %q, %v", kind, status, body, err)
		}
		cancel()
	}
}

// TestProxyRefuses: connections are refused, not accepted and closed, and after
// that the same URL works again.
func TestProxyRefuses(t *testing.T) {
	address, asked := service(t)
	p := NewProxy(t, address)
	for range 2 {
		if _, _, body, err := post(t.Context(), t, p.URL, 1<<20); body != whole || err != nil {
			t.Errorf("before: %q, %v", body, err)
		}
		p.Refuse(true)
		p.Refuse(true)
		if _, _, _, err := post(t.Context(), t, p.URL, 1<<20); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("refused: %v", err)
		}
		p.Refuse(false)
	}
	if len(asked) != 2 || len(p.Requests()) != 2 {
		t.Errorf("%d requests reached the service, the proxy saw %v", len(asked), p.Requests())
	}
}

// TestProxyLeaksNothing: when Close returns nothing of the proxy runs, also if
// clients hang in it.
func TestProxyLeaksNothing(t *testing.T) {
	address, _ := service(t)
	p := NewProxy(t, address)
	var clients []io.ReadCloser
	for _, kind := range []Kind{HangBody, SlowBody, EndlessBody, None} {
		p.Next(Fault{Kind: kind})
		response, err := http.Post(p.URL, "text/plain", strings.NewReader("in"))
		if err != nil {
			t.Fatal(err)
		}
		clients = append(clients, response.Body)
	}
	p.Close()
	p.Close()
	if left := running(t); left != "" {
		t.Errorf("goroutines are left:\n%s", left)
	}
	for _, body := range clients {
		body.Close()
	}
	if _, err := http.Get(p.URL); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("after Close: %v", err)
	}
}

// running returns all goroutines if some of them run the proxy. Those that are
// at their very end get a chance to reach it.
func running(t *testing.T) string {
	t.Helper()
	all := new(bytes.Buffer)
	for range 1000 {
		all.Reset()
		if err := pprof.Lookup("goroutine").WriteTo(all, 1); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(all.String(), "stack.(*Proxy)") && !strings.Contains(all.String(), "stack.Fault") {
			return ""
		}
		runtime.Gosched()
	}
	return all.String()
}
