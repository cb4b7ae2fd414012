package step

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
)

// evidence hashes the redacted stream and spools its first part. It belongs to
// one goroutine.
type evidence struct {
	hash hash.Hash
	tap  io.WriteCloser // gets the raw stream; nil for nobody
	in   io.WriteCloser // the redactor, or the evidence itself
	bad  error          // the redactor failed: no digest

	spool     *os.File
	path      string
	left      int64 // bytes the spool may still take
	truncated bool
	spoolErr  error
}

// newEvidence never fails: a spool that cannot be created is recorded, and the
// digest is taken all the same.
func newEvidence(c *Command, name string) *evidence {
	e := &evidence{hash: sha256.New(), left: c.SpoolLimit}
	if c.SpoolDir != "" {
		f, err := c.openSpool(c.SpoolDir, name)
		if err != nil {
			e.spoolErr = fmt.Errorf("create spool of %s: %w", name, err)
		} else {
			e.spool, e.path = f, f.Name()
		}
	}
	if c.Tap != nil {
		e.tap = c.Tap(name)
	}
	if c.Redact != nil {
		e.in = c.Redact(sink{e})
	} else {
		e.in = sink{e}
	}
	return e
}

// write takes a piece of the raw stream. Failures are kept for the record and
// never stop the stream.
func (e *evidence) write(p []byte) {
	if e.tap != nil {
		_, _ = e.tap.Write(p)
	}
	if e.bad == nil {
		if _, err := e.in.Write(p); err != nil {
			e.bad = fmt.Errorf("redact: %w", err)
		}
	}
}

// finish closes everything and fills in the evidence part of an Output.
func (e *evidence) finish(o *Output) {
	if e.tap != nil {
		_ = e.tap.Close()
	}
	if err := e.in.Close(); err != nil && e.bad == nil {
		e.bad = fmt.Errorf("redact: %w", err)
	}
	if e.spool != nil {
		if err := e.spool.Close(); err != nil && e.spoolErr == nil {
			e.truncated, e.spoolErr = true, err
		}
	}
	o.Spool, o.Truncated = e.path, e.truncated
	if e.bad == nil {
		o.SHA256 = hex.EncodeToString(e.hash.Sum(nil))
	} else {
		o.Truncated = true
	}
	if err := errors.Join(e.bad, e.spoolErr); err != nil {
		o.SpoolError = err.Error()
	}
}

// discard removes the spool of a command that never ran.
func (e *evidence) discard() {
	if e.tap != nil {
		_ = e.tap.Close()
	}
	if e.spool != nil {
		e.spool.Close()
		os.Remove(e.path)
	}
}

// sink is the end of the redactor: digest and bounded spool. It always takes
// everything, so that a full disk does not look like a failed redactor.
type sink struct{ *evidence }

func (s sink) Write(p []byte) (int, error) {
	s.hash.Write(p)
	if s.spool == nil {
		s.truncated = s.truncated || s.spoolErr != nil
		return len(p), nil
	}
	part := p
	if int64(len(part)) > s.left {
		part = part[:s.left]
		s.truncated = true
	}
	if len(part) > 0 {
		n, err := s.spool.Write(part)
		s.left -= int64(n)
		if err != nil {
			s.truncated, s.left = true, 0
			s.spoolErr = fmt.Errorf("write spool: %w", err)
		}
	}
	return len(p), nil
}

func (s sink) Close() error { return nil }
