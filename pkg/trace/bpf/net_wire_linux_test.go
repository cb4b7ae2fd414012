//go:build amd64 || arm64

package bpf

import (
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/trace"
)

// names are the messages of kind Name, in lines.
func names(all []trace.Message) []string {
	var lines []string
	for _, m := range all {
		if m.Kind == trace.Name {
			s := fmt.Sprintf("%s %s %s %s %s %d", m.Op, strings.Join(m.Names, " "), m.Family, m.Protocol, m.Address, m.Port)
			if len(m.Answers) > 0 {
				s += " " + strings.Join(m.Answers, " ")
			}
			lines = append(lines, s)
		}
	}
	return lines
}

func expectNames(t *testing.T, got []trace.Message, want ...string) {
	t.Helper()
	have := names(got)
	for _, w := range want {
		if !slices.Contains(have, w) {
			t.Errorf("no %q in %q", w, have)
		}
	}
}

// TestDNS asks in a network namespace of the step's own, where port 53 is free.
func TestDNS(t *testing.T) {
	for _, how := range []string{"udp", "tcp", "sendto"} {
		for _, at := range []struct{ family, address string }{{"inet", "127.0.0.1"}, {"inet6", "::1"}} {
			t.Run(how+" "+at.family, func(t *testing.T) {
				protocol := how
				if how == "sendto" {
					protocol = "udp"
				}
				got := child(t, "new-network", "resolve", how, at.address, "asked")
				where := fmt.Sprintf("%s %s %s 53", at.family, protocol, at.address)
				expectNames(t, got, "query asked "+where, "answer asked "+where+" 192.0.2.44")
				op := "connect "
				if how == "sendto" {
					op = "send "
				}
				expect(t, got, op+where)
			})
		}
	}
}

// hello is the first flight of Go's TLS client.
func hello(t testing.TB, name string) []byte {
	t.Helper()
	client, server := net.Pipe()
	go tls.Client(client, &tls.Config{ServerName: name}).Handshake()
	defer client.Close()
	buf := make([]byte, 8192)
	n, err := server.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	return buf[:n]
}

func TestServerNames(t *testing.T) {
	four, six := listen(t, "tcp4", "127.0.0.1:0"), listen(t, "tcp6", "[::1]:0")
	h := hello(t, "one.example")
	want := fmt.Sprintf("sni one.example inet tcp 127.0.0.1 %d", four.Port())
	expectNames(t, child(t, "tcp-write", four.String(), hex.EncodeToString(h)), want)
	expectNames(t, child(t, "tcp-write", six.String(), hex.EncodeToString(h)), fmt.Sprintf("sni one.example inet6 tcp ::1 %d", six.Port()))
	for _, cut := range []int{1, 5, 60, len(h) - 1} {
		got := child(t, "tcp-write", four.String(), hex.EncodeToString(h[:cut]), hex.EncodeToString(h[cut:]))
		expectNames(t, got, want)
	}
	if got := names(child(t, "tcp-write", four.String(), hex.EncodeToString([]byte("GET / HTTP/1.1\r\n\r\n")))); got != nil {
		t.Errorf("a name in plain HTTP: %q", got)
	}
}

func TestQUICNames(t *testing.T) {
	packet, err := os.ReadFile("testdata/rfc9001-a2.hex")
	if err != nil {
		t.Fatal(err)
	}
	in := strings.Join(strings.Fields(string(packet)), "")
	expectNames(t, child(t, "quic", "connected", "127.0.0.1:8443", in), "quic example.com inet udp 127.0.0.1 8443")
	expectNames(t, child(t, "quic", "unconnected", "[::1]:8443", in), "quic example.com inet6 udp ::1 8443")
	expectNames(t, child(t, "quic", "segments", "127.0.0.1:8443", in), "quic example.com inet udp 127.0.0.1 8443")
}
