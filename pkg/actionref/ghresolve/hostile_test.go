package ghresolve_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/org/cilock-action/pkg/actionref/ghresolve"
	"github.com/org/cilock-action/test/github"
)

// pkt is one line of git's protocol.
func pkt(s string) string { return fmt.Sprintf("%04x%s", len(s)+4, s) }

// v2 is what a git server says first, in protocol version 2.
var v2 = pkt("# service=git-upload-pack\n") + "0000" +
	pkt("version 2\n") + pkt("ls-refs=unborn\n") + pkt("fetch=shallow filter\n") + pkt("object-format=sha1\n") + "0000"

// refs makes a git server whose list of refs is what f writes.
func refs(f func(io.Writer)) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/info/refs") {
			w.Header().Set("Content-Type", "application/x-git-upload-pack-advertisement")
			io.WriteString(w, v2)
			return true
		}
		if strings.HasSuffix(r.URL.Path, "/git-upload-pack") {
			io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Type", "application/x-git-upload-pack-result")
			f(w)
			return true
		}
		return false
	}
}

// page answers everything in one way.
func page(status int, contentType, body string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		io.WriteString(w, body)
		return true
	}
}

// hang answers never. It reads the body first: only then does the server
// notice that the client has gone.
func hang(_ http.ResponseWriter, r *http.Request) bool {
	io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
	return true
}

// endless writes until the client goes.
func endless(w http.ResponseWriter, r *http.Request, chunk string) {
	chunk = strings.Repeat(chunk, 1+(64<<10)/len(chunk))
	for r.Context().Err() == nil {
		if _, err := io.WriteString(w, chunk); err != nil {
			return
		}
	}
}

// TestHostileServers: whatever a server sends, the answer comes, and is
// undetermined.
func TestHostileServers(t *testing.T) {
	w := newWorld(t)
	const gitType, html = "application/x-git-upload-pack-advertisement", "<html>reachable-default</html>"
	for name, f := range map[string]func(http.ResponseWriter, *http.Request) bool{
		"html":          page(200, "text/html", html),
		"html as git":   page(200, gitType, html),
		"empty":         page(200, gitType, ""),
		"html as json":  page(200, "application/json", html),
		"null":          page(200, "application/json", "null"),
		"dumb protocol": page(200, "text/plain", w.first+"\trefs/heads/main\n"),
		"server error":  page(500, "text/plain", "oops\n::error::x"),
		"teapot":        page(418, "text/plain", ""),
		"forbidden":     page(403, "text/plain", ""),
		"too many":      page(429, "application/json", "{}"),
		"cut off":       page(200, gitType, v2[:len(v2)-9]),
		"wrong length":  page(200, gitType, "ffff"+v2),
		"hang":          hang,
		"to itself": func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, r.URL.String(), http.StatusMovedPermanently)
			return true
		},
		"to a file": func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
			return true
		},
		"to another name": func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, "/x/../../y.git/info/refs", http.StatusMovedPermanently)
			return true
		},
		"endless start": func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Content-Type", gitType)
			endless(w, r, pkt("x\n"))
			return true
		},
		"no refs end":   refs(func(w io.Writer) { io.WriteString(w, pkt(oid(1)+" HEAD\n")) }),
		"bad objects":   refs(func(w io.Writer) { io.WriteString(w, pkt("xyz refs/heads/main\n")+"0000") }),
		"short objects": refs(func(w io.Writer) { io.WriteString(w, pkt(oid(1)[:39]+" refs/heads/main\n")+"0000") }),
		"twice":         refs(func(w io.Writer) { io.WriteString(w, strings.Repeat(pkt(oid(1)+" refs/heads/main\n"), 2)+"0000") }),
		"line in a ref": refs(func(w io.Writer) { io.WriteString(w, pkt(oid(1)+" refs/heads/a\nrefs/heads/main\n")+"0000") }),
	} {
		t.Run(name, func(t *testing.T) {
			w.Intercept(f)
			o := options(t, w.Server)
			o.Timeout = 2 * time.Second
			for _, a := range resolve(t, open(t, o), "owner/repo@"+w.first, "owner/repo@v1.0.0", "a/b@"+w.first) {
				if a.Verdict != ghresolve.Undetermined || len(a.Tags) > 0 {
					t.Errorf("%s: %s", a.Verdict, a.Reason)
				}
			}
		})
	}
}

func oid(n int) string { return fmt.Sprintf("%040x", n) }

// TestEndlessRefs: a list that never ends is given up at a number of bytes.
func TestEndlessRefs(t *testing.T) {
	w := newWorld(t)
	w.Intercept(func(rw http.ResponseWriter, r *http.Request) bool {
		n := 0
		return refs(func(out io.Writer) {
			for r.Context().Err() == nil {
				n++
				if _, err := io.WriteString(out, pkt(oid(n)+fmt.Sprintf(" refs/heads/%0900d\n", n))); err != nil {
					return
				}
			}
		})(rw, r)
	})
	o := options(t, w.Server)
	o.APIURL, o.Timeout = "http://127.0.0.1:1/api/v3", 5*time.Second
	if a := one(t, open(t, o), "owner/repo@"+w.first); a.Verdict != ghresolve.Undetermined {
		t.Errorf("%s: %s", a.Verdict, a.Reason)
	}
}

// TestHostileHistory: the list of refs is right, and what follows is not. A
// commit that needs the history stays undetermined.
func TestHostileHistory(t *testing.T) {
	w := newWorld(t)
	for name, spoil := range map[string]func(http.ResponseWriter, *http.Request, []byte){
		"cut off": func(rw http.ResponseWriter, _ *http.Request, body []byte) { rw.Write(body[:len(body)*2/3]) },
		"flipped": func(rw http.ResponseWriter, _ *http.Request, body []byte) {
			body[len(body)*2/3] ^= 0x10
			rw.Write(body)
		},
		"html": func(rw http.ResponseWriter, _ *http.Request, _ []byte) { io.WriteString(rw, "<html>") },
		"not ours": func(rw http.ResponseWriter, _ *http.Request, _ []byte) {
			io.WriteString(rw, pkt("ERR upload-pack: not our ref "+w.below))
		},
		"hang":   func(_ http.ResponseWriter, r *http.Request, _ []byte) { <-r.Context().Done() },
		"a page": nil,
	} {
		t.Run(name, func(t *testing.T) {
			w.Intercept(spoilFetch(w.Server, spoil))
			o := options(t, w.Server)
			o.APIURL, o.Timeout = "http://127.0.0.1:1/api/v3", 2*time.Second
			a := resolve(t, open(t, o), "owner/repo@"+w.below, "owner/repo@"+w.impostor, "owner/repo@"+w.never)
			for i := range a {
				if a[i].Verdict != ghresolve.Undetermined {
					t.Errorf("%d: %s: %s", i, a[i].Verdict, a[i].Reason)
				}
			}
		})
	}
}

// spoilFetch lets the list of refs through and spoils what fetch sends.
// Without a spoil, the second visit to the server finds a page of HTML.
func spoilFetch(s *github.Server, spoil func(http.ResponseWriter, *http.Request, []byte)) func(http.ResponseWriter, *http.Request) bool {
	var visits atomic.Int64
	return func(rw http.ResponseWriter, r *http.Request) bool {
		if spoil == nil {
			return visits.Add(1) > 2 && page(200, "text/html", "<html>")(rw, r)
		}
		if !strings.HasSuffix(r.URL.Path, "/git-upload-pack") {
			return false
		}
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		recorded := httptest.NewRecorder()
		s.Pass(recorded, r)
		for name, values := range recorded.Header() {
			rw.Header()[name] = values
		}
		if !strings.Contains(string(body), "command=fetch") {
			rw.Write(recorded.Body.Bytes())
			return true
		}
		spoil(rw, r, recorded.Body.Bytes())
		return true
	}
}

// TestHostileREST: with git intact, REST can cost its answers and no more.
func TestHostileREST(t *testing.T) {
	w := newWorld(t)
	for name, f := range map[string]func(http.ResponseWriter, *http.Request) bool{
		"html":         page(200, "text/html", "<html>"),
		"null":         page(200, "application/json", "null"),
		"other types":  page(200, "application/json", `{"full_name":7,"archived":"no","status":["behind"]}`),
		"bad name":     page(200, "application/json", `{"full_name":"o/../x","archived":false,"default_branch":"main"}`),
		"no content":   page(204, "application/json", ""),
		"accepted":     page(202, "application/json", ""),
		"not modified": page(304, "application/json", ""),
		"gone":         page(410, "application/json", `{}`),
		"hang":         hang,
		"to itself": func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, r.URL.String(), http.StatusMovedPermanently)
			return true
		},
	} {
		t.Run(name, func(t *testing.T) {
			w.Intercept(func(rw http.ResponseWriter, r *http.Request) bool {
				return strings.HasPrefix(r.URL.Path, "/api/") && f(rw, r)
			})
			o := options(t, w.Server)
			if name == "hang" {
				o.Timeout = 5 * time.Second
			}
			r := open(t, o)
			a := resolve(t, r, "owner/repo@"+w.first, "owner/repo@"+w.impostor, "owner/repo@"+w.below)
			for i, want := range []ghresolve.Verdict{ghresolve.ReachableDefault, ghresolve.Unreachable, ghresolve.ReachableRef} {
				if a[i].Verdict != want || a[i].Archived != nil || a[i].RenamedTo != "" {
					t.Errorf("%s (%s), want %s; %+v", a[i].Verdict, a[i].Reason, want, a[i])
				}
			}
			if n := r.Requests().REST; n > 24 {
				t.Errorf("%d REST requests", n)
			}
		})
	}
}

// TestEndlessREST: an answer that never ends is given up at a number of bytes,
// long before its time is over.
func TestEndlessREST(t *testing.T) {
	w := newWorld(t)
	var sent atomic.Int64
	w.Intercept(func(rw http.ResponseWriter, r *http.Request) bool {
		if !strings.HasPrefix(r.URL.Path, "/api/") {
			return false
		}
		chunk := `{"x":"` + strings.Repeat("x", 64<<10)
		for r.Context().Err() == nil && sent.Load() < 1<<30 {
			n, err := io.WriteString(rw, chunk)
			if sent.Add(int64(n)); err != nil {
				break
			}
			chunk = chunk[6:] + "      "
		}
		return true
	})
	o := options(t, w.Server)
	o.Timeout = 10 * time.Minute
	if a := one(t, open(t, o), "owner/repo@"+w.first); a.Verdict != ghresolve.ReachableDefault {
		t.Errorf("%s: %s", a.Verdict, a.Reason)
	}
	if sent.Load() > 64<<20 { // the limit is 8 MiB; sockets hold a few more
		t.Errorf("%d bytes were taken", sent.Load())
	}
}

// TestSilentServer: a server that never answers costs a few timeouts, not one
// for each reference.
func TestSilentServer(t *testing.T) {
	w := newWorld(t)
	w.Intercept(hang)
	o := options(t, w.Server)
	o.Timeout, o.Workers = 200*time.Millisecond, 1
	r := open(t, o)
	var texts []string
	for n := range 20 {
		texts = append(texts, fmt.Sprintf("owner/repo-%d@v1", n))
	}
	for _, a := range resolve(t, r, texts...) {
		if a.Verdict != ghresolve.Undetermined {
			t.Errorf("%+v", a)
		}
	}
	if n := r.Requests(); n.REST != 3 || n.Git != 3 {
		t.Errorf("asked %+v", n)
	}
}
