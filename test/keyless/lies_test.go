//go:build unix

package keyless

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/digitorus/timestamp"

	"github.com/org/cilock-action/test/stack"
)

// liar is a service that answers with what lie makes of the true answer.
type liar struct {
	url   string
	asked atomic.Int32
}

func newLiar(t *testing.T, address string, lie func(asked, answered []byte) []byte) *liar {
	t.Helper()
	target, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	l := &liar{}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = target.Scheme, target.Host
		},
		ModifyResponse: func(resp *http.Response) error {
			body, err := io.ReadAll(resp.Body)
			if err != nil {
				return err
			}
			asked, _ := resp.Request.Context().Value(askedKey{}).([]byte)
			body = lie(asked, body)
			resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			resp.Header.Set("Content-Length", strconv.Itoa(len(body)))
			return nil
		},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.asked.Add(1)
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		proxy.ServeHTTP(w, r.WithContext(contextWith(r, body)))
	}))
	t.Cleanup(server.Close)
	l.url = server.URL + target.Path
	return l
}

// replay answers every question as it answered the first.
func replay() func(_, answered []byte) []byte {
	var first atomic.Pointer[[]byte]
	return func(_, answered []byte) []byte {
		first.CompareAndSwap(nil, &answered)
		return *first.Load()
	}
}

// certificateFor is an answer of Fulcio's kind: a certificate for the key that
// was sent, as edit has it, and so many more above it.
func certificateFor(t *testing.T, asked []byte, more int, edit func(*x509.Certificate)) []byte {
	var request struct {
		PublicKeyRequest struct{ PublicKey struct{ Content string } }
	}
	if err := json.Unmarshal(asked, &request); err != nil {
		t.Error(err)
	}
	block, _ := pem.Decode([]byte(request.PublicKeyRequest.PublicKey.Content))
	public, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		t.Error(err)
	}
	authority, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	now := time.Now()
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: now.Add(-time.Minute), NotAfter: now.Add(10 * time.Minute),
		EmailAddresses: []string{"liar@example.com"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning},
	}
	issuer, _ := asn1.MarshalWithParams("https://issuer.example.com", "utf8")
	leaf.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 57264, 1, 8}, Value: issuer}} // Fulcio's oid-info.md
	edit(leaf)
	parent := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "liar"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	var texts []string
	add := func(template *x509.Certificate, key any) {
		der, err := x509.CreateCertificate(rand.Reader, template, parent, key, authority)
		if err != nil {
			t.Error(err)
		}
		texts = append(texts, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	}
	add(leaf, public)
	for i := range more { // by the same key, and for another one
		stranger, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		add(&x509.Certificate{
			SerialNumber: big.NewInt(int64(i + 3)), Subject: pkix.Name{CommonName: "more " + strconv.Itoa(i)},
			NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		}, &stranger.PublicKey)
	}
	answer, _ := json.Marshal(map[string]any{"signedCertificateEmbeddedSct": map[string]any{"chain": map[string]any{"certificates": texts}}})
	return answer
}

// TestLyingFulcio: a certificate that nobody could verify is not taken, and the
// service is not asked for another.
func TestLyingFulcio(t *testing.T) {
	s := stack.Start(t)
	other := []byte(nil)
	says := map[string]string{
		"another key": "for another key", "expired": "is valid from 1970", "of the future": "is valid from", "an authority's": "that of an authority",
		"twenty more": "a chain of 21", "more that are not above it": "not by the next one", "no issuer": "names no identity",
	}
	for name, lie := range map[string]func(asked, answered []byte) []byte{
		"another key": func(_, answered []byte) []byte {
			if other == nil {
				key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
				der, _ := x509.MarshalPKIXPublicKey(&key.PublicKey)
				text := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
				request, _ := json.Marshal(map[string]any{"publicKeyRequest": map[string]any{"publicKey": map[string]any{"content": string(text)}}})
				other = certificateFor(t, request, 0, func(*x509.Certificate) {})
			}
			return other
		},
		"expired": func(asked, _ []byte) []byte {
			return certificateFor(t, asked, 0, func(c *x509.Certificate) {
				c.NotBefore, c.NotAfter = time.Unix(0, 0), time.Unix(600, 0)
			})
		},
		"of the future": func(asked, _ []byte) []byte {
			return certificateFor(t, asked, 0, func(c *x509.Certificate) {
				c.NotBefore, c.NotAfter = time.Now().Add(48*time.Hour), time.Now().Add(49*time.Hour)
			})
		},
		"no issuer": func(asked, _ []byte) []byte {
			return certificateFor(t, asked, 0, func(c *x509.Certificate) { c.ExtraExtensions = nil })
		},
		"an authority's": func(asked, _ []byte) []byte {
			return certificateFor(t, asked, 0, func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = true, true })
		},
		"twenty more": func(asked, _ []byte) []byte { return certificateFor(t, asked, 20, func(*x509.Certificate) {}) },
		"more that are not above it": func(asked, _ []byte) []byte {
			return certificateFor(t, asked, 2, func(*x509.Certificate) {})
		},
	} {
		t.Run(name, func(t *testing.T) {
			l, j := newLiar(t, s.FulcioURL, lie), newJob(t, s.Env)
			said, code := j.run("--keyless", "--signing-timeout=8s", "--fulcio-server-url="+l.url, "--timestamp-server-url="+s.TSAURL)
			if code != 0 {
				t.Errorf("exit code %d", code)
			}
			want(t, said, "cilock: verdict: incomplete", "Fulcio (", says[name])
			if n := l.asked.Load(); n != 1 {
				t.Errorf("asked %d times:\n%s", n, said)
			}
			if said, code = j.cilock("verify", "--key=e.json.pub", "--bundle=e.json", "out.txt"); code != 0 {
				t.Errorf("verify: exit code %d:\n%s", code, said)
			}
		})
	}
}

// stampedAt is a response of an authority of the test's own.
func stampedAt(t *testing.T, asked []byte, at time.Time) []byte {
	request, err := timestamp.ParseRequest(asked)
	if err != nil {
		t.Error(err)
		return nil
	}
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "liar"}, NotBefore: time.Unix(0, 0), NotAfter: time.Now().AddDate(200, 0, 0),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Error(err)
	}
	cert, _ := x509.ParseCertificate(der)
	stamp := timestamp.Timestamp{
		HashAlgorithm: request.HashAlgorithm, HashedMessage: request.HashedMessage, Time: at, Nonce: request.Nonce,
		Policy: []int{1, 2, 3}, AddTSACertificate: true, SerialNumber: big.NewInt(7),
	}
	response, err := stamp.CreateResponseWithOpts(cert, key, crypto.SHA256)
	if err != nil {
		t.Error(err)
	}
	return response
}

// TestLyingTimestamps: a time at which the certificate was not valid, or of
// something else, is no trusted time.
func TestLyingTimestamps(t *testing.T) {
	s := stack.Start(t)
	for name, lie := range map[string]func(asked, answered []byte) []byte{
		"of another signature": replay(),
		"1970":                 func(asked, _ []byte) []byte { return stampedAt(t, asked, time.Unix(60, 0)) },
		"2100":                 func(asked, _ []byte) []byte { return stampedAt(t, asked, time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)) },
	} {
		t.Run(name, func(t *testing.T) {
			l, j := newLiar(t, s.TSAURL, lie), newJob(t, s.Env)
			said, code := j.run("--keyless", "--signing-timeout=8s", "--fulcio-server-url="+s.FulcioURL, "--timestamp-server-url="+l.url)
			if code != 0 {
				t.Errorf("exit code %d", code)
			}
			want(t, said, "cilock: verdict: incomplete", "the timestamp authority (")
			if n := l.asked.Load(); n > 3 {
				t.Errorf("asked %d times for three signatures", n)
			}
		})
	}
}

// TestLyingRekor: what is not about this signature, or does not prove that it
// is in the log, counts as not logged, and is not kept.
func TestLyingRekor(t *testing.T) {
	s := stack.Start(t)
	for name, lie := range map[string]func(asked, answered []byte) []byte{
		"entry of another": replay(),
		"garbage proof": func(_, answered []byte) []byte {
			var entry map[string]any
			if json.Unmarshal(answered, &entry) != nil {
				return answered
			}
			proof := entry["inclusionProof"].(map[string]any)
			proof["rootHash"] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
			out, _ := json.Marshal(entry)
			return out
		},
		"no proof": func(_, answered []byte) []byte {
			var entry map[string]any
			if json.Unmarshal(answered, &entry) != nil {
				return answered
			}
			delete(entry, "inclusionProof")
			out, _ := json.Marshal(entry)
			return out
		},
		"nothing": func(_, _ []byte) []byte { return []byte("{}") },
	} {
		t.Run(name, func(t *testing.T) {
			l, j := newLiar(t, s.RekorURL, lie), newJob(t, s.Env)
			said, code := j.run("--keyless", "--signing-timeout=8s", "--fulcio-server-url="+s.FulcioURL, "--timestamp-server-url="+s.TSAURL, "--rekor-server-url="+l.url)
			if code != 0 {
				t.Errorf("exit code %d", code)
			}
			want(t, said, "cilock: verdict: warn", "Rekor (")
			unlogged := j.unlogged("e.json", "e.json.slsa.json")
			if len(unlogged) == 0 {
				t.Errorf("a lie was kept:\n%s", said)
			}
			for _, path := range []string{"e.json", "e.json.slsa.json"} {
				if slices.Contains(unlogged, path) {
					want(t, said, "--log-later "+j.dir+"/"+path) // all of them are named
				} else if said, code := j.verify(s, path); code != 0 {
					t.Errorf("verify %s: exit code %d:\n%s", path, code, said)
				}
			}
		})
	}
}

// TestEcho: a service that sends the token back, whole or in part, does not
// get it into what is printed or kept; nor do its words become commands.
func TestEcho(t *testing.T) {
	s := stack.Start(t)
	token := s.Token(nil)
	for name, body := range map[string]string{
		"whole":            token,
		"cut":              token[:200],
		"in the middle":    "the signature " + token[len(token)-80:] + " is wrong",
		"where it is cut":  strings.Repeat("x", 250) + token,
		"claims":           strings.Split(token, ".")[1],
		"workflow command": "\n::set-env name=A::b\r::error::x\n##[error]y\u2028::stop-commands::z",
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				http.Error(w, body, http.StatusForbidden)
			}))
			t.Cleanup(server.Close)
			j := newJob(t, []string{"GITHUB_ACTIONS=true"})
			j.write("token", token)
			said, _ := j.run("--identity-token=token", "--fulcio-server-url="+server.URL)
			want(t, said, "403 Forbidden")
			for i := 0; i+30 <= len(token); i++ {
				if strings.Contains(said, token[i:i+30]) {
					t.Fatalf("a part of the token was printed:\n%s", said)
				}
			}
			for line := range strings.FieldsFuncSeq(said, func(r rune) bool { return slices.Contains([]rune{'\n', '\r', '\u2028'}, r) }) {
				line = strings.TrimSpace(line)
				if strings.Contains(line, "##[") || strings.HasPrefix(line, "::set-env") || strings.HasPrefix(line, "::error") || strings.HasPrefix(line, "::stop") {
					t.Errorf("a command of the service: %q", line)
				}
			}
		})
	}
}

// TestRedirect: the token goes to no other host.
func TestRedirect(t *testing.T) {
	s := stack.Start(t)
	for _, status := range []int{301, 302, 307, 308} {
		var elsewhere atomic.Int32
		other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
		t.Cleanup(other.Close)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL+r.URL.Path, status)
		}))
		t.Cleanup(server.Close)
		for _, flags := range [][]string{
			{"--fulcio-server-url=" + server.URL},
			{"--fulcio-server-url=" + s.FulcioURL, "--timestamp-server-url=" + server.URL},
			{"--fulcio-server-url=" + s.FulcioURL, "--timestamp-server-url=" + s.TSAURL, "--rekor-server-url=" + server.URL},
		} {
			j := newJob(t, s.Env)
			said, _ := j.run(append(flags, "--signing-timeout=8s")...)
			want(t, said, strconv.Itoa(status))
		}
		if elsewhere.Load() != 0 {
			t.Errorf("status %d was followed", status)
		}
	}
}
