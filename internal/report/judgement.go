package report

import (
	"fmt"
	"slices"

	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/internal/verify"
	"github.com/org/cilock-action/pkg/attest"
)

// OfVerification is what `verify` said, when the page was made.
func OfVerification(r verify.Result) Judgement {
	j := Judgement{
		Verdict: r.Verdict, Findings: r.Findings,
		By: "This is what cilock verify said when this page was made. The page itself checks nothing, and can be changed by anybody: ask again with the command below.",
	}
	add := func(title string, checks []verdict.Check) {
		j.Groups = append(j.Groups, Group{title, checks})
	}
	for _, b := range r.Bundles {
		j.Failed = j.Failed || !b.Verified
		add("bundle "+b.Path, b.Checks)
	}
	for _, p := range r.Proofs {
		add("proof "+p.Path, p.Checks)
	}
	for _, s := range r.Subjects {
		add("subject "+s.Name, s.Checks)
	}
	if r.Policy == nil || r.Policy.Case == nil {
		return j
	}
	add(fmt.Sprintf("policy %s sha256:%s, %d satisfied", r.Policy.Name, r.Policy.Digest, r.Policy.Satisfied), nil)
	for _, part := range slices.Concat(r.Policy.Steps, r.Policy.Artifacts) {
		add("policy: "+part.Name, part.Checks)
	}
	return j
}

// Unverified is the judgement where nobody was asked to verify. What the record
// gives away by itself is said all the same.
func Unverified(bundles []Bundle) Judgement {
	j := Judgement{By: "The signature is not checked by this page. All that follows is what the file says of itself; check it yourself with the command below."}
	for _, b := range bundles {
		parsed, err := attest.ParseBundle(b.Data)
		if err != nil {
			continue // said where the bundle is shown
		}
		claims, err := parsed.Claims()
		if err != nil {
			continue
		}
		if c, err := claims.Statement.Collection(); err == nil {
			j.Findings = append(j.Findings, verdict.Judge(claims.Statement.PredicateType, c)...)
		}
	}
	return j
}

// maxFindings bounds the findings that are shown, the worst first.
const maxFindings = 500

// judge puts the verdict first.
func (v *view) judge(j Judgement, all []*evidence) {
	v.Title = "cilock report"
	if len(all) > 0 {
		v.Title += ": " + cutAt(all[0].title(), 100)
	}
	v.Verdict, v.About = bannerOf(j), "Reasons for the verdict"
	if j.Verdict == "" {
		v.About = "What the record gives away by itself"
	}
	for _, g := range j.Groups {
		group := Group{Title: cut(g.Title)}
		for _, c := range g.Checks[:min(len(g.Checks), maxRows)] {
			c.Detail, c.Expected, c.Found = cut(c.Detail), cut(c.Expected), cut(c.Found)
			group.Checks = append(group.Checks, c)
		}
		v.Groups = append(v.Groups, group)
	}
	findings := slices.Clone(j.Findings)
	slices.SortStableFunc(findings, func(a, b verdict.Finding) int {
		switch {
		case a.Verdict == b.Verdict:
			return 0
		case a.Verdict.Worst(b.Verdict) == a.Verdict:
			return -1
		}
		return 1
	})
	for _, f := range findings {
		if len(v.Findings) == maxFindings {
			v.More++
			continue
		}
		v.Findings = append(v.Findings, findingRow{
			Mark: mark(f.Verdict), Rule: cut(f.Rule), Step: cut(f.Step), Expected: cut(f.Expected), Found: cut(f.Found), Fix: cut(f.Fix),
			Chain: cut(chainOf(f, all)),
		})
	}
}

func bannerOf(j Judgement) banner {
	b := banner{Mark: mark(j.Verdict), Word: string(j.Verdict), By: j.By}
	switch {
	case j.Verdict == "":
		b = banner{Mark: "unknown", Word: "not verified", By: j.By}
	case j.Failed:
		b.Word = "fail: the evidence does not hold"
	}
	b.Sign = map[string]string{"pass": "✓", "warn": "!", "incomplete": "…", "fail": "✗"}[b.Mark]
	if b.Sign == "" {
		b.Sign = "?"
	}
	return b
}

// mark is a verdict as a class of the page: a known word, whatever it was.
func mark(v verdict.Verdict) string {
	switch v {
	case verdict.Pass, verdict.Warn, verdict.Incomplete, verdict.Fail:
		return string(v)
	}
	return "unknown"
}

// chainOf finds the processes of a finding by the number that a policy's modules
// put into it.
func chainOf(f verdict.Finding, all []*evidence) string {
	pid, ok := f.Process()
	if !ok {
		return ""
	}
	for _, e := range all {
		if e.collection == nil || f.Step != "" && f.Step != e.collection.Name && len(all) > 1 {
			continue
		}
		if chain := e.processes.chain(pid); chain != "" {
			return chain
		}
	}
	return ""
}
