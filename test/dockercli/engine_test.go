package dockercli

import (
	"archive/tar"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// request is what the engine was sent, less what every call has.
type request struct {
	What  string // method and path without the version
	Query url.Values
	Body  []byte
	Files map[string]string // of a build's context
}

// engine writes requests down and answers just enough for the client to go on.
type engine struct {
	socket string
	mu     sync.Mutex
	got    []request
}

// apiVersion is what the engine speaks; hosted runners had it in 2025.
const apiVersion = "1.48"

// newEngine listens at a socket with a short path: 108 bytes are all it can have.
func newEngine(t *testing.T) *engine {
	t.Helper()
	dir, err := os.MkdirTemp("", "engine")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	e := &engine{socket: filepath.Join(dir, "s")}
	l, err := net.Listen("unix", e.socket)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: e}
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	t.Cleanup(func() {
		server.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return e
}

var version = regexp.MustCompile(`^/v[0-9.]+`)

func (e *engine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := version.ReplaceAllString(r.URL.Path, "")
	w.Header().Set("Api-Version", apiVersion)
	w.Header().Set("Ostype", "linux")
	w.Header().Set("Builder-Version", "1")
	w.Header().Set("Content-Type", "application/json")
	if path == "/_ping" {
		fmt.Fprint(w, "OK")
		return
	}
	e.keep(path, r)
	switch {
	case path == "/version":
		fmt.Fprintf(w, `{"Version":"28.0.4","ApiVersion":%q,"MinAPIVersion":"1.24","Os":"linux","Arch":"amd64"}`, apiVersion)
	case strings.HasPrefix(path, "/images/") && strings.HasSuffix(path, "/json"):
		fmt.Fprintf(w, `{"Id":%q,"RepoTags":["alpine:3"],"RepoDigests":["alpine@%s"],"Os":"linux","Architecture":"amd64",
			"Config":{"Labels":{"a":"b"}}}`, id, digest)
	case path == "/images/create":
		fmt.Fprintln(w, `{"status":"Status: Image is up to date"}`)
	case path == "/build":
		fmt.Fprintln(w, `{"stream":"Successfully built"}`)
	case r.Method == http.MethodDelete:
		w.WriteHeader(http.StatusNoContent)
	default: // a container is not created: that would go on with streams
		http.Error(w, `{"message":"written down"}`, http.StatusInternalServerError)
	}
}

func (e *engine) keep(path string, r *http.Request) {
	kept := request{What: r.Method + " " + path, Query: r.URL.Query()}
	if path == "/build" {
		kept.Files = map[string]string{}
		for tr := tar.NewReader(r.Body); ; {
			h, err := tr.Next()
			if err != nil {
				break
			}
			data, err := io.ReadAll(tr)
			if err != nil {
				break
			}
			kept.Files[h.Name] = string(data)
		}
	}
	kept.Body, _ = io.ReadAll(r.Body)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.got = append(e.got, kept)
}

// last returns the last request, which must be of this kind.
func (e *engine) last(t *testing.T, what string) request {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.got) == 0 || e.got[len(e.got)-1].What != what {
		t.Fatalf("the engine was asked for %+v, want %s", e.got, what)
	}
	return e.got[len(e.got)-1]
}

// first returns the first request of this kind.
func (e *engine) first(t *testing.T, what string) request {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	i := slices.IndexFunc(e.got, func(r request) bool { return r.What == what })
	if i < 0 {
		t.Fatalf("the engine was asked for %+v, want %s", e.got, what)
	}
	return e.got[i]
}

// created is a container as the client asks the engine for it.
type created struct {
	Image, WorkingDir, User string
	Cmd, Entrypoint, Env    []string
	Labels                  map[string]string
	Tty, OpenStdin          bool
	HostConfig              struct {
		Binds                         []string
		Mounts                        []struct{ Type, Source, Target string }
		NetworkMode, PidMode, IpcMode string
		Privileged, AutoRemove        bool
		CapAdd, SecurityOpt           []string
	}
}

func (r request) container(t *testing.T) created {
	t.Helper()
	var c created
	if err := json.Unmarshal(r.Body, &c); err != nil {
		t.Fatalf("%v: %s", err, r.Body)
	}
	return c
}
