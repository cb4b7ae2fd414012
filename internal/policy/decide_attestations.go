package policy

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/attest"
)

// attestations looks for what a step must have, and puts its modules to the batch.
func (d *decider) attestations(part *Part, s Step) (duties []*duty) {
	for _, want := range s.Attestations {
		name := ShortType(want.Type)
		for _, e := range part.held {
			bodies := bodiesOf(e, want.Type)
			if len(bodies) == 0 {
				if required(want.Required) {
					duties = append(duties, &duty{part: part, name: name, bad: true})
					d.missing(part, e, want.Type)
				}
				continue
			}
			if len(bodies) > 1 && !attest.MayRepeat(want.Type) {
				d.refuse(part, "attestation", "one "+name+" in "+e.Path, fmt.Sprintf("%d", len(bodies)))
				continue
			}
			if i := slices.IndexFunc(bodies, noObject); i >= 0 && Schema(want.Type) != nil {
				d.refuse(part, "attestation", name+" with content in "+e.Path, fmt.Sprintf("%.100s", bodies[i]))
				continue
			}
			o := &duty{part: part, name: name}
			duties = append(duties, o)
			d.hold(part, "attestation", fmt.Sprintf("%s in %s", times(name, len(bodies)), e.Path))
			d.ask(o, e, want.Type, bodies, want.RegoPolicies, func() []byte { return d.context(part.step, e) })
		}
	}
	return duties
}

// bodiesOf are the attestations of a type in a collection.
func bodiesOf(e Evidence, typ string) (bodies [][]byte) {
	for _, a := range e.Collection.Attestations {
		if a.Type == typ {
			bodies = append(bodies, a.Body)
		}
	}
	return bodies
}

// noObject reports a body that is no JSON object, as those of known types are: a null
// is decoded as if it had nothing to say.
func noObject(body []byte) bool { return !bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) }

func times(name string, n int) string {
	if n == 1 {
		return name
	}
	return fmt.Sprintf("%d of %s", n, name)
}

// missing tells an attestation that a collector had no chance to make from one
// that was left out: the first is incomplete evidence. It names the rules that need
// it, if some do.
func (d *decider) missing(part *Part, e Evidence, typ string, rules ...string) {
	what := ShortType(typ)
	if len(rules) > 0 {
		what += " for " + strings.Join(rules, ", ")
	}
	found := "none"
	if rows := rowsOf(e, collectorOf(typ)); len(rows) > 0 {
		row := rows[0]
		if row.State == attest.StateOff || row.State == attest.StateFailed {
			d.lack(part, "an attestation of "+what+" in "+e.Path, strings.TrimRight("none: its collector is "+row.State+", "+row.Reason, ", "))
			return
		}
		if row.Reason != "" {
			found += ": " + row.Reason
		}
	}
	if done, known, err := completenessOf(e); found == "none" && known && err == nil && !done.Started {
		found += ": the step was never started"
	}
	d.refuse(part, "attestation", what+" in "+e.Path, found)
}

// ask puts modules to the batch, each about every body.
func (d *decider) ask(o *duty, e Evidence, typ string, bodies [][]byte, modules []RegoPolicy, context func() []byte) {
	if len(modules) == 0 {
		return
	}
	inputs := make([]int, 0, len(bodies))
	for _, body := range bodies {
		inputs = append(inputs, d.batch.Document(body))
	}
	shown := None
	for _, r := range modules {
		m, err := ParseModule(r.Name, r.Module)
		schema := None
		if err == nil {
			schema, err = d.schema(typ, m)
		}
		if err != nil { // Check has refused it already
			o.bad = true
			d.refuse(o.part, "module "+r.Name, "a module that can be asked", err.Error())
			continue
		}
		if shown == None {
			shown = d.show(o.part.step+"\n"+e.Path, context)
		}
		number := d.module(r)
		for _, input := range inputs {
			d.batch.Checks = append(d.batch.Checks, Check{Module: number, Input: input, Context: shown, Schema: schema})
			d.asked = append(d.asked, asked{o.part, e.Path, typ, m, o})
		}
	}
}

// show returns the number of the document that is data.cilock beside one piece of
// evidence. It holds all bodies, so there is one for all that look at it.
func (d *decider) show(key string, context func() []byte) int {
	number, known := d.shown[key]
	if !known {
		number = d.batch.Document(context())
		d.shown[key] = number
	}
	return number
}

// module returns the number of a module in the batch.
func (d *decider) module(r RegoPolicy) int {
	if i := slices.IndexFunc(d.batch.Modules, func(s Source) bool { return s.Name == r.Name }); i >= 0 {
		return i
	}
	d.batch.Modules = append(d.batch.Modules, Source{r.Name, r.Module})
	return len(d.batch.Modules) - 1
}

// schema returns the number of a type's schema in the batch: ours, or the module's.
func (d *decider) schema(typ string, m *Module) (int, error) {
	text, key := Schema(typ), typ
	if text == nil {
		var err error
		if text, err = m.Schema(); err != nil {
			return None, err
		}
		key += "\n" + m.Name
	}
	if i, known := d.schemas[key]; known {
		return i, nil
	}
	d.schemas[key] = d.batch.Document(text)
	return d.schemas[key], nil
}

// context is what modules see as data.cilock beside one piece of evidence.
func (d *decider) context(step string, e Evidence) []byte {
	type body = json.RawMessage
	shown := struct {
		Step         string                     `json:"step"`
		Subjects     []attest.Subject           `json:"subjects"`
		Attestations map[string][]body          `json:"attestations"`
		Params       map[string]json.RawMessage `json:"params"`
	}{Step: step, Subjects: e.Statement.Subject, Attestations: map[string][]body{}, Params: map[string]json.RawMessage{}}
	if e.Collection != nil {
		for _, a := range e.Collection.Attestations {
			shown.Attestations[a.Type] = append(shown.Attestations[a.Type], a.Body)
		}
	}
	if d.document.Ours != nil && d.document.Ours.Params != nil {
		shown.Params = d.document.Ours.Params
	}
	text, err := attest.Encode(shown)
	if err != nil {
		return []byte("no JSON: " + err.Error()) // read as such by the evaluator, and an error there
	}
	return text
}

// modules asks the batch and reports.
func (d *decider) modules(ctx context.Context) {
	if len(d.batch.Checks) == 0 {
		return
	}
	silent := map[*duty]map[string]int{} // modules that deny nothing, and how often
	for i, a := range d.question.Evaluate(ctx, &d.batch) {
		about := d.asked[i]
		name := "module " + about.module.Name
		switch {
		case a.Err != "":
			about.duty.bad = true
			d.refuse(about.part, name, "an answer about "+ShortType(about.typ)+" of "+about.evidence, a.Err)
		case !a.Passed():
			about.duty.bad = true
			d.deny(about, name, a)
		default:
			if silent[about.duty] == nil {
				silent[about.duty] = map[string]int{}
			}
			silent[about.duty][name]++
		}
	}
	for _, about := range d.asked {
		name := "module " + about.module.Name
		if n := silent[about.duty][name]; n > 0 {
			delete(silent[about.duty], name)
			d.hold(about.part, name, "denies nothing in "+times(ShortType(about.typ), n))
		}
	}
}

func (d *decider) deny(about asked, name string, a Answer) {
	const most = 20
	fix := about.module.Fix()
	for i, text := range a.Denials {
		if i == most {
			a.More += len(a.Denials) - most
			break
		}
		about.part.Checks = append(about.part.Checks, verdict.Check{Name: name, Expected: "no denial", Found: text})
		d.fail(name, about.part.step, "no denial", text, fix)
	}
	if a.More > 0 {
		d.fail(name, about.part.step, "no denial", fmt.Sprintf("and %d more", a.More), fix)
	}
}

// artifacts are the statements that the policy asks for beside steps.
func (d *decider) artifacts() (parts []*Part, duties []*duty) {
	if d.question.Step != "" || d.document.Ours == nil {
		return nil, nil
	}
	for i, a := range d.document.Ours.Artifacts {
		part, more := d.artifact(i, a)
		parts, duties = append(parts, part), append(duties, more...)
	}
	return parts, duties
}

// artifact looks for a statement about the artifact.
func (d *decider) artifact(i int, want Artifact) (*Part, []*duty) {
	name := attest.PredicateName(want.Type)
	if name == "" {
		name = want.Type
	}
	part := &Part{Name: name, Evidence: []string{}, Checks: []verdict.Check{}}
	var duties []*duty
	for _, e := range d.question.Evidence {
		if e.Statement.PredicateType != want.Type {
			continue
		}
		part.Evidence = append(part.Evidence, e.Path)
		o := &duty{part: part, name: name}
		duties = append(duties, o)
		switch {
		case len(d.signers(e.Verified, d.Roles.artifacts[i])) == 0:
			o.bad = true
			d.refuse(part, "functionary", d.Roles.names(d.Roles.artifacts[i])+" to have signed "+e.Path, signedBy(e.Verified))
		case !d.about(e):
			o.bad = true
			d.refuse(part, "subject", "a statement about the artifact in "+e.Path, "one about something else")
		default:
			part.held = append(part.held, e)
			d.hold(part, "statement", name+" in "+e.Path)
			d.ask(o, e, want.Type, [][]byte{e.Statement.Predicate}, want.RegoPolicies, func() []byte { return d.context("", e) })
		}
	}
	if len(part.Evidence) == 0 && required(want.Required) {
		duties = append(duties, &duty{part: part, name: name, bad: true})
		d.refuseFix(part, "statement", "a statement of type "+want.Type, "none", "give the bundle that has it too")
	}
	return part, duties
}

// about reports whether evidence names one of the artifacts. Where none is asked
// about, all evidence is.
func (d *decider) about(e Evidence) bool {
	return len(d.question.Subjects) == 0 || slices.ContainsFunc(d.question.Subjects, func(s attest.Subject) bool { return isAbout(e, s) })
}
