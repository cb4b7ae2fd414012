package verify

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/org/cilock-action/pkg/attest"
)

// Redact applies f to every text of the result that may hold a secret of the
// environment: names, and what was found.
func (r *Result) Redact(f func(string) string) {
	checks := func(list []Check) {
		for i := range list {
			c := &list[i]
			c.Detail, c.Expected, c.Found = f(c.Detail), f(c.Expected), f(c.Found)
		}
	}
	for i := range r.Bundles {
		b := &r.Bundles[i]
		b.Path, b.Step, b.PredicateType, b.NotHigherLevel = f(b.Path), f(b.Step), f(b.PredicateType), f(b.NotHigherLevel)
		for _, signer := range b.Signers {
			if c := signer.Certificate; c != nil {
				for _, text := range []*string{
					&c.Identity, &c.Issuer, &c.Authority, &c.Build.Repository, &c.Build.Ref, &c.Build.Workflow,
					&c.Build.Signer, &c.Build.RunnerEnvironment, &c.Build.Trigger, &c.Build.Run,
				} {
					*text = f(*text)
				}
			}
		}
		checks(b.Checks)
	}
	for i := range r.Proofs {
		p := &r.Proofs[i]
		p.Path, p.Subject = f(p.Path), f(p.Subject)
		checks(p.Checks)
	}
	for i := range r.Subjects {
		r.Subjects[i].Name = f(r.Subjects[i].Name)
		checks(r.Subjects[i].Checks)
	}
	if r.Policy != nil {
		r.Policy.redact(f)
	}
	for i := range r.Findings {
		x := &r.Findings[i]
		x.Rule, x.Step, x.Expected, x.Found, x.Fix = f(x.Rule), f(x.Step), f(x.Expected), f(x.Found), f(x.Fix)
	}
}

// Lines is the verdict tree for people: the verdict, then each bundle and
// subject with its checks, then the reasons. The lines hold untrusted text,
// which the sink makes harmless.
func (r Result) Lines() []string {
	lines := []string{fmt.Sprintf("verdict: %s", r.Verdict)}
	if r.TrustedRoot != nil {
		lines = append(lines, rootLine(*r.TrustedRoot, r.now))
	}
	for _, b := range r.Bundles {
		lines = append(lines, fmt.Sprintf("  bundle %q", b.Path))
		lines = appendChecks(lines, b.Checks)
	}
	for _, p := range r.Proofs {
		lines = append(lines, fmt.Sprintf("  proof %q", p.Path))
		lines = appendChecks(lines, p.Checks)
	}
	for _, s := range r.Subjects {
		lines = append(lines, fmt.Sprintf("  subject %q", s.Name))
		lines = appendChecks(lines, s.Checks)
	}
	if r.Policy != nil {
		lines = append(lines, r.Policy.lines()...)
	}
	for _, f := range r.Findings {
		lines = append(lines, fmt.Sprintf("%s: %s", f.Verdict, f))
	}
	return lines
}

// rootLine says how old the trusted root is, and how long it will do.
func rootLine(info attest.RootInfo, now time.Time) string {
	line := fmt.Sprintf("  trusted root sha256:%s, newest key from %s", info.SHA256, info.Newest.UTC().Format(time.DateOnly))
	if days := int(now.Sub(info.Newest).Hours() / 24); days > 0 {
		line += fmt.Sprintf(", %d days ago", days)
	}
	if !info.Expires.IsZero() {
		line += "; usable until " + info.Expires.UTC().Format(time.DateOnly)
	}
	return line
}

func appendChecks(lines []string, checks []Check) []string {
	for _, c := range checks {
		if c.OK {
			lines = append(lines, fmt.Sprintf("    ok    %-13s %s", c.Name, c.Detail))
			continue
		}
		lines = append(lines,
			fmt.Sprintf("    FAIL  %-13s expected %s", c.Name, c.Expected),
			fmt.Sprintf("          %-13s found    %s", "", c.Found))
	}
	return lines
}

// JSON is the result for machines. The runner reads `##[` anywhere in a line
// as a command, so it is written with an escape that JSON readers undo.
func (r Result) JSON() (string, error) {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return "", fmt.Errorf("encode result: %w", err)
	}
	return strings.ReplaceAll(string(data), "##[", "##\\u005b") + "\n", nil
}
