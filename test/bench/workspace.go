package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
)

// bench is the folder that everything happens in, and what is measured.
type bench struct {
	dir     string
	cilock  string // the binary
	key     string // a private key in PEM
	public  string
	folders int // made so far
}

// newBench makes the folder, and builds cilock into it unless binary names one.
func newBench(ctx context.Context, binary string) (b *bench, err error) {
	dir, err := os.MkdirTemp("", "cilock-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a temporary folder: %w", err)
	}
	b = &bench{dir: dir}
	defer func() {
		if err != nil {
			b.close()
		}
	}()
	if err := b.writeKeys(); err != nil {
		return nil, fmt.Errorf("make a signing key: %w", err)
	}
	if binary != "" {
		b.cilock, err = filepath.Abs(binary)
		return b, err
	}
	b.cilock = filepath.Join(dir, "cilock")
	if runtime.GOOS == "windows" {
		b.cilock += ".exe"
	}
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", b.cilock, "github.com/org/cilock-action/cmd/action")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFIPS140=v1.0.0")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build cilock (run this in the repository): %w: %s", err, out)
	}
	return b, nil
}

func (b *bench) close() error { return os.RemoveAll(b.dir) }

func (b *bench) writeKeys() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return err
	}
	b.key, b.public = filepath.Join(b.dir, "key.pem"), filepath.Join(b.dir, "pub.pem")
	if err := os.WriteFile(b.key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600); err != nil {
		return err
	}
	return os.WriteFile(b.public, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}), 0o600)
}

// folder makes a folder for one measure, outside any checkout.
func (b *bench) folder() (string, error) {
	b.folders++
	dir := filepath.Join(b.dir, "work"+strconv.Itoa(b.folders))
	return dir, os.Mkdir(dir, 0o755)
}

// outfile is where every run leaves its evidence.
func (b *bench) outfile() string { return filepath.Join(b.dir, "evidence.json") }

// run is a command under cilock.
func (b *bench) run(dir string, args ...string) command {
	return command{dir: dir, writes: []string{b.outfile(), b.outfile() + ".dsse.json", b.outfile() + ".slsa.json"}, args: append([]string{
		b.cilock, "run", "--step", "bench", "--trace", "off", "--key", b.key, "--outfile", b.outfile(), "--",
	}, args...)}
}

// verify checks the last evidence, for a file if one is given.
func (b *bench) verify(dir string, subject ...string) command {
	if subject == nil {
		subject = []string{"--skip-subject-unsafe"}
	}
	return command{dir: dir, args: append([]string{b.cilock, "verify", "--key", b.public, "--bundle", b.outfile()}, subject...)}
}

// fill writes n files of size random bytes, 1,000 to a directory.
func fill(dir string, n, size int) error {
	data := make([]byte, min(size, 1<<20)) // little: see Sample.RSS
	src := mathrand.NewChaCha8([32]byte{})
	for i := range n {
		sub := filepath.Join(dir, "d"+strconv.Itoa(i/1000))
		if i%1000 == 0 {
			if err := os.MkdirAll(sub, 0o755); err != nil {
				return err
			}
		}
		if err := fillFile(filepath.Join(sub, "f"+strconv.Itoa(i)), data, size, src); err != nil {
			return err
		}
	}
	return nil
}

func fillFile(path string, data []byte, size int, src *mathrand.ChaCha8) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	for size > 0 {
		_, _ = src.Read(data)
		n, err := f.Write(data[:min(size, len(data))])
		if err != nil {
			f.Close()
			return fmt.Errorf("fill %s: %w", path, err)
		}
		size -= n
	}
	return f.Close()
}
