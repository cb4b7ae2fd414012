package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/org/cilock-action/pkg/attest"
)

// completeness asks whether the collectors behind the attestations that a step
// lists saw everything. A policy without x-cilock is judged as Witness would.
func (d *decider) completeness(part *Part) {
	switch {
	case d.document.Ours == nil:
		d.limit("the policy has no x-cilock key: completeness is not asked for, as in Witness")
		return
	case d.document.Ours.step(part.step).Completeness == CompletenessAllowed:
		d.limit(fmt.Sprintf("step %q: incomplete evidence is allowed by the policy", part.step))
		return
	}
	for _, e := range part.held {
		_, found, err := completenessOf(e)
		if err != nil || !found {
			d.lack(part, "a completeness attestation in "+e.Path, strings.TrimRight("none; "+text(err), "; "))
			continue
		}
		bad := false
		for _, name := range d.collectors(part, e) {
			bad = d.lacks(part, e, name) || bad
		}
		if !bad {
			d.hold(part, "complete", "what is behind its attestations saw everything, in "+e.Path)
		}
	}
}

// collectors are those behind the attestations that a step lists.
func (d *decider) collectors(part *Part, e Evidence) (names []string) {
	for _, a := range d.document.Steps[part.step].Attestations {
		if _, there := e.Collection.Find(a.Type); there {
			names = append(names, collectorOf(a.Type))
		}
	}
	for _, a := range d.asked {
		if a.part == part && a.typ == attest.TypeCommandRun && a.module.names("processes") {
			names = append(names, "trace") // which is behind that part of command-run
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (d *decider) lacks(part *Part, e Evidence, name string) bool {
	if name == "" || name == "completeness" { // of a type that nobody here collects
		return false
	}
	rows := rowsOf(e, name)
	switch len(rows) {
	case 0:
		d.lack(part, "an account of "+name+" in "+e.Path, "none")
		return true
	case 1:
	default: // others may read the last
		d.lack(part, "one account of "+name+" in "+e.Path, strconv.Itoa(len(rows)))
		return true
	}
	switch row := rows[0]; {
	case row.State != attest.StateRan && row.State != attest.StateNotApplicable:
		d.lack(part, name+" to have run", strings.TrimRight(row.State+": "+row.Reason, ": "))
	case len(row.Gaps) > 0:
		for _, gap := range row.Gaps {
			d.lack(part, "no gap in "+name, gap)
		}
	case row.Lost > 0:
		d.lack(part, "no event of "+name+" to be lost", fmt.Sprintf("%d", row.Lost))
	default:
		return false
	}
	return true
}

// collectorOf is the collector behind a type, empty if there is none.
func collectorOf(typ string) string {
	switch name := schemaName(typ); name {
	case "spdx", "cyclonedx":
		return "sbom"
	case "action-self", "action-local":
		return "github-action"
	default:
		return name
	}
}

func completenessOf(e Evidence) (done attest.Completeness, found bool, err error) {
	found, err = e.Collection.Decode(attest.TypeCompleteness, &done)
	return done, found, err
}

// rowsOf are the accounts of a collector: one, if the record is sound.
func rowsOf(e Evidence, name string) (rows []attest.CollectorRow) {
	done, _, err := completenessOf(e)
	if err != nil {
		return nil
	}
	for _, row := range done.Collectors {
		if row.Name == name {
			rows = append(rows, row)
		}
	}
	return rows
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func (d *decider) limit(what string) {
	if !slices.Contains(d.out.Limits, what) {
		d.out.Limits = append(d.out.Limits, what)
	}
}

// artifactsFrom compares what a step took with what others left: materials with
// materials and products, path by path.
func (d *decider) artifactsFrom(part *Part, parts map[string]*Part) {
	for _, name := range d.document.Steps[part.step].ArtifactsFrom {
		for _, later := range part.held {
			for _, earlier := range parts[name].held {
				d.compare(part, name, later, earlier)
			}
		}
	}
}

func (d *decider) compare(part *Part, from string, later, earlier Evidence) {
	check := "artifacts from " + from
	same, other, err := common(later, earlier)
	switch {
	case err != nil:
		d.refuse(part, check, "readable materials and products", err.Error())
	case other != nil:
		d.refuse(part, check, fmt.Sprintf("%q as %s left it, sha256:%s", other.path, from, other.left["sha256"]), "sha256:"+other.took["sha256"])
	case same == 0:
		d.refuse(part, check, "files that "+from+" left", "none of them among the materials")
	default:
		d.hold(part, check, fmt.Sprintf("%d files are as it left them", same))
	}
}

// conflict is a file that is another than it was left.
type conflict struct {
	path       string
	took, left attest.DigestSet
}

// common counts the files that one step took as another left them, and returns the
// first that is another.
func common(later, earlier Evidence) (same int, other *conflict, err error) {
	took, err := filesOf(later, false)
	if err != nil {
		return 0, nil, err
	}
	left, err := filesOf(earlier, true)
	if err != nil {
		return 0, nil, err
	}
	for path, digest := range took {
		was, both := left[path]
		switch {
		case !both:
		case !digest.SameArtifact(was):
			return 0, &conflict{path, digest, was}, nil
		default:
			same++
		}
	}
	return same, nil, nil
}

// filesOf are the materials of a step; with what it left, products over them.
func filesOf(e Evidence, left bool) (map[string]attest.DigestSet, error) {
	files := map[string]attest.DigestSet{}
	if _, err := e.Collection.Decode(attest.TypeMaterial, &files); err != nil {
		return nil, err
	}
	if !left {
		return files, nil
	}
	products := map[string]attest.Product{}
	if _, err := e.Collection.Decode(attest.TypeProduct, &products); err != nil {
		return nil, err
	}
	for path, digest := range attest.ProductDigests(products) {
		files[path] = digest
	}
	return files, nil
}

// binding refuses evidence of steps that is of another build: every step must name
// an artifact, or be joined to one that does, by files or by its commit.
func (d *decider) binding(names []string, parts map[string]*Part) {
	if len(d.question.Subjects) == 0 {
		return // the caller has said so, and is told
	}
	joined := map[string]bool{}
	commits := map[string]bool{}
	for grown := true; grown; {
		grown = false
		for _, name := range names {
			if !joined[name] && len(parts[name].held) > 0 && d.joins(name, parts, joined, commits) {
				joined[name], grown = true, true
				for _, e := range parts[name].held {
					if c := commitOf(e); c != "" {
						commits[c] = true
					}
				}
			}
		}
	}
	for _, name := range names {
		switch {
		case len(parts[name].held) == 0: // said
		case joined[name]:
			d.hold(parts[name], "binding", "its evidence belongs to the artifact")
		default:
			d.refuse(parts[name], "binding", "evidence that names the artifact, or files or the commit of a step that does", "evidence of something else")
		}
	}
}

// covers refuses an artifact that no evidence of the policy names. One that only
// other bundles name was not judged.
func (d *decider) covers(parts []*Part) {
	for _, s := range d.question.Subjects {
		if !slices.ContainsFunc(parts, func(p *Part) bool { return anyAbout(p.held, s) }) {
			d.fail("subject", "", fmt.Sprintf("%q to be named by evidence that the policy asks for", s.Name), "no such evidence", "")
		}
	}
}

// joins reports whether all evidence of a step belongs to the artifact.
func (d *decider) joins(name string, parts map[string]*Part, joined, commits map[string]bool) bool {
	for other, part := range parts {
		if joined[other] && len(part.held) > 0 && (slices.Contains(d.document.Steps[other].ArtifactsFrom, name) || slices.Contains(d.document.Steps[name].ArtifactsFrom, other)) {
			return true
		}
	}
	for _, e := range parts[name].held {
		if !d.about(e) && !commits[commitOf(e)] {
			return false
		}
	}
	return true
}

// commitOf is the commit that a step was run on, empty if that is not known.
func commitOf(e Evidence) string {
	var git struct {
		Commit string `json:"commithash"`
	}
	if _, err := e.Collection.Decode(attest.TypeGit, &git); err != nil {
		return ""
	}
	return git.Commit
}

// action is what a deny-list looks at.
type action attest.GitHubAction

// actionsOf returns those that can be read, and an error if some cannot.
func actionsOf(e Evidence) (list []action, err error) {
	if e.Collection == nil {
		return nil, nil
	}
	for _, a := range e.Collection.Attestations {
		switch a.Type {
		case attest.TypeGitHubAction, attest.TypeActionSelf, attest.TypeActionLocal:
			var body attest.GitHubAction
			one := attest.Collection{Attestations: []attest.Attestation{a}}
			if _, wrong := one.Decode(a.Type, &body); wrong != nil {
				err = fmt.Errorf("%s: %w", e.Path, wrong)
				continue
			}
			list = append(list, action(body))
		}
	}
	return list, err
}

// commits are all that an action is known by, its nested references among them.
func (a action) commits() (list []string) {
	list = append(list, strings.ToLower(a.ResolvedSHA), strings.ToLower(a.LockedSHA))
	for _, ref := range append([]string{a.ActionRef}, a.Nested...) {
		if _, at, ok := strings.Cut(ref, "@"); ok {
			list = append(list, strings.ToLower(at))
		}
	}
	return list
}
