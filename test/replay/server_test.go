//go:build linux

package replay

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// server takes what is posted to it, on loopback. It is the thief's, and the one
// to which an honest step reports.
type server struct {
	address string // HOST/PORT, as bash wants it behind /dev/tcp/

	mutex sync.Mutex
	got   map[string][]byte // by the path of the request
}

func newServer(t testing.TB) *server {
	s := &server{got: map[string][]byte{}}
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		const most = 1 << 20
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
		if err != nil {
			http.Error(w, "not read", http.StatusBadRequest)
			return
		}
		s.mutex.Lock()
		defer s.mutex.Unlock()
		s.got[r.URL.Path] = append(s.got[r.URL.Path], body...)
	}))
	t.Cleanup(h.Close)
	s.address = strings.ReplaceAll(h.Listener.Addr().String(), ":", "/")
	return s
}

// received is what was posted to a path.
func (s *server) received(path string) []byte {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return append([]byte(nil), s.got[path]...)
}
