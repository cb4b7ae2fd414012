package sink

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

const (
	testJWT     = "aGVhZGVy.Y2xhaW1z.c2ln"
	testRequest = "request-token-that-must-not-show"
)

// service answers ID token requests; n counts from 1.
func service(t *testing.T, answer func(n int, w http.ResponseWriter, r *http.Request)) (*Sink, *bytes.Buffer, *atomic.Int32) {
	t.Helper()
	var n atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer(int(n.Add(1)), w, r)
	}))
	t.Cleanup(srv.Close)
	var log bytes.Buffer
	s := New(Options{Writer: &log, HTTPClient: srv.Client(), Getenv: actions(map[string]string{
		"ACTIONS_ID_TOKEN_REQUEST_URL":   srv.URL + "/token?api-version=2.0",
		"ACTIONS_ID_TOKEN_REQUEST_TOKEN": testRequest,
	})})
	s.retryPause = 0
	return s, &log, &n
}

func TestIDToken(t *testing.T) {
	s, log, _ := service(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+testRequest || r.URL.Query().Get("api-version") != "2.0" || r.URL.Query().Get("audience") != "sig store&x" {
			http.Error(w, "bad request", http.StatusBadRequest)
			return
		}
		io.WriteString(w, `{"count":1,"value":"`+testJWT+`"}`)
	})
	got, err := s.IDToken(t.Context(), "sig store&x")
	if err != nil || got != testJWT {
		t.Fatalf("token %q, %v", got, err)
	}
	if want := "::add-mask::" + testJWT + "\n"; log.String() != want {
		t.Errorf("log %q, want %q", log.String(), want)
	}
}

func TestIDTokenNotGranted(t *testing.T) {
	s := New(Options{Getenv: actions(nil)})
	if _, err := s.IDToken(t.Context(), ""); !errors.Is(err, ErrNotGranted) {
		t.Errorf("neither variable: %v", err)
	}
	for _, name := range []string{"ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"} {
		s := New(Options{Getenv: actions(map[string]string{name: "http://127.0.0.1:1/"})})
		if _, err := s.IDToken(t.Context(), ""); err == nil || errors.Is(err, ErrNotGranted) || !strings.Contains(err.Error(), "is not set") {
			t.Errorf("only %s: %v", name, err)
		}
	}
}

func TestIDTokenRetriesOnce(t *testing.T) {
	for name, tc := range map[string]struct {
		answer func(n int, w http.ResponseWriter, r *http.Request)
		calls  int32
		ok     bool
	}{
		"a 503, then a token": {func(n int, w http.ResponseWriter, _ *http.Request) {
			if n == 1 {
				http.Error(w, "busy", http.StatusServiceUnavailable)
				return
			}
			io.WriteString(w, `{"value":"`+testJWT+`"}`)
		}, 2, true},
		"a broken connection, then a token": {func(n int, w http.ResponseWriter, _ *http.Request) {
			if n == 1 {
				panic(http.ErrAbortHandler)
			}
			io.WriteString(w, `{"value":"`+testJWT+`"}`)
		}, 2, true},
		"an answer broken off, then a token": {func(n int, w http.ResponseWriter, _ *http.Request) {
			if n == 1 {
				w.Header().Set("Content-Length", "4000")
			}
			io.WriteString(w, `{"value":"`+testJWT+`"}`)
		}, 2, true},
		"a redirect": {func(n int, w http.ResponseWriter, r *http.Request) {
			if n == 1 {
				http.Redirect(w, r, "/elsewhere", http.StatusFound)
				return
			}
			io.WriteString(w, `{"value":"`+testJWT+`"}`)
		}, 1, false},
		"a 500 for ever": {func(_ int, w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "down", http.StatusInternalServerError)
		}, 2, false},
		"a refusal": {func(_ int, w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "no", http.StatusForbidden)
		}, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			s, _, calls := service(t, tc.answer)
			_, err := s.IDToken(t.Context(), "")
			if (err == nil) != tc.ok || calls.Load() != tc.calls {
				t.Errorf("%d calls, %v", calls.Load(), err)
			}
		})
	}
}

// Whatever the service does, neither token shows in the error, and it ends.
func TestIDTokenErrorsHoldNoSecret(t *testing.T) {
	for name, answer := range map[string]func(n int, w http.ResponseWriter, r *http.Request){
		"echo": func(_ int, w http.ResponseWriter, r *http.Request) {
			http.Error(w, r.Header.Get("Authorization")+testJWT, http.StatusUnauthorized)
		},
		"redirect": func(_ int, w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere?"+testRequest, http.StatusFound)
		},
		"not JSON": func(_ int, w http.ResponseWriter, _ *http.Request) { io.WriteString(w, testJWT) },
		"no value": func(_ int, w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"token":"`+testJWT+`"}`) },
		"not a JWT": func(_ int, w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, `{"value":"`+testJWT+`\n::error::"}`)
		},
		"endless":      func(_ int, w http.ResponseWriter, _ *http.Request) { io.Copy(w, io.LimitReader(zeros{}, 1<<20)) },
		"wrong number": func(_ int, w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"value":17}`) },
		"broken off": func(_ int, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "4000")
			io.WriteString(w, `{"value":"`+testJWT)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, log, _ := service(t, answer)
			token, err := s.IDToken(t.Context(), "")
			if err == nil || token != "" || errors.Is(err, ErrNotGranted) {
				t.Fatalf("token %q, %v", token, err)
			}
			if text := err.Error() + log.String(); strings.Contains(text, testRequest) || strings.Contains(text, testJWT) || strings.Contains(text, "127.0.0.1") && name != "broken off" {
				t.Errorf("a secret or an address shows: %s", text)
			}
		})
	}
}

func TestIDTokenBadURLs(t *testing.T) {
	for _, u := range []string{"http://127.0.0.1:1/" + testRequest, "http://%zz" + testRequest, "gopher://" + testRequest, ":", "http://\x7f" + testRequest} {
		s := New(Options{Getenv: actions(map[string]string{
			"ACTIONS_ID_TOKEN_REQUEST_URL": u, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": testRequest,
		})})
		s.retryPause = 0
		if _, err := s.IDToken(t.Context(), ""); err == nil || strings.Contains(err.Error(), testRequest) {
			t.Errorf("%q: %v", u, err)
		}
	}
}

// talkative fails with an error that quotes the request.
type talkative struct{}

func (talkative) RoundTrip(r *http.Request) (*http.Response, error) {
	return nil, errors.New("cannot send " + r.Header.Get("Authorization"))
}

func TestIDTokenTransportThatTellsAll(t *testing.T) {
	s, _, _ := service(t, nil)
	s.client.Transport = talkative{}
	if _, err := s.IDToken(t.Context(), ""); err == nil || strings.Contains(err.Error(), testRequest) {
		t.Errorf("%v", err)
	}
}

func TestIDTokenEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s, _, calls := service(t, func(_ int, _ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	if _, err := s.IDToken(ctx, ""); !errors.Is(err, context.Canceled) || calls.Load() != 1 {
		t.Errorf("%d calls, %v", calls.Load(), err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '0'
	}
	return len(p), nil
}
