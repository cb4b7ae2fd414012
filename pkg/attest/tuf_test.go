package attest

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/org/cilock-action/test/tufrepo"
)

// published is a repository with a real root and a signing configuration.
func published(t testing.TB) (*tufrepo.Repository, map[string][]byte) {
	targets := map[string][]byte{trustedRootTarget: npmFile(t, npmRoot), signingConfigTarget: []byte(`{"mediaType":"application/vnd.dev.sigstore.signingconfig.v0.2+json"}`)}
	return tufrepo.Start(t, targets), targets
}

func TestRepositoryFetch(t *testing.T) {
	r, targets := published(t)
	t.Chdir(t.TempDir())
	for range 2 { // the key of the root changes between
		got, err := Repository{URL: r.URL + "/", Root: r.Root}.Fetch(t.Context())
		if err != nil || string(got.TrustedRoot) != string(targets[trustedRootTarget]) || string(got.SigningConfig) != string(targets[signingConfigTarget]) {
			t.Errorf("%d and %d bytes, %v", len(got.TrustedRoot), len(got.SigningConfig), err)
		}
		r.Rotate(t)
	}
	if left, _ := os.ReadDir("."); len(left) > 0 {
		t.Errorf("%v was left behind", left)
	}
}

// TestRepositoryNotFromHere: what lies in the current folder, a checkout as a
// rule, is not looked at.
func TestRepositoryNotFromHere(t *testing.T) {
	r, _ := published(t)
	t.Chdir(t.TempDir())
	host := strings.TrimPrefix(r.URL, "http://")
	for _, folder := range []string{".", host, strings.ReplaceAll(host, ":", "-")} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"root", "timestamp", "snapshot", "targets"} {
			if err := os.WriteFile(filepath.Join(folder, name+".json"), []byte("{}"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := (Repository{URL: r.URL, Root: r.Root}).Fetch(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestRepositoryWithoutSigningConfig(t *testing.T) {
	r := tufrepo.Start(t, map[string][]byte{trustedRootTarget: npmFile(t, npmRoot)})
	got, err := Repository{URL: r.URL, Root: r.Root}.Fetch(t.Context())
	if err != nil || got.TrustedRoot == nil || got.SigningConfig != nil {
		t.Errorf("%d and %d bytes, %v", len(got.TrustedRoot), len(got.SigningConfig), err)
	}
}

// TestRepositoryRefused: whatever is not signed as the root says gives nothing,
// and an error that names the repository.
func TestRepositoryRefused(t *testing.T) {
	root := npmFile(t, npmRoot)
	change := func(r *tufrepo.Repository, part string, content []byte) {
		for _, path := range r.Paths() {
			if strings.Contains(path, part) {
				r.Put(path, content)
			}
		}
	}
	other := []byte(strings.Replace(string(root), "sigstore", "sigst0re", 1))
	for _, c := range []struct {
		name   string
		change func(r *tufrepo.Repository, targets map[string][]byte)
		says   string
	}{
		{"another root", func(r *tufrepo.Repository, _ map[string][]byte) { r.Root = nil }, ""},
		{"no root", func(r *tufrepo.Repository, _ map[string][]byte) { r.Root = []byte("{}") }, "root.json to start from"},
		{"target", func(r *tufrepo.Repository, _ map[string][]byte) { change(r, ".trusted_root.json", other) }, "hash"},
		{"timestamp", func(r *tufrepo.Repository, _ map[string][]byte) { change(r, "timestamp.json", other) }, ""},
		{"no timestamp", func(r *tufrepo.Repository, _ map[string][]byte) { r.Put("/timestamp.json", nil) }, "404"},
		{"target of another size", func(r *tufrepo.Repository, _ map[string][]byte) {
			change(r, ".trusted_root.json", append(slices.Clip(root), ' '))
		}, "bytes"},
		{"expired", func(r *tufrepo.Repository, targets map[string][]byte) {
			r.Publish(t, targets, time.Now().Add(-time.Hour).UTC())
		}, "expired"},
		{"unsigned root", func(r *tufrepo.Repository, _ map[string][]byte) {
			r.Rotate(t)
			r.Put("/2.root.json", []byte(strings.Replace(string(r.Root), `"version":1`, `"version":2`, 1)))
		}, ""},
		{"no trusted root", func(r *tufrepo.Repository, _ map[string][]byte) {
			r.Publish(t, map[string][]byte{"else.json": []byte("{}")}, time.Now().Add(time.Hour).UTC())
		}, "trusted_root.json"},
		{"a huge target", func(r *tufrepo.Repository, _ map[string][]byte) {
			r.Publish(t, map[string][]byte{trustedRootTarget: make([]byte, MaxTrustedRootSize+1)}, time.Now().Add(time.Hour).UTC())
		}, "at most"},
		{"a signing configuration that is none", func(r *tufrepo.Repository, _ map[string][]byte) {
			r.Publish(t, map[string][]byte{trustedRootTarget: root, signingConfigTarget: []byte("\n::error::x\x00")}, time.Now().Add(time.Hour).UTC())
		}, ""},
		{"not a trusted root", func(r *tufrepo.Repository, _ map[string][]byte) {
			r.Publish(t, map[string][]byte{trustedRootTarget: []byte("[]")}, time.Now().Add(time.Hour).UTC())
		}, "trusted root"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, targets := published(t)
			c.change(r, targets)
			got, err := Repository{URL: r.URL, Root: r.Root}.Fetch(t.Context())
			if err == nil {
				t.Fatalf("it was taken: %d bytes", len(got.TrustedRoot))
			}
			if service := new(ServiceError); !errors.As(err, &service) || !strings.Contains(err.Error(), tufName) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, expected %q", err, c.says)
			}
			fetched := slices.ContainsFunc(r.Asked(), func(path string) bool { return strings.HasSuffix(path, ".trusted_root.json") })
			if c.name == "a huge target" && fetched {
				t.Error("it was fetched, and refused then")
			}
			if strings.ContainsAny(err.Error(), "\n\r") {
				t.Errorf("not one line: %q", err)
			}
		})
	}
}

// TestRepositoryOut: no answer, and answers without end, in the time there is.
func TestRepositoryOut(t *testing.T) {
	r, _ := published(t)
	for name, handler := range map[string]http.HandlerFunc{
		"hangs": func(_ http.ResponseWriter, req *http.Request) { <-req.Context().Done() },
		"endless": func(w http.ResponseWriter, req *http.Request) {
			for req.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 1<<16)); err != nil {
					return
				}
			}
		},
		"newer roots without end": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(r.Root) },
		"elsewhere": func(w http.ResponseWriter, req *http.Request) {
			http.Redirect(w, req, r.URL+req.URL.Path, http.StatusFound)
		},
		"busy": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(handler)
			defer server.Close()
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			_, err := Repository{URL: server.URL, Root: r.Root}.Fetch(ctx)
			if service := new(ServiceError); !errors.As(err, &service) || service.Service != tufName {
				t.Errorf("%v, expected an error that names the repository", err)
			}
		})
	}
	if slices.Contains(r.Asked(), "/timestamp.json") {
		t.Error("a redirect was followed")
	}
	for _, url := range []string{"", "ftp://example.com", "http://example.com", "https://example.com/?x", "https://u:p@example.com"} {
		if _, err := (Repository{URL: url, Root: r.Root}).Fetch(t.Context()); err == nil || strings.Contains(err.Error(), "u:p") {
			t.Errorf("%s: %v", url, err)
		}
	}
}

// FuzzRepository: no answer of a repository is taken that its keys have not
// signed, and none ends the program.
func FuzzRepository(f *testing.F) {
	r, targets := published(f)
	for _, name := range []string{"/timestamp.json", "/1.snapshot.json", "/1.targets.json", "/2.root.json"} {
		f.Add(name, r.Root)
		f.Add(name, []byte(`{"signed":{"_type":"timestamp"},"signatures":[]}`))
	}
	f.Fuzz(func(t *testing.T, name string, content []byte) {
		from := roundTripper(func(req *http.Request) (*http.Response, error) {
			w := httptest.NewRecorder()
			if req.URL.Path == name {
				_, _ = w.Write(content)
			} else {
				r.ServeHTTP(w, req)
			}
			return w.Result(), nil
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		got, err := Repository{URL: r.URL, Root: r.Root, Transport: from}.Fetch(ctx)
		if err == nil && string(got.TrustedRoot) != string(targets[trustedRootTarget]) {
			t.Errorf("%d bytes that nobody has signed", len(got.TrustedRoot))
		}
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (r roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return r(req) }
