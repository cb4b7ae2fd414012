package action

import (
	"fmt"
	"sync/atomic"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/internal/scandoc"
	"github.com/org/cilock-action/pkg/attest"
)

// What a statement holds of documents that scanners wrote.
const (
	maxInlineScan  = 2 << 20  // bytes of one document
	maxKeptScans   = 64 << 20 // bytes of all documents of a run that are kept until it is known which one is inlined
	maxListedScans = 1000     // documents of one kind
)

// scanLooker reads products for documents of scanners, while they are hashed.
// Each worker holds one file of at most scandoc.MaxSize.
type scanLooker struct {
	kept atomic.Int64 // bytes of documents that are held
}

// scanFound is what was found in one file: documents, or why it was not read.
type scanFound struct {
	docs    []scandoc.Document
	problem string
}

// look is a filetree.Inspect.
func (s *scanLooker) look(_ string, size int64, head []byte) filetree.Inspection {
	switch {
	case !scandoc.Candidate(head):
		return nil
	case size > scandoc.MaxSize && head[0] == '#':
		return nil // a script; only by a stretch an SPDX document with a comment before it
	case size > scandoc.MaxSize:
		return &scanContent{tooLarge: true}
	}
	return &scanContent{looker: s, data: make([]byte, 0, size)}
}

// scanContent is the content of one file.
type scanContent struct {
	looker   *scanLooker
	data     []byte
	tooLarge bool
}

func (c *scanContent) Write(p []byte) (int, error) {
	if !c.tooLarge && len(c.data)+len(p) <= scandoc.MaxSize {
		c.data = append(c.data, p...)
	}
	return len(p), nil
}

// Abandon is for a file that did not stand still.
func (c *scanContent) Abandon() {}

// Result is a scanFound, or nil for a file that is no document.
func (c *scanContent) Result() (found any) {
	if c.tooLarge {
		return scanFound{problem: fmt.Sprintf("it is larger than %d MiB", scandoc.MaxSize>>20)}
	}
	defer func() { // content is hostile, and this runs in a worker of the scanner
		if r := recover(); r != nil {
			found = scanFound{problem: fmt.Sprintf("fault in the reader: %v", r)}
		}
	}()
	docs, err := scandoc.Recognise(c.data)
	c.data = nil
	switch {
	case err != nil:
		return scanFound{problem: err.Error()}
	case docs == nil:
		return nil
	}
	for i := range docs {
		if n := int64(len(docs[i].JSON)); n > maxInlineScan || c.looker.kept.Add(n) > maxKeptScans {
			docs[i].JSON = nil
		}
	}
	return scanFound{docs: docs}
}

// scanned is a product that is a document of a scanner.
type scanned struct {
	path   string // as recorded
	digest attest.DigestSet
	docs   []scandoc.Document
}

// take adds what was found in a product, or says why nothing could be.
func (b *productBody) take(path string, digest attest.DigestSet, found any) (problem string) {
	f, ok := found.(scanFound)
	if !ok {
		return ""
	}
	if f.problem == "" {
		b.scans = append(b.scans, scanned{path, digest, f.docs})
		return ""
	}
	return fmt.Sprintf("product %q was not taken for a document of a scanner: %s", path, f.problem)
}
