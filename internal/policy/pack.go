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
		duties = append(duties, d.rules(part, e, rules)...)
	}
	d.modules(ctx)
	d.obligations(duties)
	d.covers(parts)
	for _, part := range parts {
		d.out.Steps = append(d.out.Steps, *part)
	}
	return d.out
}

// rules asks each rule about all attestations of its type. What several rules miss is
// told once.
func (d *decider) rules(part *Part, e Evidence, rules []Rule) (duties []*duty) {
	var absent []string // types, in the order of the rules
	missed := map[string][]string{}
	for _, rule := range rules {
		bodies := bodiesOf(e, rule.Type)
		o := &duty{part: part, name: rule.Name}
		switch {
		case len(bodies) > 0:
			d.ask(o, e, rule.Type, bodies, []RegoPolicy{{Name: rule.Name, Module: rule.Source}}, func() []byte { return d.context(part.step, e) })
		case rule.Required:
			o.bad = true
			if missed[rule.Type] == nil {
				absent = append(absent, rule.Type)
			}
			missed[rule.Type] = append(missed[rule.Type], rule.Name)
		default:
			continue
		}
		duties = append(duties, o)
	}
	for _, typ := range absent {
		d.missing(part, e, typ, missed[typ]...)
	}
	return duties
}
