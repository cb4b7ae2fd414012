package policy

import (
	"context"
	"maps"
	"slices"

	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/attest"
)

// PlanTypes are the attestations of which everything is known before a step runs.
func PlanTypes() []string {
	return []string{attest.TypeGitHubAction, attest.TypeActionLocal, attest.TypeActionSelf, attest.TypeLockfile}
}

// Unsigned is what is known of a step before anything of it is signed.
type Unsigned struct {
	Step         string
	Attestations []attest.Attestation
	Subjects     []attest.Subject
	// Before is set before the step runs: modules that look at more than their
	// input are not asked then, since the rest is not known.
	Before bool
}

// Ask asks the policy's modules, for the step's name and for denied commits. What it returns is a reason not to go on;
// that there is none proves nothing.
func (c *Case) Ask(ctx context.Context, u Unsigned, evaluate func(context.Context, *Batch) []Answer) []verdict.Finding {
	roles := c.roles
	if c.Pack() {
		roles = &Roles{document: &Document{Ours: &Extension{}}, verifier: c.verifier}
	}
	e := Evidence{Path: "the step", Verified: &attest.Verified{
		Statement:  attest.Statement{Subject: u.Subjects},
		Collection: &attest.Collection{Name: u.Step, Attestations: u.Attestations},
	}}
	d := newDecider(roles, Question{Evidence: []Evidence{e}, Step: u.Step, Evaluate: evaluate})
	part := &Part{Name: u.Step, step: u.Step, held: []Evidence{e}}
	bodies := map[string][][]byte{}
	var types []string
	for _, a := range u.Attestations {
		if bodies[a.Type] == nil {
			types = append(types, a.Type)
		}
		bodies[a.Type] = append(bodies[a.Type], a.Body)
	}
	for _, typ := range types {
		modules := c.modulesFor(u.Step, typ)
		if u.Before {
			modules = slices.DeleteFunc(modules, looksFurther)
		}
		d.ask(&duty{part: part}, e, typ, bodies[typ], modules, func() []byte { return d.context(u.Step, e) })
	}
	d.modules(ctx)
	if !c.Pack() {
		d.onlyStep(slices.Sorted(maps.Keys(roles.document.Steps)))
		d.denySHAs()
	}
	return d.out.Findings
}

// modulesFor are the modules of a step for a type.
func (c *Case) modulesFor(step, typ string) (list []RegoPolicy) {
	for _, r := range c.rules {
		if r.Type == typ {
			list = append(list, RegoPolicy{Name: r.Name, Module: r.Source})
		}
	}
	if !c.Pack() {
		for _, a := range c.roles.document.Steps[step].Attestations {
			if a.Type == typ {
				list = append(list, a.RegoPolicies...)
			}
		}
	}
	return list
}

// looksFurther reports a module that needs more than its input and the step.
func looksFurther(r RegoPolicy) bool {
	m, err := ParseModule(r.Name, r.Module)
	return err != nil || m.namesData("attestations") || m.namesData("subjects")
}
