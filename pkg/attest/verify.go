package attest

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Verified is a statement whose signatures and shape have been checked. Only
// Verify makes one.
type Verified struct {
	Statement  Statement
	Collection *Collection // nil when the predicate is of another kind
	KeyID      string      // of the first signer
	Signers    []Signer    // what was proved, for each signature in order
	Checks     []Check     // those that held, in order
}

// Check is one thing that was looked at and held.
type Check struct {
	Name   string
	Detail string
}

// CheckError is a check that did not hold: which, on what, what was expected
// and what was found. Expected and Found may hold untrusted text.
type CheckError struct {
	Check    string
	On       string
	Expected string
	Found    string
}

func (e *CheckError) Error() string {
	return fmt.Sprintf("%s check failed on %s: expected %s, found %s", e.Check, e.On, e.Expected, e.Found)
}

// Verify checks b against those who may have signed it. It returns a
// *CheckError that names the first check that did not hold. It makes no
// network call. Each signature must be by somebody who is trusted: one that
// nobody vouches for is no reason to believe, and may be one to worry.
func Verify(b *Bundle, trust Trust) (*Verified, error) {
	v := &Verified{}
	var err error
	if v.Signers, v.Checks, err = b.prove(trust); err != nil {
		return nil, err
	}
	v.KeyID = v.Signers[0].KeyID
	if n := len(v.Signers); n > 1 {
		v.held("signers", fmt.Sprintf("%d signatures by %d keys", n, v.DistinctKeys()))
	}

	if b.envelope.PayloadType != PayloadType {
		return nil, &CheckError{"payload type", "envelope", PayloadType, quote(b.envelope.PayloadType)}
	}
	v.held("payload type", PayloadType)

	st, err := parseStatement(b.envelope.Payload)
	if err != nil {
		return nil, &CheckError{"statement", "payload", "an in-toto statement", err.Error()}
	}
	v.Statement = st
	v.held("statement", st.PredicateType)

	if !st.IsCollection() {
		return v, nil
	}
	c, err := st.Collection()
	if err != nil {
		return nil, &CheckError{"collection", "predicate", "a named collection of distinct attestations", err.Error()}
	}
	v.Collection = &c
	v.held("collection", fmt.Sprintf("step %s, %d attestations", quote(c.Name), len(c.Attestations)))
	if err := v.checkTrees(); err != nil {
		return nil, err
	}
	return v, nil
}

func (v *Verified) held(name, detail string) { v.Checks = append(v.Checks, Check{name, detail}) }

// DistinctKeys counts the keys that signed. The same key twice is one.
func (v *Verified) DistinctKeys() int {
	keys := map[string]bool{}
	for _, s := range v.Signers {
		keys[s.KeyID] = true
	}
	return len(keys)
}

// numbered says of which signature an error is, where there are several.
func numbered(err error, i, n int) error {
	var check *CheckError
	if n > 1 && errors.As(err, &check) {
		check.On = fmt.Sprintf("%s, signature %d of %d", check.On, i+1, n)
		check.Expected += fmt.Sprintf(" (signature %d of %d)", i+1, n)
	}
	return err
}

// checkTrees recomputes the Merkle roots from the maps beside them.
func (v *Verified) checkTrees() error {
	var trees Trees
	found, err := v.Collection.Decode(TypeTrees, &trees)
	if err != nil {
		return &CheckError{"trees", TypeTrees, "a trees attestation", err.Error()}
	}
	if !found {
		return nil
	}
	for _, one := range []struct {
		name, typ string
		want      Tree
		leaves    func(body []byte) (map[string][sha256.Size]byte, error)
	}{
		{"materials", TypeMaterial, trees.Materials, digestLeaves},
		{"products", TypeProduct, trees.Products, productLeaves},
	} {
		if err := v.checkTree(one.name, one.typ, one.want, one.leaves); err != nil {
			return err
		}
	}
	v.held("trees", fmt.Sprintf("roots of %d materials and %d products", trees.Materials.LeafCount, trees.Products.LeafCount))
	return nil
}

// checkTree compares a root with the map that it is of. Where a collector has
// failed there is neither, and its account says so.
func (v *Verified) checkTree(name, typ string, want Tree, read func([]byte) (map[string][sha256.Size]byte, error)) error {
	a, recorded := v.Collection.Find(typ)
	if !recorded && want.Root == "" && want.LeafCount == 0 {
		return nil
	}
	leaves := map[string][sha256.Size]byte{}
	if recorded {
		var err error
		if leaves, err = read(a.Body); err != nil {
			return &CheckError{"trees", name, "a SHA-256 digest for each path below the working directory", err.Error()}
		}
	}
	root, n := TreeRoot(leaves)
	if hex.EncodeToString(root[:]) != want.Root || n != want.LeafCount {
		return &CheckError{
			"trees", name,
			fmt.Sprintf("root %s over %d files", want.Root, want.LeafCount),
			fmt.Sprintf("root %x over %d files", root, n),
		}
	}
	return nil
}

// ProductDigests drops the mime types.
func ProductDigests(products map[string]Product) map[string]DigestSet {
	out := make(map[string]DigestSet, len(products))
	for path, p := range products {
		out[path] = p.Digest
	}
	return out
}

// NewTree is the tree over a path-to-digest map. Every entry needs a sha256.
func NewTree(files map[string]DigestSet) (Tree, error) {
	leaves := make(map[string][sha256.Size]byte, len(files))
	for path, digest := range files {
		sum, err := leaf(path, []byte(digest["sha256"]))
		if err != nil {
			return Tree{}, err
		}
		leaves[path] = sum
	}
	rootHash, n := TreeRoot(leaves)
	return Tree{Root: hex.EncodeToString(rootHash[:]), LeafCount: n}, nil
}

// strongHashes are the hash names that count when an artifact is compared.
var strongHashes = []string{"sha256", "sha384", "sha512"}

// MatchSubject is MatchDigests for an artifact of which the SHA-256 alone
// (lower-case hex) is known.
func (v *Verified) MatchSubject(sha256Hex string) (where string, ok bool) {
	return v.MatchDigests(SHA256(sha256Hex))
}

// MatchDigests finds an artifact in the statement by its sha256, sha384 and
// sha512 (lower-case hex). All of them that both sides have must agree, and
// one at least; weaker digests are never compared, and names neither. In a
// collection with more products than subjects fit, the products that were
// signed count as well. It returns where the digest stands.
func (v *Verified) MatchDigests(artifact DigestSet) (where string, ok bool) {
	for _, s := range v.Statement.Subject {
		if s.Digest.SameArtifact(artifact) {
			return "subject " + quote(s.Name), true
		}
	}
	if !v.subjectIsProductTree() {
		return "", false
	}
	products := map[string]Product{}
	if _, err := v.Collection.Decode(TypeProduct, &products); err != nil {
		return "", false
	}
	for path, p := range products {
		if p.Digest.SameArtifact(artifact) {
			return "product " + quote(path), true
		}
	}
	return "", false
}

// SameArtifact asks for one strong hash that both sets have, and for no
// contradiction between those that both have.
func (a DigestSet) SameArtifact(b DigestSet) bool {
	same := false
	for _, hash := range strongHashes {
		if a[hash] == "" || b[hash] == "" {
			continue
		}
		if a[hash] != b[hash] {
			return false
		}
		same = true
	}
	return same
}

// StrongHashes lists which of sha256, sha384 and sha512 the subjects use.
func (v *Verified) StrongHashes() []string {
	var names []string
	for _, hash := range strongHashes {
		if slices.ContainsFunc(v.Statement.Subject, func(s Subject) bool { return s.Digest[hash] != "" }) {
			names = append(names, hash)
		}
	}
	return names
}

// ProductTreeName is the name of the one subject that stands for all products
// when there are more of them than MaxSubjects; its digest is their tree root.
const ProductTreeName = "products (RFC 6962 root)"

func (v *Verified) subjectIsProductTree() bool {
	var trees Trees
	if v.Collection == nil {
		return false
	}
	if ok, err := v.Collection.Decode(TypeTrees, &trees); !ok || err != nil {
		return false
	}
	for _, s := range v.Statement.Subject {
		if s.Name == ProductTreeName && s.Digest["sha256"] == trees.Products.Root {
			return true
		}
	}
	return false
}

// quote makes untrusted text one printable line of bounded length.
func quote(s string) string {
	const limit = 200
	if len(s) > limit {
		s = s[:limit] + "..."
	}
	return strings.Trim(fmt.Sprintf("%q", s), `"`)
}
