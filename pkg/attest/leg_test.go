package attest

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"testing"
)

// TestNobodyThere: where there is no port to speak to, be it the proxy's, it is
// given up soon.
func TestNobodyThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	shut := l.Addr().String()
	l.Close()
	for name, to := range map[string]Repository{
		"no host":  {URL: "http://" + shut},
		"no proxy": {URL: "https://192.0.2.1", Transport: &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: shut})}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := to.Fetch(t.Context())
			if service := new(ServiceError); !errors.As(err, &service) || service.Attempts != reachAttempts {
				t.Errorf("%v, expected %d attempts", err, reachAttempts)
			}
		})
	}
}
