package action

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/org/cilock-action/internal/refs"
	"github.com/org/cilock-action/pkg/actionref"
	"github.com/org/cilock-action/pkg/actionref/treecheck"
	"github.com/org/cilock-action/pkg/attest"
)

// actionsCollector records every action reference of the job: those of its
// workflow, those inside the actions that it uses, and whatever else the
// runner has downloaded.
type actionsCollector struct{}

func (actionsCollector) Name() string { return "github-action" }

// actionsLimits are what the collector never sees.
func actionsLimits(resolve string) []string {
	limits := []string{"images: neither the Dockerfile of an action nor what is inside an image is read"}
	if resolve != ResolveOnline {
		limits = append(limits, "no repository was asked: a pin proves that the bytes cannot change, not whose they are")
	}
	return limits
}

// Start reads what is on this machine and asks the repositories while the step
// runs: a slow network costs the step nothing, and what a step does to the
// files of actions is a difference like any other.
func (actionsCollector) Start(ctx context.Context, t Target) (Stop, error) {
	inJob, _ := lookupEnv(t.Plan.OwnEnv, "GITHUB_ACTIONS")
	if inJob != "true" {
		return startWrapped(t.Plan)
	}
	type answer struct {
		section Section
		err     error
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), ResolveTimeout)
	done := make(chan answer, 1)
	look := func() (a answer) {
		a.err = guarded(func() error {
			a.section = actionsSection(ctx, t.Plan)
			return nil
		})
		return a
	}
	if t.Plan.Refs.Resolver == nil {
		done <- look()
	} else {
		go func() { done <- look() }()
	}
	return func(stop context.Context, s Step) (Section, error) {
		defer cancel()
		select {
		case a := <-done:
			if t.Plan.Wrap != nil {
				t.Plan.Wrap.addTo(&a.section, t.Plan, s)
			}
			return a.section, a.err
		case <-stop.Done():
			return Section{}, errors.New("the repositories did not answer before the run had to end")
		}
	}, nil
}

// actionsSection follows the references and puts them into attestations.
func actionsSection(ctx context.Context, p Plan) Section {
	s := Section{Phase: PreMaterial, Limits: actionsLimits(p.Resolve)}
	report := refs.Report{Job: true}
	reader := workflowReader{plan: p, world: p.Refs}
	var read []refs.Workflow
	add := func(w refs.Workflow) {
		report.Add(w)
		read = append(read, w)
	}
	for _, f := range workflowsOf(p.OwnEnv) {
		w, gap := reader.read(ctx, f)
		if gap != "" {
			s.Gaps = append(s.Gaps, gap)
		}
		if w.Src != nil {
			add(w)
		}
	}
	if report.Files == 0 && len(s.Gaps) == 0 {
		name, _ := lookupEnv(p.OwnEnv, "GITHUB_WORKFLOW")
		if w, ok := reader.named(name); ok {
			add(w)
		} else {
			s.Gaps = append(s.Gaps, fmt.Sprintf("the workflow of this job is not known: GITHUB_WORKFLOW_REF names none, and the workspace has no single one that is called %q (GITHUB_WORKFLOW)", name))
		}
	}
	world := refs.World{}
	if p.Resolve != ResolveOff {
		world = p.Refs
		world.All = true
	}
	report.Follow(ctx, world)
	report.Redact(p.redact)
	findings := refs.Judge(report)
	s.Notices, s.References = refsNotices(findings), findings
	for _, f := range findings {
		if f.Unknown() {
			s.Gaps = append(s.Gaps, f.Message)
		}
	}
	own := ownAction(p)
	self := map[string]bool{}
	for _, ref := range report.References {
		s.More = append(s.More, attested(ref, own))
		self[ref.Key] = own.is(ref)
	}
	if p.SARIF != "" {
		s.Place = stepPlace(p, read, func(uses string) bool { return self[actionref.Parse(uses, actionref.InStep).Canonical()] })
	}
	return s
}

// refsNotices are the findings for the person who reads the log.
func refsNotices(findings []refs.Finding) []Notice {
	var notices []Notice
	for _, f := range findings {
		level := WarningLevel
		if f.Level == refs.Error {
			level = ErrorLevel
		}
		notices = append(notices, Notice{level, f.Message + "; " + f.Fix, Place{f.File, f.Line, f.Col, "cilock: " + f.Rule}})
	}
	return notices
}

// selfRef is what this action is called, one of the three.
type selfRef struct{ download, local, ref string }

func (own selfRef) is(ref refs.Reference) bool {
	return ref.In(own.download) || own.local != "" && own.local == ref.Key || own.ref != "" && own.ref == ref.Key
}

// ownAction is what this action itself is called in the workflow: the
// downloaded action in which it runs, or its folder of the workspace.
func ownAction(p Plan) (own selfRef) {
	get := getenv(p.OwnEnv)
	dir := get("GITHUB_ACTION_PATH")
	if dir == "" || !p.InAction {
		return own
	}
	if d, _, ok := treecheck.Locate(p.Refs.Actions, dir); ok && p.Refs.Actions != "" {
		own.download = d.Dir
		return own
	}
	if rel, err := filepath.Rel(p.Refs.Workspace, dir); err == nil && p.Refs.Workspace != "" && (rel == "." || filepath.IsLocal(rel)) {
		own.local = actionref.Parse("./"+filepath.ToSlash(rel), actionref.InStep).Canonical()
		return own
	}
	// No layout of the runner's: what the contexts said where action.yml was
	// evaluated. They are empty on older servers.
	repository, ref := get(ContextPrefix+"ACTION_REPOSITORY"), get(ContextPrefix+"ACTION_REF")
	if r := actionref.Parse(repository+"@"+ref, actionref.InStep); r.Kind() == actionref.KindAction {
		own.ref = r.Canonical()
	}
	return own
}

// attested is a reference as an attestation, of the type that its origin has.
func attested(ref refs.Reference, own selfRef) Attested {
	body := attest.GitHubAction{
		ActionRef: ref.Key, RefPinned: ref.Ref.Pinned(), ActionType: string(ref.Ref.Kind()), ActionName: oneLine(ref.Name, 200), Using: oneLine(ref.Using, 50),
		ResolvedSHA: ref.Commit(), Reachable: string(ref.Answer.Verdict), Denied: ref.Answer.Denied,
		TreeSHA: ref.Bytes.TreeID, TreeSHA256: ref.Bytes.TreeSHA256, TreeVerified: string(ref.Bytes.State),
		Locked: ref.Locked, LockedSHA: ref.LockedSHA, Via: ref.Via, Count: ref.Count,
	}
	if ref.Followed {
		body.Nested = append([]string{}, ref.Nested...) // known to be none is not the same as not known
	}
	body.Reason = reasons(ref.Answer.Reason, ref.Bytes.Reason, ref.NotFollowed)
	for _, d := range ref.Bytes.Differences {
		if d.Explained == "" {
			body.Differences = append(body.Differences, attest.TreeDifference{Path: strings.ToValidUTF8(d.Path, "\uFFFD"), Kind: d.Kind})
		}
	}
	typ := attest.TypeGitHubAction
	switch {
	case own.is(ref):
		typ = attest.TypeActionSelf
	case ref.Local():
		typ = attest.TypeActionLocal
	}
	return Attested{typ, body}
}

func reasons(all ...string) string {
	var some []string
	for _, s := range all {
		if s != "" && !slices.Contains(some, s) {
			some = append(some, s)
		}
	}
	return oneLine(strings.Join(some, "; "), 1000)
}
