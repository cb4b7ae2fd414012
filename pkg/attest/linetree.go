package attest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"
)

// LineTree takes the Merkle tree hash of RFC 6962 over the lines of a text that
// is written to it: the data of a leaf is a line without its line feed. It
// holds a line and a few hashes, never the text.
type LineTree struct {
	tree  *compact.Range
	lines lines
	n     int
}

// maxTreeLine bounds a line, in bytes.
const maxTreeLine = 1 << 20

// NewLineTree returns a tree without leaves.
func NewLineTree() *LineTree {
	factory := compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}
	return &LineTree{tree: factory.NewEmptyRange(0)}
}

// Write adds the lines that end in p.
func (t *LineTree) Write(p []byte) (int, error) {
	n, err := t.lines.split(p, func(line []byte) error {
		t.n++
		return t.tree.Append(rfc6962.DefaultHasher.HashLeaf(line), nil)
	})
	if err != nil {
		return 0, fmt.Errorf("hash a line: %w", err)
	}
	return n, nil
}

// lines cuts a text that comes in pieces into lines.
type lines struct{ rest []byte } // after the last line feed

// split hands over the lines that end in p, each until take returns. Of one that
// goes on it keeps maxTreeLine bytes at most.
func (l *lines) split(p []byte, take func(line []byte) error) (int, error) {
	n := len(p)
	for {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			break
		}
		line := p[:i]
		if len(l.rest) > 0 {
			l.rest = append(l.rest, line...)
			line = l.rest
		}
		if err := take(line); err != nil {
			return 0, err
		}
		l.rest, p = l.rest[:0], p[i+1:]
	}
	if len(l.rest)+len(p) > maxTreeLine {
		return 0, errors.New("it is too long")
	}
	l.rest = append(l.rest, p...)
	return n, nil
}

// Root returns the root in hex and the number of leaves. A last line without a
// line feed is none. The root of no lines is SHA-256 of nothing.
func (t *LineTree) Root() (root string, leaves int) {
	if t.n == 0 {
		return hex.EncodeToString(rfc6962.DefaultHasher.EmptyRoot()), 0
	}
	sum, err := t.tree.GetRootHash(nil)
	if err != nil { // only of a range that was put together by hand
		return hex.EncodeToString(make([]byte, sha256.Size)), t.n
	}
	return hex.EncodeToString(sum), t.n
}
