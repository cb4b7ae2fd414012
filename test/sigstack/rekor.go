package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/sigstore/rekor-tiles/v2/cmd/rekor-server/posix/app"
	"github.com/sigstore/rekor-tiles/v2/pkg/note"
)

// roleVariable makes this binary be the Rekor server, whose packages can be
// linked only through its command.
const (
	roleVariable = "SIGSTACK_ROLE"
	rekorRole    = "rekor"
)

// origin is the first line of Rekor's checkpoints. Verifiers take it from the
// host of the log's URL, without the port.
const origin = "127.0.0.1"

// startDeadline is how long Rekor may take to serve; it takes 0.1 s.
const startDeadline = 30 * time.Second

// launches is how often Rekor is started with other ports if it does not serve:
// it takes no port 0, and somebody may take what was free a moment ago.
const launches = 3

// rekor is Rekor v2 in a process of its own.
type rekor struct {
	url    string
	public []byte // PKIX, DER
	logID  []byte

	dir   string // keyFile and folder are in it
	stdin io.Closer
	ended chan struct{} // closed when the process has ended, with err
	err   error
}

// rekorMain is the process of Rekor. It ends with its parent, in whatever way
// that ends, since the pipe closes then.
func rekorMain() {
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	app.Execute()
}

// startRekor starts the process; see ready.
func startRekor(dir string) (*rekor, error) {
	r := &rekor{dir: dir}
	if err := os.MkdirAll(r.folder(), 0o755); err != nil {
		return nil, fmt.Errorf("make rekor's folder: %w", err)
	}
	if err := r.makeKey(); err != nil {
		return nil, err
	}
	return r, r.launch()
}

func (r *rekor) folder() string  { return filepath.Join(r.dir, "rekor") }
func (r *rekor) keyFile() string { return filepath.Join(r.dir, "rekor.pem") }

func (r *rekor) launch() error {
	ports, err := freePorts(3)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	// Entries are integrated at once. Rekor looks once a second whether they
	// are published, for which it has no flag.
	cmd := exec.Command(self, "serve", "--hostname", origin, "--storage-dir", r.folder(), "--signer-filepath", r.keyFile(),
		"--http-port", strconv.Itoa(ports[0]), "--grpc-port", strconv.Itoa(ports[1]), "--http-metrics-port", strconv.Itoa(ports[2]),
		"--checkpoint-interval", "100ms", "--batch-max-age", "10ms", "--batch-max-size", "1", "--log-level", "warn")
	cmd.Env = append(os.Environ(), roleVariable+"="+rekorRole)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if r.stdin, err = cmd.StdinPipe(); err != nil {
		return fmt.Errorf("start rekor: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start rekor: %w", err)
	}
	r.url, r.ended = "http://127.0.0.1:"+strconv.Itoa(ports[0]), make(chan struct{})
	go func(ended chan struct{}) {
		r.err = cmd.Wait()
		close(ended)
	}(r.ended)
	return nil
}

// makeKey makes the log's key, and its ID: of a v2 log a hash of origin and key
// (the signed note's, whole), not of the key alone.
func (r *rekor) makeKey() error {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return fmt.Errorf("make rekor's key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return fmt.Errorf("encode rekor's key: %w", err)
	}
	if r.public, err = x509.MarshalPKIXPublicKey(public); err != nil {
		return fmt.Errorf("encode rekor's key: %w", err)
	}
	if _, r.logID, err = note.KeyHash(origin, public); err != nil {
		return fmt.Errorf("find the ID of rekor's log: %w", err)
	}
	block := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	if err := os.WriteFile(r.keyFile(), block, 0o600); err != nil {
		return fmt.Errorf("write rekor's key: %w", err)
	}
	return nil
}

// ready waits until Rekor serves.
func (r *rekor) ready() error {
	for try := 1; ; try++ {
		err := r.await()
		if err == nil || try == launches {
			return err
		}
		r.stop()
		if err := r.launch(); err != nil {
			return err
		}
	}
}

// await waits for this launch.
func (r *rekor) await() error {
	tick, late := time.NewTicker(5*time.Millisecond), time.After(startDeadline)
	defer tick.Stop()
	client := &http.Client{Timeout: time.Second}
	for {
		response, err := client.Get(r.url + "/healthz")
		if err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-tick.C:
		case <-r.ended:
			return fmt.Errorf("rekor did not start: %w", r.err)
		case <-late:
			return errors.Join(fmt.Errorf("rekor does not serve after %s", startDeadline), err)
		}
	}
}

// stop ends the process and waits for it, so that nobody writes to the folder
// any more.
func (r *rekor) stop() {
	r.stdin.Close()
	<-r.ended
}
