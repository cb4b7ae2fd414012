package action

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/secretscan"
)

// What a run scans for credentials, in bytes. What is beyond it is a gap.
const (
	maxScannedOutput   = 64 << 20 // of each of stdout and stderr, as much as is spooled
	maxScannedProducts = 1 << 30
	scannedAtOnce      = 1 << 20 // a product of at most this size is held and scanned when it is whole
)

// SecretInputs are what a caller asks for with the flags for secrets.
type SecretInputs struct {
	Layers   string   // of encoding, 0 to 8; empty: 3
	Env      []string // variables that hold secrets, besides those whose names say so
	Fail     bool     // a finding fails the step
	FailTier string   // any or high; empty: any. It sets Fail
}

// secretScan is the scan of a run. It is made while the step's process starts,
// since the rules take longer to read than anything else in a plan.
type secretScan struct {
	failTier string // any, high, or empty for none
	layers   int

	ready   chan struct{} // closed when the next two are set
	scanner *secretscan.Scanner
	err     error

	hurried  func() bool   // the job is cancelled: what was not scanned stays so
	one      chan struct{} // holds a token: products are taken apart one at a time, since an archive may need much memory
	products atomic.Int64  // bytes that may still be scanned
	mu       sync.Mutex
	taps     []*tap
}

func planSecrets(p *Plan, in Inputs, d Deps) error {
	scan := ScanInputs{Depth: in.Secrets.Layers, Env: in.Secrets.Env}
	depth, err := scanDepth(scan.Depth)
	if err != nil {
		return err
	}
	s := &secretScan{layers: max(depth, 0), ready: make(chan struct{}), one: make(chan struct{}, 1), hurried: func() bool { return false }}
	if err := checkFailTier(in.Secrets.FailTier); err != nil {
		return err
	}
	if s.failTier = in.Secrets.FailTier; s.failTier == "" && in.Secrets.Fail {
		s.failTier = "any"
	}
	if !p.on("secretscan") {
		if s.failTier != "" {
			return verdict.Misuse("secretscan is not among the attestations, so that no finding could fail the step")
		}
		return nil
	}
	s.products.Store(maxScannedProducts)
	d.Environ = in.secretEnviron(d)
	s.make(scan, p.Dir, d)
	p.Secrets = s
	return nil
}

// make starts to make the scanner. Its canary is the first text that it scans:
// what the rules need for that is then ready when the step begins to print.
func (s *secretScan) make(in ScanInputs, dir string, d Deps) {
	go func() {
		s.err = guarded(func() (err error) {
			s.scanner, err = NewSecretScanner(in, dir, d)
			return err
		})
		close(s.ready)
		if s.scanner != nil {
			s.scanner.Result()
		}
	}()
}

// hurry says how to find out that the job is cancelled: then evidence goes before
// the scan, which has gaps.
func (s *secretScan) hurry(cancelled func() bool) {
	if s != nil {
		s.hurried = cancelled
	}
}

// get waits for the scanner. It is nil if there is none.
func (s *secretScan) get() *secretscan.Scanner {
	if s == nil {
		return nil
	}
	<-s.ready
	return s.scanner
}

// tap is a step.Command's Tap: the scanner reads the output as it came, before
// anything is redacted.
func (s *secretScan) tap(name string) io.WriteCloser {
	t := &tap{of: s, name: name, left: maxScannedOutput, done: make(chan struct{})}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taps = append(s.taps, t)
	return t
}

// tap is one output on its way to the scanner. It belongs to one goroutine.
type tap struct {
	of      *secretScan
	name    string
	w       io.WriteCloser
	left    int64
	dropped bool
	done    chan struct{} // closed when the scanner has come to the end
}

func (t *tap) Write(p []byte) (int, error) {
	n := len(p)
	scanner := t.of.get()
	if scanner == nil {
		return n, nil
	}
	if t.w == nil {
		t.w = scanner.Writer(t.name)
	}
	if !t.dropped && t.of.hurried() {
		t.dropped, t.left = true, 0
		scanner.Gap(t.name, "what came after the cancel is not scanned")
		return n, nil
	}
	if int64(len(p)) > t.left {
		p = p[:t.left]
		if !t.dropped {
			t.dropped = true
			scanner.Gap(t.name, fmt.Sprintf("only the first %d MiB are scanned", maxScannedOutput>>20))
		}
	}
	t.left -= int64(len(p))
	_, _ = t.w.Write(p) // what fails is a gap of the scanner's
	return n, nil
}

// Close does not wait for the scanner: the step has ended, and the collectors
// begin.
func (t *tap) Close() error {
	if t.w == nil {
		close(t.done)
		return nil
	}
	go func() {
		defer close(t.done)
		_ = t.w.Close() // what failed is a gap of the scanner's
	}()
	return nil
}

// What settle waits for the scanner, which has at most 4 MiB of each output left
// to look at.
const (
	settleWithin      = time.Minute
	settleAfterCancel = time.Second
)

// settle waits until the output has been scanned. The masks that it announced are
// then known, before anything is named or recorded.
func (s *secretScan) settle(ctx context.Context) {
	scanner := s.get()
	if scanner == nil {
		return
	}
	within := settleWithin
	if s.hurried() {
		within = settleAfterCancel
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	s.mu.Lock()
	taps := s.taps
	s.mu.Unlock()
	for _, t := range taps {
		select {
		case <-t.done:
		case <-ctx.Done():
		}
	}
	scanner.CloseMasks()
}

// look is a filetree.Inspect.
func (s *secretScan) look(path string, size int64) filetree.Inspection {
	scanner := s.get()
	switch {
	case scanner == nil || size == 0:
		return nil
	case s.hurried():
		scanner.Gap(path, "not scanned: the job was cancelled")
		return nil
	case s.products.Add(-size) < 0:
		s.products.Add(size)
		scanner.Gap(path, fmt.Sprintf("not scanned: more than %d MiB of products", maxScannedProducts>>20))
		return nil
	case size <= scannedAtOnce:
		return &wholeProduct{scan: s, path: path}
	}
	return newLongProduct(s, path)
}

// wholeProduct is scanned when all of it is there.
type wholeProduct struct {
	scan *secretScan
	path string
	data bytes.Buffer
}

func (w *wholeProduct) Write(p []byte) (int, error) { return w.data.Write(p) }

func (w *wholeProduct) Result() any {
	w.scan.one <- struct{}{}
	defer func() { <-w.scan.one }()
	_ = w.scan.scanner.Scan(context.Background(), w.path, &w.data) // what fails is a gap of the scanner's
	return nil
}

func (w *wholeProduct) Abandon() {}

// longProduct is scanned while it is hashed.
type longProduct struct {
	scan   *secretScan
	path   string
	in     *io.PipeWriter
	cancel context.CancelFunc
	done   chan struct{}
	given  bool // it gets no more
}

func newLongProduct(s *secretScan, path string) *longProduct {
	ctx, cancel := context.WithCancel(context.Background())
	out, in := io.Pipe()
	l := &longProduct{scan: s, path: path, in: in, cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(l.done)
		s.one <- struct{}{}
		defer func() { <-s.one }()
		out.CloseWithError(s.scanner.Scan(ctx, path, out))
	}()
	return l
}

// Write leaves the scan alone once the job is cancelled: the hash goes on.
func (l *longProduct) Write(p []byte) (int, error) {
	if !l.given && l.scan.hurried() {
		l.scan.scanner.Gap(l.path, "not scanned to its end: the job was cancelled")
		l.Abandon()
	}
	if l.given {
		return len(p), nil
	}
	return l.in.Write(p)
}

func (l *longProduct) Result() any {
	_ = l.in.Close() // never fails
	if !l.given {
		<-l.done
	}
	l.cancel()
	return nil
}

// Abandon is for a file that did not stand still, which is a gap already. It does
// not wait for the scanner.
func (l *longProduct) Abandon() {
	l.given = true
	l.cancel()
	_ = l.in.Close() // never fails
}
