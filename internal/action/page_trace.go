package action

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/internal/report"
	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/internal/verify"
	"github.com/org/cilock-action/pkg/attest"
)

// maxPageEvidence bounds the bundles of one page, in bytes.
const maxPageEvidence = 256 << 20

// maxTraceFile bounds a compressed trace that a page is made of, in bytes.
const maxTraceFile = 512 << 20

// errOtherTrace is a file that is not the trace that the evidence names.
var errOtherTrace = errors.New("it is not the trace that the evidence names")

// PageBundles makes the parts of a page of bundles that were read, each with the
// trace that belongs to it. chosen is the path of a trace that the caller named: it
// has to belong to one of them.
func PageBundles(texts []verify.Text, chosen string) ([]report.Bundle, error) {
	var out []report.Bundle
	used, size := chosen == "", 0
	for _, text := range texts {
		switch {
		case errors.Is(text.Err, fs.ErrNotExist):
			return nil, verdict.Misuse("bundle %q: no such file: give the path of one that is there", text.Path)
		case text.Err != nil:
			return nil, &verdict.ExitError{Code: verdict.ExitDenied, Err: fmt.Errorf("bundle %q: %w", text.Path, text.Err)}
		}
		if size += len(text.Data); size > maxPageEvidence {
			return nil, verdict.Misuse("the bundles have more than %d bytes together: make a report of each", maxPageEvidence)
		}
		b := report.Bundle{Name: filepath.Base(text.Path), Data: text.Data}
		if err := report.Check(b); err != nil {
			return nil, &verdict.ExitError{Code: verdict.ExitDenied, Err: fmt.Errorf("bundle %q is %w", text.Path, err)}
		}
		if want, needed := traceWanted(b); needed {
			path := chosen
			if path == "" {
				path = attest.TracePath(text.Path)
			}
			t, err := openTrace(path, want)
			switch {
			case err == nil:
				b.Trace, b.TraceNote, used = t.summary, traceShown(filepath.Base(path)), true
			case chosen != "" && !errors.Is(err, errOtherTrace):
				return nil, verdict.Misuse("trace %q: %w", chosen, err)
			case errors.Is(err, fs.ErrNotExist):
				b.TraceNote = fmt.Sprintf("The processes and opens are in a file of their own, sha256:%s, which was not there when this page was made. It stood beside the evidence as %s.", want.Sidecar["sha256"], filepath.Base(attest.TracePath(text.Path)))
			default:
				b.TraceNote = fmt.Sprintf("The processes and opens are in a file of their own, sha256:%s. %s was there when this page was made, and is not shown: %v.", want.Sidecar["sha256"], filepath.Base(path), err)
			}
		}
		out = append(out, b)
	}
	if !used {
		return nil, &verdict.ExitError{Code: verdict.ExitDenied, Err: fmt.Errorf("trace %q: %w", chosen, errOtherTrace)}
	}
	return out, nil
}

// traceWanted is what the evidence says of a trace that it has not got inside.
func traceWanted(b report.Bundle) (t attest.Trace, needed bool) {
	c, err := claimsOf(b).Statement.Collection()
	if err != nil {
		return t, false
	}
	found, err := c.Decode(attest.TypeTrace, &t)
	return t, found && err == nil && len(t.Sidecar) > 0
}

// openTrace reads a trace if it is the one that is wanted. It is hashed before
// anything is decompressed: whoever put it there is nobody in particular.
func openTrace(path string, want attest.Trace) (storedTrace, error) {
	f, err := filetree.OpenRegular(path)
	if err != nil {
		return storedTrace{}, err
	}
	defer f.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, io.LimitReader(f, maxTraceFile+1))
	switch {
	case err != nil:
		return storedTrace{}, err
	case n > maxTraceFile:
		return storedTrace{}, fmt.Errorf("it has more than %d bytes", maxTraceFile)
	case hex.EncodeToString(sum.Sum(nil)) != want.Sidecar["sha256"]:
		return storedTrace{}, errOtherTrace
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return storedTrace{}, err
	}
	t, err := readTrace(f)
	if err == nil && (t.sha256 != want.Sidecar["sha256"] || t.root != want.Root || t.lines != want.LeafCount) {
		err = fmt.Errorf("%w: its root is another", errOtherTrace)
	}
	return t, err
}
