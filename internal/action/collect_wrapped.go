package action

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/org/cilock-action/internal/refs"
	"github.com/org/cilock-action/internal/runner"
	"github.com/org/cilock-action/pkg/attest"
	"github.com/org/cilock-action/pkg/secretscan"
)

// maxActionValue bounds each input and output that is recorded, in bytes.
const maxActionValue = 4 << 10

// maxActionValues bounds how many of each are recorded.
const maxActionValues = 1000

// startWrapped is the github-action section where there is no job around.
func startWrapped(p Plan) (Stop, error) {
	if p.Wrap == nil {
		return nil, &NotApplicable{Reason: "not in GitHub Actions"}
	}
	return func(_ context.Context, s Step) (Section, error) {
		sec := Section{Phase: PreMaterial}
		p.Wrap.addTo(&sec, p, s)
		return sec, nil
	}, nil
}

// addTo adds the wrapped action, and each that stands inside it, to the references
// of the job. What it did is known once the step has ended.
func (w *wrapped) addTo(sec *Section, p Plan, s Step) {
	sec.Notices = append(sec.Notices, w.found.notices...)
	sec.Gaps = append(sec.Gaps, w.found.gaps...)
	sec.References = append(sec.References, w.found.findings...)
	records := w.records(sec, p, s)
	for _, ref := range w.outermostFirst() {
		one := attested(ref, selfRef{})
		body, ok := one.Body.(attest.GitHubAction)
		if !ok {
			continue
		}
		body.Wrapped, body.Source = true, w.found.sources[ref.Key]
		if w.is(ref) {
			w.outermost(&body, records, p, s)
		}
		for _, r := range records {
			if r.Image != "" && r.Uses == ref.Key {
				body.Images = append(body.Images, w.text(p, r.Image))
			}
		}
		sec.More = append(sec.More, Attested{one.Type, body})
	}
}

func (w *wrapped) outermostFirst() []refs.Reference {
	list := slices.Clone(w.found.references)
	slices.SortStableFunc(list, func(a, b refs.Reference) int { return len(a.Via) - len(b.Via) })
	return list
}

// is reports whether a reference is the action that was asked for.
func (w *wrapped) is(ref refs.Reference) bool {
	return ref.Key == w.ref.Canonical() || len(ref.Via) == 0 && ref.Ref.Text() == w.ref.Text()
}

// records are what the driver reported. A report without an end is a gap.
func (w *wrapped) records(sec *Section, p Plan, s Step) []runner.Record {
	if !s.Started {
		return nil
	}
	records, whole, err := runner.ReadRecords(w.program.Result)
	switch {
	case err != nil:
		sec.Gaps = append(sec.Gaps, "what the action did: "+p.redact(err.Error()))
	case !whole:
		sec.Gaps = append(sec.Gaps, "what the action did is known in part: it ended before it had reported")
	}
	for _, r := range records {
		if r.Done && (r.Outcome == "success") != (s.ExitCode == 0) {
			sec.Gaps = append(sec.Gaps, fmt.Sprintf("the report of the action says %s, and its process ended with exit code %d", w.text(p, r.Outcome), s.ExitCode))
		}
		if r.Notice != "" {
			sec.Notices = append(sec.Notices, Notice{Level: NoticeLevel, Text: w.text(p, r.Notice)})
		}
		if r.Limit != "" {
			sec.Limits = append(sec.Limits, w.text(p, r.Limit))
		}
	}
	return records
}

// outermost records what the caller gave to the action and what it did.
func (w *wrapped) outermost(body *attest.GitHubAction, records []runner.Record, p Plan, s Step) {
	body.ActionInputs = w.values(p, pairMap(w.program.Inputs))
	for _, r := range records {
		switch {
		case r.Done:
			code := s.ExitCode
			body.ExitCode, body.Outcome = &code, r.Outcome
			body.ActionOutputs = w.values(p, r.Outputs)
		case r.Step != "":
			body.Steps = append(body.Steps, attest.ActionStep{
				Step: w.text(p, r.Step), Uses: w.text(p, r.Uses), Stage: r.Stage, Outcome: r.Outcome, ExitCode: r.ExitCode, Error: w.text(p, r.Error),
			})
		}
	}
}

// text is one line of the action's as it may be signed.
func (w *wrapped) text(p Plan, s string) string {
	return oneLine(p.redact(strings.ToValidUTF8(s, "\uFFFD")), 1000)
}

// values are inputs or outputs as they may be signed: those whose name promises a
// secret never are, the others redacted.
func (w *wrapped) values(p Plan, m map[string]string) map[string]string {
	if len(m) == 0 {
		return nil
	}
	out := map[string]string{}
	for i, name := range sortedNames(m) {
		if i == maxActionValues {
			out["..."] = fmt.Sprintf("and %d more", len(m)-maxActionValues)
			break
		}
		value := p.redact(strings.ToValidUTF8(m[name], "\uFFFD"))
		switch {
		case secretscan.SecretName(name) && value != "":
			value = "[REDACTED:" + name + "]"
		case len(value) > maxActionValue:
			value = strings.ToValidUTF8(value[:maxActionValue], "") + fmt.Sprintf("... (%d bytes)", len(m[name]))
		}
		out[p.redact(name)] = value
	}
	return out
}

func pairMap(pairs []runner.Pair) map[string]string {
	m := map[string]string{}
	for _, p := range pairs {
		m[p.Name] = p.Value
	}
	return m
}
