package policy

import (
	"context"
	"time"

	"github.com/org/cilock-action/pkg/attest"
)

// A Case is a policy that is ready to decide: a signed document or a pack.
type Case struct {
	Name    string `json:"name"`   // path, or pack:NAME
	Digest  string `json:"sha256"` // of the document, or of the pack's files
	Version int    `json:"version,omitempty"`
	// SignedBy is who signed the document; empty for a pack, which is part of the
	// program.
	SignedBy []attest.Signer `json:"signedBy,omitempty"`

	roles    *Roles
	rules    []Rule
	verifier Verifier
}

// NewCase makes a case of a signed document that has not expired. Its error is a
// *RefusedError.
func NewCase(name string, s *Signed, v Verifier) (*Case, error) {
	if !v.Now.Before(s.Expires) {
		return nil, &RefusedError{"expiry", "a policy that is valid at " + v.Now.UTC().Format(time.RFC3339), "one that expired at " + s.Expires.UTC().Format(time.RFC3339)}
	}
	roles, err := s.Roles(v)
	if err != nil {
		return nil, &RefusedError{"functionaries", "functionaries that can be verified", err.Error()}
	}
	c := &Case{Name: name, Digest: s.Digest, SignedBy: s.Signers, roles: roles, verifier: v}
	if s.Ours != nil {
		c.Version = s.Ours.Version
	}
	return c, nil
}

// NewPackCase makes a case of a pack.
func NewPackCase(name, digest string, rules []Rule, v Verifier) *Case {
	return &Case{Name: "pack:" + name, Digest: digest, rules: rules, verifier: v}
}

// Pack reports whether the case is a pack, which says nothing of who may sign.
func (c *Case) Pack() bool { return c.roles == nil }

// Trust is who may sign evidence; nil for a pack.
func (c *Case) Trust() attest.Trust {
	if c.Pack() {
		return nil
	}
	return c.roles.Trust()
}

// Scoped reports whether the policy itself says which evidence must be complete.
func (c *Case) Scoped() bool { return !c.Pack() }

// Wants reports whether the policy judges statements of a type.
func (c *Case) Wants(predicateType string) bool {
	if c.Pack() || c.roles.document.Ours == nil {
		return false
	}
	for _, a := range c.roles.document.Ours.Artifacts {
		if a.Type == predicateType {
			return true
		}
	}
	return false
}

// Concerns reports whether the policy has modules for one of the types, in a step
// of that name, or denies commits, or has no such step.
func (c *Case) Concerns(step string, types []string) bool {
	if !c.Pack() {
		document := c.roles.document
		if _, named := document.Steps[step]; !named || document.Ours != nil && len(document.Ours.DenySHAs) > 0 {
			return true
		}
	}
	for _, typ := range types {
		if len(c.modulesFor(step, typ)) > 0 {
			return true
		}
	}
	return false
}

// Decide judges evidence.
func (c *Case) Decide(ctx context.Context, q Question) Decision {
	if c.Pack() {
		return DecidePack(ctx, c.rules, q, c.verifier)
	}
	return c.roles.Decide(ctx, q)
}
