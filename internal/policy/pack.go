package policy

import (
	"context"

	"github.com/org/cilock-action/internal/verdict"
)

// A Rule is one module of a pack, for attestations of one type.
type Rule struct {
	Name     string // of the file, as baseline/pins.rego
	Type     string
	Source   []byte
	Required bool // evidence without such an attestation is denied
}

// DecidePack judges evidence by the rules of a pack. A pack has no functionaries
// and no steps: whose evidence it is, is for the caller to prove, and every
// collection is judged.
func DecidePack(ctx context.Context, rules []Rule, q Question, now Verifier) Decision {
	d := newDecider(&Roles{document: &Document{Ours: &Extension{}}, verifier: now}, q)
	var duties []*duty
	var parts []*Part
	for _, e := range q.Evidence {
		if e.Collection == nil {
			continue
		}
		part := &Part{Name: e.Collection.Name, step: e.Collection.Name, Evidence: []string{e.Path}, Checks: []verdict.Check{}, held: []Evidence{e}}
		parts = append(parts, part)
		d.plausible(part, e)
		for _, rule := range rules {
			if o := d.rule(part, e, rule); o != nil {
				duties = append(duties, o)
			}
		}
	}
	d.modules(ctx)
	d.obligations(duties)
	d.covers(parts)
	for _, part := range parts {
		d.out.Steps = append(d.out.Steps, *part)
	}
	return d.out
}

// rule asks one rule about all attestations of its type; nil if there is none.
func (d *decider) rule(part *Part, e Evidence, rule Rule) *duty {
	var bodies [][]byte
	for _, a := range e.Collection.Attestations {
		if a.Type == rule.Type {
			bodies = append(bodies, a.Body)
		}
	}
	o := &duty{part: part, name: rule.Name}
	switch {
	case len(bodies) > 0:
		d.ask(o, e, rule.Type, bodies, []RegoPolicy{{Name: rule.Name, Module: rule.Source}}, func() []byte { return d.context(part.step, e) })
	case rule.Required:
		o.bad = true
		d.missing(part, e, rule.Type, rule.Name)
	default:
		return nil
	}
	return o
}
