package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/org/cilock-action/pkg/attest"
)

// Roles are who may sign what under a policy.
type Roles struct {
	document  *Document
	verifier  Verifier
	trusts    trusts
	steps     map[string][]int // positions of trusts
	artifacts [][]int
}

// Roles makes the functionaries of a policy ready to verify with.
func (d *Document) Roles(v Verifier) (*Roles, error) {
	r := &Roles{document: d, verifier: v, steps: map[string][]int{}}
	for _, name := range slices.Sorted(maps.Keys(d.Steps)) {
		positions, err := r.trusts.functionaries(d, d.Steps[name].Functionaries, d.Ours.step(name).Keyless, v)
		if err != nil {
			return nil, fmt.Errorf("step %q: %w", name, err)
		}
		r.steps[name] = positions
	}
	if d.Ours != nil {
		for i, a := range d.Ours.Artifacts {
			positions, err := r.trusts.functionaries(d, a.Functionaries, a.Keyless, v)
			if err != nil {
				return nil, fmt.Errorf("artifact %d, %s: %w", i, a.Type, err)
			}
			r.artifacts = append(r.artifacts, positions)
		}
	}
	return r, nil
}

// Trust accepts everybody who may sign anything. Who may sign what is Decide's.
func (r *Roles) Trust() attest.Trust { return r.trusts.list }

// signers counts distinct signers of v among those at positions. A key is one
// signer however often it signs; so is an identity, whose keys differ.
func (r *Roles) signers(v *attest.Verified, positions []int) map[string]bool {
	found := map[string]bool{}
	for _, s := range v.Signers {
		for _, p := range s.Trusts {
			if !slices.Contains(positions, p) {
				continue
			}
			who := "key " + s.KeyID
			if s.Certificate != nil {
				who = "identity " + s.Certificate.Issuer + " " + s.Certificate.Identity
				if s.Certificate.Identity == "" {
					who = "certificate " + s.Certificate.Thumbprint
				}
			}
			found[who] = true
		}
	}
	return found
}

// names is who is meant by positions, for people.
func (r *Roles) names(positions []int) string {
	var names []string
	for _, p := range positions {
		names = append(names, r.trusts.who[p])
	}
	return strings.Join(names, " or ")
}
