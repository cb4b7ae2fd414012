// Package tufrepo is a repository of The Update Framework over HTTP, made and
// signed by go-tuf, as Sigstore's instances publish their trusted root in.
package tufrepo

import (
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/sigstore/sigstore/pkg/signature"
	"github.com/theupdateframework/go-tuf/v2/metadata"
)

// Repository can be changed while it is served.
type Repository struct {
	URL  string
	Root []byte // of version 1, which a client starts from

	server *httptest.Server
	keys   map[string]ed25519.PrivateKey // by role
	root   *metadata.Metadata[metadata.RootType]

	mu    sync.Mutex
	files map[string][]byte // by path, with its slash
	asked []string
}

var roles = []string{metadata.ROOT, metadata.TIMESTAMP, metadata.SNAPSHOT, metadata.TARGETS}

// Start serves targets until the test ends.
func Start(t testing.TB, targets map[string][]byte) *Repository {
	t.Helper()
	r := &Repository{keys: map[string]ed25519.PrivateKey{}, files: map[string][]byte{}}
	r.root = metadata.Root(in(24 * time.Hour))
	for _, role := range roles {
		r.addKey(t, role)
	}
	r.Root = sign(t, r.root, r.keys[metadata.ROOT])
	r.Publish(t, targets, in(time.Hour))
	r.server = httptest.NewServer(r)
	t.Cleanup(r.server.Close)
	r.URL = r.server.URL
	return r
}

func in(d time.Duration) time.Time { return time.Now().Add(d).UTC() }

// Publish makes and signs the metadata of targets, all of it valid until then.
func (r *Repository) Publish(t testing.TB, targets map[string][]byte, until time.Time) {
	t.Helper()
	listed := metadata.Targets(until)
	files := map[string][]byte{}
	for name, content := range targets {
		info, err := metadata.TargetFile().FromBytes(name, content, "sha256")
		check(t, err)
		listed.Signed.Targets[name] = info
		sum := sha256.Sum256(content)
		files[fmt.Sprintf("/targets/%s.%s", hex.EncodeToString(sum[:]), name)] = content
	}
	files["/1.targets.json"] = sign(t, listed, r.keys[metadata.TARGETS])
	files["/1.snapshot.json"] = sign(t, metadata.Snapshot(until), r.keys[metadata.SNAPSHOT])
	files["/timestamp.json"] = sign(t, metadata.Timestamp(until), r.keys[metadata.TIMESTAMP])
	r.mu.Lock()
	defer r.mu.Unlock()
	for path, content := range files {
		r.files[path] = content
	}
}

// Rotate gives the root a new key, and publishes it as the next version, signed
// by the old key and by the new one.
func (r *Repository) Rotate(t testing.TB) {
	t.Helper()
	old := r.keys[metadata.ROOT]
	check(t, r.root.Signed.RevokeKey(r.root.Signed.Roles[metadata.ROOT].KeyIDs[0], metadata.ROOT))
	r.addKey(t, metadata.ROOT)
	r.root.Signed.Version++
	r.root.ClearSignatures()
	sign(t, r.root, old)
	r.Put(fmt.Sprintf("/%d.root.json", r.root.Signed.Version), sign(t, r.root, r.keys[metadata.ROOT]))
}

// Put replaces a file, or removes it.
func (r *Repository) Put(path string, content []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.files[path] = content
	if content == nil {
		delete(r.files, path)
	}
}

// Paths are those of the files that there are.
func (r *Repository) Paths() (paths []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for path := range r.files {
		paths = append(paths, path)
	}
	return paths
}

// Asked is what was asked for, in order.
func (r *Repository) Asked() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.asked...)
}

// ServeHTTP serves the files.
func (r *Repository) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	r.asked = append(r.asked, req.URL.Path)
	content, ok := r.files[req.URL.Path]
	r.mu.Unlock()
	if !ok {
		http.NotFound(w, req)
		return
	}
	_, _ = w.Write(content)
}

func (r *Repository) addKey(t testing.TB, role string) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(nil)
	check(t, err)
	r.keys[role] = private
	public, err := metadata.KeyFromPublicKey(private.Public())
	check(t, err)
	check(t, r.root.Signed.AddKey(public, role))
}

func sign[T metadata.Roles](t testing.TB, m *metadata.Metadata[T], key ed25519.PrivateKey) []byte {
	t.Helper()
	signer, err := signature.LoadSigner(key, crypto.Hash(0))
	check(t, err)
	_, err = m.Sign(signer)
	check(t, err)
	text, err := m.ToBytes(false)
	check(t, err)
	return text
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
