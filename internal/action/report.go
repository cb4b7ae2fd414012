package action

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/org/cilock-action/internal/refs"
	"github.com/org/cilock-action/internal/tracerd"
	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/attest"
)

// Report is what a run tells the person who started it.
type Report struct {
	Plan     Plan
	Step     Step
	Verdict  verdict.Verdict
	Findings []verdict.Finding
	Notices  []Notice
	Proof    Proof
	Unsigned bool // require-signing asked for more than came
	Subjects []attest.Subject
	Files    []string // written, the bundle first
	Page     string   // of the HTML report, if one was written
	Lost     []string // what could not be written, and why
	Trace    Row      // how the step was watched
	Secrets  Row      // what the scan for secrets found
	Seen     Seen     // for the summary
	// For code scanning: what was found about references, where the step stands in
	// its workflow, and the file that was written.
	References []refs.Finding
	Place      Place
	SARIFPath  string
}

// NewReport gathers what is known once the evidence is signed.
func NewReport(p Plan, e Evidence, s Signed, findings []verdict.Finding) Report {
	r := Report{
		Plan: p, Step: e.Step, Verdict: verdict.Of(findings), Findings: findings,
		Proof: s.Proof, Subjects: s.Subjects, Unsigned: !s.signedEnough(p), Seen: seenIn(e.Rows), Place: placeIn(p, e.Rows),
	}
	for _, row := range e.Rows {
		r.Notices = append(r.Notices, row.Section.Notices...)
		r.References = append(r.References, row.Section.References...)
		switch row.Name {
		case (traceCollector{}).Name():
			r.Trace = row
		case secretscanName:
			r.Secrets = row
		}
	}
	return r
}

// lost tells of a run whose evidence could not be made.
func lost(p Plan, e Evidence, d Deps, err error) Report {
	r := Report{
		Plan: p, Step: e.Step, Verdict: verdict.Fail, Place: placeIn(p, e.Rows), Lost: []string{err.Error()},
		Findings: []verdict.Finding{{
			Verdict: verdict.Fail, Rule: "evidence", Step: p.Name, Expected: "signed evidence", Found: err.Error(),
		}},
	}
	_ = writeSARIF(&r) // what failed is said, and the run has failed already
	say(r, d)
	return r
}

// placeIn is where the step stands in its workflow. If nobody has read that it
// is the first line.
func placeIn(p Plan, rows []Row) Place {
	for _, row := range rows {
		if row.Section.Place.File != "" {
			return row.Section.Place
		}
	}
	return stepPlace(p, nil, nil)
}

// Lines are the facts, one a line, the verdict first and the next command
// last. They hold untrusted text, which the sink makes harmless.
func (r Report) Lines() []string {
	lines := []string{
		fmt.Sprintf("verdict: %s", r.Verdict),
		fmt.Sprintf("step: %s %s", r.Plan.Name, r.stepFact()),
	}
	for _, f := range worstFirst(r.Findings) {
		lines = append(lines, fmt.Sprintf("%s: %s", f.Verdict, f))
	}
	for _, l := range r.Lost {
		lines = append(lines, "lost: "+l)
	}
	lines = append(lines, "trace: "+r.traceFact(), "secrets: "+r.secretsFact(), "signer: "+cmp.Or(r.Proof.Identity, "none"), "policy: "+r.Plan.Judge.fact())
	lines = append(lines, r.subjectLines(r.Plan.redact)...)
	if len(r.Files) > 0 {
		lines = append(lines, "evidence: "+r.Files[0])
	}
	if r.Page != "" {
		lines = append(lines, "report: "+r.Page)
	}
	if r.SARIFPath != "" {
		lines = append(lines, "sarif: "+r.SARIFPath)
	}
	if len(r.Files) > 0 {
		lines = append(lines, "next: "+r.verifyCommand())
	}
	return lines
}

// traceFact says what watched the step, and how much of it.
func (r Report) traceFact() string {
	if r.Trace.Section.Backend == "" {
		fact := strings.TrimRight("none, "+r.Trace.State+": "+r.Trace.Reason, ",: ")
		if r.Trace.State == attest.StateFailed && r.Plan.Trace != tracerd.Auto {
			fact += "; `cilock doctor` says how to mend it, or use --trace=auto"
		}
		return fact
	}
	seen, lost := r.events()
	return fmt.Sprintf("%s, %d events, %d lost", r.Trace.Section.Backend, seen, lost)
}

// secretsFact says what the scan found, low findings too: they change no verdict unless that is asked for.
func (r Report) secretsFact() string {
	scan, ok := r.Secrets.Section.Body.(attest.SecretScan)
	if !ok {
		return strings.TrimRight("not looked for, "+r.Secrets.State+": "+r.Secrets.Reason, ",: ")
	}
	return fmt.Sprintf("%d high and %d low findings in %d bytes", scan.High, scan.Low, scan.ScannedBytes)
}

// events counts what was seen of the step, and what was lost.
func (r Report) events() (seen, lost uint64) {
	for _, c := range r.Trace.Section.Counts {
		seen += c.Received
		lost += c.Lost
	}
	return seen, lost
}

func (r Report) stepFact() string {
	s := r.Step
	switch {
	case !s.Started:
		return "did not start: " + s.Reason
	case s.Cancelled != "":
		return fmt.Sprintf("cancelled by %s, exit code %d", s.Cancelled, s.ExitCode)
	case s.Signal != "":
		return fmt.Sprintf("killed by %s, exit code %d", s.Signal, s.ExitCode)
	}
	return fmt.Sprintf("exit code %d after %s", s.ExitCode, s.End.Sub(s.Start).Round(time.Millisecond))
}

// subjectLines names the first few subjects, as shown says, and counts the rest.
func (r Report) subjectLines(shown func(string) string) []string {
	const most = 5
	var lines []string
	for i, s := range r.Subjects {
		if i == most {
			return append(lines, fmt.Sprintf("subject: and %d more", len(r.Subjects)-most))
		}
		for _, hash := range []string{"sha256", "sha1"} {
			if digest, ok := s.Digest[hash]; ok {
				lines = append(lines, fmt.Sprintf("subject: %q %s:%s", shown(s.Name), hash, digest))
			}
		}
	}
	return lines
}

// verifyCommand is ready to paste, in any folder, where the names are plain
// enough.
func (r Report) verifyCommand() string {
	subject := "--skip-subject-unsafe"
	if len(r.Subjects) > 0 && r.Subjects[0].Name != "predicate" && r.Subjects[0].Name != attest.ProductTreeName {
		subject = ShellQuote(r.artifact(r.Subjects[0]))
	}
	return fmt.Sprintf("cilock verify %s --bundle %s %s", r.Plan.signerFlags("--", r.Proof), ShellQuote(r.Plan.Outfile), subject)
}

// signerFlags are those that name who signed, as the shell takes them. They begin
// with -- for evidence, and with --policy- for a policy.
func (p Plan) signerFlags(prefix string, proof Proof) string {
	switch {
	case proof.Certified && p.Signing.Token != nil:
		return fmt.Sprintf("%scert-identity %s %scert-oidc-issuer %s --trusted-root TRUSTED_ROOT.json", prefix, ShellQuote(proof.Identity), prefix, ShellQuote(proof.Issuer))
	case proof.Certified && prefix == "--":
		return "--cert CERTIFICATE.pem"
	case p.Signing.Key.Ephemeral():
		return prefix + "key " + ShellQuote(p.Outfile+PublicKeySuffix)
	}
	return prefix + "key " + p.Signing.publicKey()
}

// publicKey is the key to verify with, as the shell takes it.
func (g Signing) publicKey() string {
	if g.KeyAt == "" {
		return "PUBLIC_KEY.pem"
	}
	return ShellQuote(g.KeyAt)
}

// artifact is a subject as verify takes it: the path of a file, or the name and
// digest of what was given as such and is no file here.
func (r Report) artifact(s attest.Subject) string {
	for _, ref := range r.Plan.Subjects {
		if ref.path == "" && ref.sha256 == s.Digest["sha256"] {
			return s.Name + "@sha256:" + ref.sha256
		}
	}
	return absolute(r.Plan.Dir, s.Name)
}

// ShellQuote is for pasting: single quotes around anything unusual.
func ShellQuote(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./@:+,=", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 && s[0] != '-' {
		return s
	}
	if s != "" && s[0] == '-' {
		s = "./" + s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
