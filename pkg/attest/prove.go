package attest

import (
	"fmt"
	"io"
)

// A proof is made from a bundle that nobody has verified: it claims nothing by
// itself, and whoever verifies it needs a verified root. So these functions
// read the payload as it is, and check only that the proof will hold.

// ProveFile makes the proof for a material or product that the bundle lists;
// tree is MaterialsTree or ProductsTree.
func (b *Bundle) ProveFile(tree, path string) (*Proof, error) {
	c, err := b.unverified()
	if err != nil {
		return nil, err
	}
	files := map[string]DigestSet{}
	typ := TypeMaterial
	if tree == ProductsTree {
		typ = TypeProduct
		products := map[string]Product{}
		_, err = c.Decode(typ, &products)
		files = ProductDigests(products)
	} else {
		_, err = c.Decode(typ, &files)
	}
	if err != nil {
		return nil, err
	}
	p, err := ProveFile(tree, files, path)
	if err != nil {
		return nil, err
	}
	return p, b.willHold(p, c)
}

// ProveLine makes the proof for a line of the trace, whose whole text, not
// compressed, is read from trace. The first line has number 1.
func (b *Bundle) ProveLine(trace io.Reader, number int) (*Proof, error) {
	c, err := b.unverified()
	if err != nil {
		return nil, err
	}
	lines := NewLineProver(number)
	if _, err := io.Copy(lines, trace); err != nil {
		return nil, fmt.Errorf("read the trace: %w", err)
	}
	p, err := lines.Proof()
	if err != nil {
		return nil, err
	}
	return p, b.willHold(p, c)
}

func (b *Bundle) unverified() (Collection, error) {
	st, err := parseStatement(b.envelope.Payload)
	if err != nil {
		return Collection{}, err
	}
	if !st.IsCollection() {
		return Collection{}, fmt.Errorf("it holds a statement of type %s: prove needs the evidence of the step, X for a provenance X.slsa.json", quote(st.PredicateType))
	}
	return st.Collection()
}

// willHold checks the proof against the roots that the bundle has.
func (b *Bundle) willHold(p *Proof, c Collection) error {
	roots, err := rootsOf(c)
	if err != nil {
		return err
	}
	for _, r := range roots {
		if r.tree == p.Tree {
			return VerifyProof(p, r.root, r.leaves)
		}
	}
	return fmt.Errorf("prove %s: the bundle names no root of the %s", p.Subject(), p.Tree)
}

// signedRoot is a root that a statement has.
type signedRoot struct {
	tree   string
	root   string
	leaves int // 0: not said
}

// rootsOf are the roots in a collection: of materials and products, and of a
// trace that is not inlined.
func rootsOf(c Collection) (roots []signedRoot, err error) {
	var trees Trees
	found, err := c.Decode(TypeTrees, &trees)
	if err != nil {
		return nil, err
	}
	if found {
		roots = append(roots,
			signedRoot{MaterialsTree, trees.Materials.Root, trees.Materials.LeafCount},
			signedRoot{ProductsTree, trees.Products.Root, trees.Products.LeafCount})
	}
	var trace Trace
	if _, err := c.Decode(TypeTrace, &trace); err != nil {
		return nil, err
	}
	if trace.Root != "" {
		roots = append(roots, signedRoot{TraceTree, trace.Root, trace.LeafCount})
	}
	return roots, nil
}

// CheckProof checks p against the roots that the statement signs: those of a
// collection, those among the by-products of our provenance, or the one that
// stands for all products as the subject.
func (v *Verified) CheckProof(p *Proof) error {
	roots, err := v.roots()
	if err != nil {
		return err
	}
	var of []signedRoot
	for _, r := range roots {
		if r.tree == p.Tree {
			of = append(of, r)
		}
	}
	for _, r := range of {
		if r.root == p.Root {
			return VerifyProof(p, r.root, r.leaves)
		}
	}
	if len(of) == 0 {
		return &CheckError{"inclusion proof", p.Subject(), "a signed root of the " + p.Tree, "none in this statement"}
	}
	return VerifyProof(p, of[0].root, of[0].leaves) // says what is signed instead
}

func (v *Verified) roots() ([]signedRoot, error) {
	var roots []signedRoot
	var err error
	switch {
	case v.Collection != nil:
		roots, err = rootsOf(*v.Collection)
	case v.Statement.PredicateType == SLSAProvenanceType:
		roots, err = rootsOfProvenance(v.Statement.Predicate)
	}
	for _, s := range v.Statement.Subject {
		if s.Name == ProductTreeName {
			roots = append(roots, signedRoot{ProductsTree, s.Digest["sha256"], 0})
		}
	}
	return roots, err
}
