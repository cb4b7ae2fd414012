package verify

import (
	"errors"
	"fmt"
	"io"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/pkg/attest"
)

// ProofResult is what became of one inclusion proof.
type ProofResult struct {
	Path    string  `json:"path"` // of the proof
	Subject string  `json:"subject,omitempty"`
	SHA256  string  `json:"sha256,omitempty"` // of the file that it is about
	Checks  []Check `json:"checks"`
}

// proven is a file that a proof has shown to be among the signed products.
type proven struct {
	sum   string
	where string
}

// proof checks one proof against the bundles that held. Only a product answers
// for an artifact: that a file was read by a build says nothing good about it.
func (r *Result) proof(path string, held []named) (ProofResult, []proven) {
	out := ProofResult{Path: path}
	fail := func(c Check) (ProofResult, []proven) {
		out.Checks = []Check{c}
		r.fail(c, path)
		return out, nil
	}
	p, err := readProof(path)
	if err != nil {
		return fail(Check{Name: "proof", Expected: "a readable inclusion proof", Found: unreadable(err)})
	}
	out.Subject, out.SHA256 = p.Subject(), p.SHA256
	c := Check{Name: "proof", Expected: "a bundle that holds", Found: "none"}
	for _, v := range held {
		err := v.CheckProof(p)
		if err == nil {
			c = Check{Name: "proof", OK: true, Detail: fmt.Sprintf("%s is leaf %d of %d under a root signed in %s", p.Subject(), p.LeafIndex+1, p.LeafCount, v.path)}
			break
		}
		c.Expected, c.Found = "a root in "+v.path, err.Error()
		if check := new(attest.CheckError); errors.As(err, &check) {
			c.Expected, c.Found = check.Expected, check.Found
		}
	}
	if !c.OK {
		return fail(c)
	}
	out.Checks = []Check{c}
	if p.Tree != attest.ProductsTree {
		return out, nil
	}
	return out, []proven{{p.SHA256, fmt.Sprintf("%s by %s", p.Subject(), path)}}
}

// find looks an artifact up among the proven products.
func find(products []proven, sum string) (where string, ok bool) {
	for _, p := range products {
		if p.sum == sum {
			return p.where, true
		}
	}
	return "", false
}

func readProof(path string) (*attest.Proof, error) {
	f, err := filetree.OpenRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, attest.MaxProofSize+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return attest.ParseProof(data)
}
