package policy

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/org/cilock-action/pkg/attest"
)

// vouched is what evidence says came out of a step: the files that it left, and the
// commit that it was run on. What cannot be read is like nothing else.
func vouched(e Evidence) string {
	products := map[string]attest.Product{}
	if _, err := e.Collection.Decode(attest.TypeProduct, &products); err != nil {
		return e.Path
	}
	text, err := json.Marshal(attest.ProductDigests(products)) // with sorted keys
	if err != nil {
		return e.Path
	}
	return commitOf(e) + string(text)
}

// ended refuses a step that failed, or was cancelled: what it left is not what it was
// to make. Where a module of the step looks at exit codes, that is left to it.
func (d *decider) ended(part *Part, e Evidence) {
	done, told, err := completenessOf(e)
	switch {
	case err != nil:
		d.refuse(part, "ended", "a readable completeness attestation in "+e.Path, err.Error())
	case told && !done.Started:
		d.refuse(part, "started", "a step that ran", "one that was not started: "+done.Reason)
		return
	case done.Cancelled != "":
		d.refuse(part, "ended", "a step that ended by itself", "one that was cancelled by "+done.Cancelled)
	}
	var run struct {
		ExitCode *int `json:"exitcode"`
	}
	found, err := e.Collection.Decode(attest.TypeCommandRun, &run)
	switch {
	case err != nil:
		d.refuse(part, "ended", "a readable exit code in "+e.Path, err.Error())
	case !found || d.judgesExit(part.step):
	case run.ExitCode == nil:
		d.lack(part, "an exit code in "+e.Path, "none")
	case *run.ExitCode != 0:
		d.refuse(part, "ended", "exit code 0 in "+e.Path, fmt.Sprintf("exit code %d", *run.ExitCode))
	}
}

// judgesExit reports whether a module of the step names the exit code.
func (d *decider) judgesExit(step string) bool {
	for _, a := range d.document.Steps[step].Attestations {
		if a.Type != attest.TypeCommandRun {
			continue
		}
		for _, r := range a.RegoPolicies {
			if m, err := ParseModule(r.Name, r.Module); err == nil && m.readsField("exitcode") {
				return true
			}
		}
	}
	return false
}

// made refuses artifacts that no step which makes them names, where the policy says
// which those are.
func (d *decider) made(names []string, parts map[string]*Part) {
	var makers []string
	for _, name := range names {
		if d.document.Ours.step(name).MakesArtifact {
			makers = append(makers, name)
		}
	}
	for _, s := range d.question.Subjects {
		if len(makers) > 0 && !slices.ContainsFunc(makers, func(name string) bool { return anyAbout(parts[name].held, s) }) {
			d.fail("artifact", makers[0], fmt.Sprintf("%q to be named by evidence of %q", s.Name, makers), "no such evidence", "")
		}
	}
}

// apart refuses artifacts that only others' evidence stands for: what is asked about
// several together must hold for each of them.
func (d *decider) apart(names []string, parts map[string]*Part, artifacts []*Part) {
	if len(d.question.Subjects) < 2 {
		return
	}
	shares := d.sharing(names, parts)
	for _, s := range d.question.Subjects {
		joined := d.joinedTo(s, names, parts, shares)
		for _, name := range names {
			if len(parts[name].held) > 0 && !joined[name] {
				d.refuse(parts[name], "binding", fmt.Sprintf("evidence that belongs to %q", s.Name), "evidence of other artifacts alone")
			}
		}
		for _, part := range artifacts {
			if len(part.held) > 0 && !anyAbout(part.held, s) {
				d.refuse(part, "subject", fmt.Sprintf("a statement about %q", s.Name), "statements about other artifacts alone")
			}
		}
	}
}

// isAbout reports whether evidence names one artifact.
func isAbout(e Evidence, s attest.Subject) bool {
	_, ok := e.MatchDigests(s.Digest)
	return ok
}

func anyAbout(list []Evidence, s attest.Subject) bool {
	return slices.ContainsFunc(list, func(e Evidence) bool { return isAbout(e, s) })
}

// piece is one of a step's evidence.
type piece struct {
	step string
	i    int
}

// sharing tells which evidence of steps that take artifacts from one another has a
// file in common.
func (d *decider) sharing(names []string, parts map[string]*Part) map[[2]piece]bool {
	shares := map[[2]piece]bool{}
	for _, name := range names {
		for _, from := range d.document.Steps[name].ArtifactsFrom {
			for i, later := range parts[name].held {
				for k, earlier := range parts[from].held {
					if n, _, err := common(later, earlier); err == nil && n > 0 {
						a, b := piece{name, i}, piece{from, k}
						shares[[2]piece{a, b}], shares[[2]piece{b, a}] = true, true
					}
				}
			}
		}
	}
	return shares
}

// joinedTo are the steps with evidence that names one artifact, or is joined to such
// by files or by its commit.
func (d *decider) joinedTo(s attest.Subject, names []string, parts map[string]*Part, shares map[[2]piece]bool) map[string]bool {
	joined, commits, steps := map[piece]bool{}, map[string]bool{}, map[string]bool{}
	for grown := true; grown; {
		grown = false
		for _, name := range names {
			for i, e := range parts[name].held {
				p := piece{name, i}
				if joined[p] || !isAbout(e, s) && !commits[commitOf(e)] && !touches(p, joined, shares) {
					continue
				}
				joined[p], steps[name], grown = true, true, true
				if c := commitOf(e); c != "" {
					commits[c] = true
				}
			}
		}
	}
	return steps
}

func touches(p piece, joined map[piece]bool, shares map[[2]piece]bool) bool {
	for other := range joined {
		if shares[[2]piece{p, other}] {
			return true
		}
	}
	return false
}
