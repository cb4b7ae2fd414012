package attest

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
)

// ProofType marks the JSON form of a Proof.
const ProofType = "https://github.com/org/cilock-action/inclusion-proof/v0.1"

// The trees of a step, as a Proof names them.
const (
	MaterialsTree = "materials"
	ProductsTree  = "products"
	TraceTree     = "trace" // lines of the trace's sidecar
)

// Bounds of a proof that is read.
const (
	MaxProofSize   = 2 << 20 // bytes
	maxProofHashes = 64      // the depth of a tree that has 2^64 leaves
)

// Proof shows that one file, or one line of the trace, is among those whose
// Merkle root is signed, without the others: an inclusion proof of RFC 6962,
// section 2.1.1. By itself it proves nothing; the root must be one that a
// verified statement has.
//
// The leaf of a file is made of Path and SHA256 as [TreeRoot] says, that of a
// line of the text of Line.
type Proof struct {
	Type      string   `json:"type"`             // ProofType
	Tree      string   `json:"tree"`             // materials, products or trace
	Root      string   `json:"root"`             // hex
	LeafCount int      `json:"leafcount"`        // of the whole tree
	LeafIndex int      `json:"leafindex"`        // from 0, in the order of the leaves
	Path      string   `json:"path,omitempty"`   // of a file, as recorded
	SHA256    string   `json:"sha256,omitempty"` // of its content, hex
	Line      string   `json:"line,omitempty"`   // of a trace, without its line feed
	Hashes    []string `json:"hashes"`           // hex, from the leaf's sibling up to the root's child
}

// ParseProof reads a proof. It checks shape and size only.
func ParseProof(data []byte) (*Proof, error) {
	if len(data) > MaxProofSize {
		return nil, fmt.Errorf("read proof: it has more than %d bytes", MaxProofSize)
	}
	var p Proof
	if err := strict(data, &p); err != nil {
		return nil, fmt.Errorf("read proof: %w", err)
	}
	if p.Type != ProofType {
		return nil, fmt.Errorf("read proof: type is %s, expected %s", quote(p.Type), ProofType)
	}
	if _, err := p.leaf(); err != nil {
		return nil, fmt.Errorf("read proof: %w", err)
	}
	return &p, nil
}

// leaf is the data of the leaf that the proof is about.
func (p *Proof) leaf() ([]byte, error) {
	switch p.Tree {
	case MaterialsTree, ProductsTree:
		sum, err := lowerHex(p.SHA256)
		if err != nil || p.Path == "" || p.Line != "" {
			return nil, errors.New("a proof of a file has a path, the SHA-256 of the content, and no line")
		}
		return leafData(p.Path, sum), nil
	case TraceTree:
		if p.Path != "" || p.SHA256 != "" || strings.Contains(p.Line, "\n") {
			return nil, errors.New("a proof of a line has the line, and neither path nor digest")
		}
		return []byte(p.Line), nil
	}
	return nil, fmt.Errorf("tree is %s, expected materials, products or trace", quote(p.Tree))
}

// lowerHex reads a SHA-256 in its one spelling.
func lowerHex(s string) (sum [sha256.Size]byte, err error) {
	raw, err := hex.DecodeString(s)
	if err != nil || len(raw) != len(sum) || hex.EncodeToString(raw) != s {
		return sum, errors.New("expected 64 lower-case hex digits")
	}
	return [sha256.Size]byte(raw), nil
}

// VerifyProof checks that p leads from its leaf to root, the hex of a tree's
// root in a verified statement. leafCount is the number of leaves that the
// statement gives the tree, or 0 where it gives none: the root alone is enough
// for the leaf to be in the tree, but not for where. The error is a *CheckError.
func VerifyProof(p *Proof, root string, leafCount int) error {
	failed := func(expected, found string) error {
		return &CheckError{"inclusion proof", p.Subject(), expected, found}
	}
	want, err := lowerHex(root)
	if err != nil || p.Root != root {
		return failed("the signed root "+quote(root), "root "+quote(p.Root))
	}
	if leafCount != 0 && p.LeafCount != leafCount {
		return failed(fmt.Sprintf("a tree of %d leaves", leafCount), fmt.Sprint(p.LeafCount))
	}
	if p.LeafIndex < 0 || p.LeafIndex >= p.LeafCount || len(p.Hashes) > maxProofHashes {
		return failed("a leaf of the tree", fmt.Sprintf("leaf %d of %d, %d hashes", p.LeafIndex, p.LeafCount, len(p.Hashes)))
	}
	leaf, err := p.leaf()
	if err != nil {
		return failed("a leaf", err.Error())
	}
	hashes := make([][]byte, len(p.Hashes))
	for i, text := range p.Hashes {
		sum, err := lowerHex(text)
		if err != nil {
			return failed("SHA-256 hashes", quote(text))
		}
		hashes[i] = sum[:]
	}
	hasher := rfc6962.DefaultHasher
	err = proof.VerifyInclusion(hasher, uint64(p.LeafIndex), uint64(p.LeafCount), hasher.HashLeaf(leaf), hashes, want[:])
	if err != nil {
		return failed("a path to root "+root, "another root")
	}
	return nil
}

// Subject says what the proof is about, in words.
func (p *Proof) Subject() string {
	switch p.Tree {
	case TraceTree:
		return fmt.Sprintf("line %d of the trace", p.LeafIndex+1)
	case MaterialsTree:
		return "material " + quote(p.Path)
	}
	return "product " + quote(p.Path)
}

// some names the first files of a map, so that a wrong path can be mended.
func some(files map[string]DigestSet) string {
	const most = 3
	names := slices.Sorted(maps.Keys(files))
	text, before := "", ": "
	for _, name := range names[:min(most, len(names))] {
		text, before = text+before+quote(name), ", "
	}
	if more := len(names) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// ProveFile makes the proof for one file of a path-to-digest map; tree is
// MaterialsTree or ProductsTree.
func ProveFile(tree string, files map[string]DigestSet, path string) (*Proof, error) {
	if _, ok := files[path]; !ok {
		return nil, fmt.Errorf("prove %s: it is not among the %d %s%s", quote(path), len(files), tree, some(files))
	}
	p := &Proof{Type: ProofType, Tree: tree, Path: path, SHA256: files[path]["sha256"], LeafCount: len(files)}
	leaves := make([][]byte, 0, len(files))
	for i, name := range slices.Sorted(maps.Keys(files)) {
		sum, err := lowerHex(files[name]["sha256"])
		if err != nil {
			return nil, fmt.Errorf("prove %s: sha256 of %s: %w", quote(path), quote(name), err)
		}
		if name == path {
			p.LeafIndex = i
		}
		leaves = append(leaves, rfc6962.DefaultHasher.HashLeaf(leafData(name, sum)))
	}
	p.fill(leaves)
	return p, nil
}

// LineProver makes the proof for one line of a text that is written to it, as
// LineTree takes the tree over the lines. It holds 32 bytes for each line.
type LineProver struct {
	number int // of the line, from 1
	line   string
	leaves [][]byte
	lines  lines
}

// NewLineProver returns a prover of a line; the first line has number 1.
func NewLineProver(number int) *LineProver { return &LineProver{number: number} }

// maxProvenLines bounds the tree: 2 GB of memory.
const maxProvenLines = 32 << 20

// Write adds the lines that end in p.
func (l *LineProver) Write(p []byte) (int, error) {
	n, err := l.lines.split(p, func(line []byte) error {
		if len(l.leaves) == maxProvenLines {
			return errors.New("the text has too many")
		}
		l.leaves = append(l.leaves, rfc6962.DefaultHasher.HashLeaf(line))
		if len(l.leaves) == l.number {
			l.line = string(line)
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("prove a line: %w", err)
	}
	return n, nil
}

// Proof is the proof of the line. A line that is not UTF-8 has none, since JSON
// cannot hold it; the trace writes none.
func (l *LineProver) Proof() (*Proof, error) {
	if l.number < 1 || l.number > len(l.leaves) {
		return nil, fmt.Errorf("prove line %d: the text has %d lines", l.number, len(l.leaves))
	}
	if !utf8.ValidString(l.line) {
		return nil, fmt.Errorf("prove line %d: it is not valid UTF-8", l.number)
	}
	p := &Proof{Type: ProofType, Tree: TraceTree, Line: l.line, LeafIndex: l.number - 1, LeafCount: len(l.leaves)}
	p.fill(l.leaves)
	return p, nil
}

// fill sets root and hashes from the hashes of all leaves.
func (p *Proof) fill(leaves [][]byte) {
	p.Root = hex.EncodeToString(treeHash(leaves))
	p.Hashes = []string{}
	for i := p.LeafIndex; len(leaves) > 1; {
		left, right := split(leaves)
		beside := right
		if i < len(left) {
			leaves = left
		} else {
			i, leaves, beside = i-len(left), right, left
		}
		p.Hashes = append(p.Hashes, hex.EncodeToString(treeHash(beside)))
	}
	slices.Reverse(p.Hashes) // PATH of RFC 6962 begins at the leaf
}

// treeHash is MTH of RFC 6962 over leaves that are hashed already.
func treeHash(leaves [][]byte) []byte {
	switch len(leaves) {
	case 0:
		return rfc6962.DefaultHasher.EmptyRoot()
	case 1:
		return leaves[0]
	}
	left, right := split(leaves)
	return rfc6962.DefaultHasher.HashChildren(treeHash(left), treeHash(right))
}

// split cuts at the largest power of two below the number of leaves, which is
// at least two.
func split(leaves [][]byte) (left, right [][]byte) {
	k := 1 << (bits.Len(uint(len(leaves)-1)) - 1)
	return leaves[:k], leaves[k:]
}
