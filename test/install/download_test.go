//go:build unix

package install

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/org/cilock-action/test/need"
)

// TestDownload: in every shell, with every program that downloads. The second
// job asks nobody.
func TestDownload(t *testing.T) {
	t.Parallel()
	for _, shell := range []string{"dash", "busybox sh", "bash", "sh"} {
		for _, client := range []string{"curl", "wget", "wget of busybox", "wget without timeout"} {
			t.Run(shell+", "+client, func(t *testing.T) {
				t.Parallel()
				s := newSite(t, nil)
				s.shell = strings.Fields(shell)
				s.client(client)
				if got := s.found(s.run(), padded); got != s.cached() {
					t.Errorf("the path is %q", got)
				}
				s.found(s.run(), padded)
				if want := []string{"/mirror/v1.2.3/" + file()}; !slices.Equal(s.asked, want) {
					t.Errorf("the server was asked for %q, want %q", s.asked, want)
				}
				s.clean()
			})
		}
	}
}

// client leaves one program that downloads.
func (s *site) client(name string) {
	s.t.Helper()
	if name == "curl" {
		return
	}
	s.lack("curl")
	if name != "wget without timeout" {
		s.have("timeout")
	}
	if name != "wget of busybox" {
		s.have("wget")
		return
	}
	path, err := exec.LookPath("busybox")
	if err != nil {
		need.Missing(s.t, "busybox")
	}
	must(s.t, os.Symlink(path, filepath.Join(s.bin, "wget")))
}

// TestBusyboxOnly: an image of Alpine's kind, where every program is busybox.
func TestBusyboxOnly(t *testing.T) {
	t.Parallel()
	path, err := exec.LookPath("busybox")
	if err != nil {
		need.Missing(t, "busybox")
	}
	s := newSite(t, nil)
	s.lack(append(basic, "curl", "sha256sum")...)
	for _, name := range append(slices.Clone(basic), "sha256sum", "wget", "timeout") {
		must(t, os.Symlink(path, filepath.Join(s.bin, name)))
	}
	s.shell = []string{filepath.Join(s.bin, "sh")}
	s.found(s.run(), padded)
	must(t, os.WriteFile(s.cached(), bytes.ToUpper(padded), 0o755))
	s.foundSaying(s.run(), padded, "warning is not used")
}

// TestBecomes: with arguments the script becomes the program, and the job's
// variables are what they were, whatever their names.
func TestBecomes(t *testing.T) {
	t.Parallel()
	program := []byte("#!/bin/sh\necho \"$@\"; env; exit 7\n")
	s := newSite(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(program) })
	s.release("1.2.3", program)
	job := []string{"version=job", "file=job", "size=job", "os=job", "arch=job", "bin=job", "dir=job", "url=job", "text=job", "found=job", "LC_ALL=C"}
	s.env = append(s.env, job...)
	e := s.run("action", "a  b")
	if e.code != 7 || !strings.HasPrefix(e.stdout, "action a  b\n") || e.stderr != "" {
		t.Fatalf("%+v", e)
	}
	for _, variable := range job {
		if !strings.Contains(e.stdout, "\n"+variable+"\n") {
			t.Errorf("%s has changed:\n%s", variable, e.stdout)
		}
	}
	if strings.Contains(e.stdout, "\ncl_") {
		t.Errorf("variables of the script have come through:\n%s", e.stdout)
	}
}

// TestRealBinary: what a release serves, from the manifest to the program.
func TestRealBinary(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(program(t))
	must(t, err)
	s := newSite(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(content) })
	s.release("1.2.3", content)
	e := s.run("version")
	if e.code != 0 || !strings.HasPrefix(e.stdout, "cilock ") || e.stderr != "" {
		t.Errorf("%+v", e)
	}
}

// TestHashers: any of the three programs will do.
func TestHashers(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"shasum", "openssl"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, nil)
			s.lack("sha256sum")
			s.have(name, "perl")
			s.found(s.run(), padded)
			s = newSite(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(bytes.ToUpper(padded)) })
			s.lack("sha256sum")
			s.have(name, "perl")
			s.stopped(s.run(), fmt.Sprintf("found sha256 %x", sum(bytes.ToUpper(padded))))
		})
	}
}

// wrong are answers that are not the genuine program.
var wrong = map[string]http.HandlerFunc{
	"same size": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(bytes.ToUpper(padded)) },
	"one less":  func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(padded[1:]) },
	"one more":  func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(append([]byte("#"), padded...)) },
	"nothing":   func(http.ResponseWriter, *http.Request) {},
	"a page":    func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>Please log in</html>") },
	"declared": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(padded)+1))
		_, _ = w.Write(append([]byte("#"), padded...))
	},
	"without end": func(w http.ResponseWriter, r *http.Request) { endless(w, r) },
}

func endless(w http.ResponseWriter, r *http.Request) {
	for r.Context().Err() == nil {
		if _, err := w.Write(padded); err != nil {
			return
		}
	}
}

// TestWrongBytes ends the step, also where Go could build the program.
func TestWrongBytes(t *testing.T) {
	t.Parallel()
	for name, handler := range wrong {
		for _, client := range []string{"curl", "wget", "wget of busybox"} {
			t.Run(name+", "+client, func(t *testing.T) {
				t.Parallel()
				s := newSite(t, handler)
				s.withGo()
				s.client(client)
				s.stopped(s.run(), fmt.Sprintf("expected %d bytes, sha256 %x, found |%s/mirror/v1.2.3/", len(padded), sum(padded), s.server.URL))
				if _, err := os.Lstat(s.cached()); err == nil {
					t.Error("it is in the tool cache")
				}
				if len(s.asked) != 1 {
					t.Errorf("the server was asked %d times", len(s.asked))
				}
			})
		}
	}
	s := newSite(t, wrong["one less"])
	s.stopped(s.run(), fmt.Sprintf("found %d bytes", len(padded)-1))
}

// failing are networks and servers that give no whole answer.
var failing = map[string]http.HandlerFunc{
	"truncated": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(padded)))
		_, _ = w.Write(padded[:70_000])
	},
	"404": http.NotFound,
	"503": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
	"redirect to nowhere": func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://127.0.0.1:1/x", http.StatusFound)
	},
	"redirect without end": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) },
	"redirect to a file": func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
	},
	"hangs":                  func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	"hangs after the header": func(w http.ResponseWriter, r *http.Request) { hang(w, r) },
}

func hang(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Length", fmt.Sprint(len(padded)))
	_, _ = w.Write(padded[:100])
	w.(http.Flusher).Flush()
	<-r.Context().Done()
}

// TestNetworkFails: the program is built where Go is there, and said; elsewhere
// the step ends with what can be done.
func TestNetworkFails(t *testing.T) {
	t.Parallel()
	for name, handler := range failing {
		for _, client := range []string{"curl", "wget", "wget of busybox"} {
			t.Run(name+", "+client, func(t *testing.T) {
				t.Parallel()
				s := newSite(t, handler)
				s.edit("cl_stall=30 ", "cl_stall=1 ")
				s.edit("cl_limit=200 ", "cl_limit=2 ")
				s.edit("cl_attempts=3 ", "cl_attempts=2 ")
				s.client(client)
				s.stopped(s.run(), "release 1.2.3 could not be downloaded (|Go is not on this runner|binary-path|binary-mirror")
				if name != "redirect without end" && len(s.asked) != 2 {
					t.Errorf("the server was asked %d times", len(s.asked))
				}
				s.withGo()
				e := s.run()
				s.foundSaying(e, []byte("#!/bin/sh\necho built \"$@\"\n"), "notice release 1.2.3 could not be downloaded (|building it from the action's source")
			})
		}
	}
}

// TestAttempts: a download is tried three times, and the reason is the last one's.
func TestAttempts(t *testing.T) {
	t.Parallel()
	s := newSite(t, http.NotFound)
	s.stopped(s.run(), "404")
	if len(s.asked) != 3 {
		t.Errorf("the server was asked %d times", len(s.asked))
	}
	var times atomic.Int32
	s = newSite(t, func(w http.ResponseWriter, _ *http.Request) {
		if times.Add(1) < 3 {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		_, _ = w.Write(padded)
	})
	s.found(s.run(), padded)
}

// TestNoNetwork: nobody listens.
func TestNoNetwork(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.server.Close()
	s.stopped(s.run(), "could not be downloaded (|Go is not on this runner")
}

// TestRedirects: GitHub serves releases from another host. curl goes there over
// https, and nowhere over http.
func TestRedirects(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	files := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(padded) }))
	defer files.Close()
	var to atomic.Value
	to.Store(files.URL)
	front := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, to.Load().(string)+"/x", http.StatusFound)
	}))
	defer front.Close()
	ca := filepath.Join(s.root, "ca.pem")
	must(t, os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: front.Certificate().Raw}), 0o600))
	s.env = []string{"CILOCK_INPUT_BINARY_MIRROR=" + front.URL + "///"}
	s.stopped(s.run(), "could not be downloaded (|ertificate")
	s.env = append(s.env, "CURL_CA_BUNDLE="+ca)
	to.Store(s.server.URL)
	s.stopped(s.run(), "could not be downloaded (|rotocol")
	if len(s.asked) > 0 {
		t.Error("curl was redirected from https to http")
	}
	to.Store(files.URL)
	s.found(s.run(), padded)

	// From http on loopback to http elsewhere: what would be served is genuine.
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(padded) }))
	defer other.Close()
	s = newSite(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, http.StatusFound) })
	s.stopped(s.run(), "could not be downloaded (|rotocol")
}

// TestNothingToDownloadWith, or to check it with: as a network that fails.
func TestNothingToDownloadWith(t *testing.T) {
	t.Parallel()
	for program, text := range map[string]string{"curl": "neither curl nor wget", "sha256sum": "no sha256sum, shasum or openssl"} {
		s := newSite(t, nil)
		s.lack(program)
		s.stopped(s.run(), text)
		s.withGo()
		s.foundSaying(s.run(), []byte("#!/bin/sh\necho built \"$@\"\n"), "notice "+text)
		if len(s.asked) > 0 {
			t.Error("the server was asked")
		}
	}
}

// TestConfigurations: what the user's own files say to curl and wget is not for
// this download.
func TestConfigurations(t *testing.T) {
	t.Parallel()
	for _, client := range []string{"curl", "wget"} {
		s := newSite(t, nil)
		s.client(client)
		must(t, os.WriteFile(filepath.Join(s.root, ".curlrc"), []byte("url = http://127.0.0.1:1/\nrange = 0-10\n"), 0o600))
		must(t, os.WriteFile(filepath.Join(s.root, ".wgetrc"), []byte("http_proxy = http://127.0.0.1:1/\nuse_proxy = on\n"), 0o600))
		s.found(s.run(), padded)
	}
}
