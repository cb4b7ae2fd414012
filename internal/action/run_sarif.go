package action

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/internal/refs"
	"github.com/org/cilock-action/internal/sarif"
	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/attest"
	"github.com/org/cilock-action/pkg/secretscan"
)

// The fingerprints of a run's results, versioned as SARIF wants it (3.27.17).
const (
	findingPrint   = "cilockFinding/v1"
	runSecretPrint = "cilockRunSecret/v1"
)

// maxResultText bounds the message of one result, in bytes.
const maxResultText = 4 << 10

// SARIF is everything that the run found, as a SARIF 2.1.0 log: the findings of
// its verdict, each secret, and each reference of the job's workflow.
func (r Report) SARIF() (string, error) {
	b := &sarif.Builder{Run: sarif.Run{ColumnKind: "unicodeCodePoints"}}
	b.Tool.Driver.Version = buildVersion()
	done := sarif.Invocation{Successful: len(r.Lost) == 0}
	scan, scanned := r.Secrets.Section.Body.(attest.SecretScan)
	for _, f := range worstFirst(r.Findings) {
		done.Successful = done.Successful && f.Verdict != verdict.Incomplete
		if !scanned || f.Rule != verdict.RuleSecrets { // each secret is a result of its own
			r.addFinding(b, f)
		}
	}
	for _, f := range scan.Findings {
		r.addSecret(b, f)
	}
	for _, f := range r.References {
		r.addReference(b, f)
	}
	for _, text := range r.Lost {
		done.Notifications = append(done.Notifications, sarif.Notification{Level: sarif.Error, Message: r.sarifText(text)})
	}
	if scan.NotListed > 0 {
		text := fmt.Sprintf("%d more secrets were found than are listed", scan.NotListed)
		done.Notifications = append(done.Notifications, sarif.Notification{Level: sarif.Warning, Message: sarif.Text{Text: text}})
	}
	b.Invocations = []sarif.Invocation{done}
	return b.Document()
}

// sarifName is untrusted text as a name, and sarifText as a message.
func (r Report) sarifName(text string) string { return oneLine(r.Plan.redact(text), maxResultText) }

func (r Report) sarifText(text string) sarif.Text { return sarif.Plain(r.sarifName(text)) }

// sarifLevel is a verdict as a level. What costs no verdict is a note.
func sarifLevel(v verdict.Verdict) string {
	switch v {
	case verdict.Pass:
		return sarif.Note
	case verdict.Warn, verdict.Incomplete:
		return sarif.Warning
	}
	return sarif.Error
}

// atStep is where results stand that have no file of their own: the step that
// runs us, in its workflow, and below it what they are about. Outside of a job
// they have that name alone.
func (r Report) atStep(about string) []sarif.Location {
	at := sarif.Location{Logical: []sarif.Logical{{Name: cmp.Or(r.sarifName(about), "step")}}}
	if r.Place.File != "" {
		uri := sarif.URI(r.Plan.redact(r.Place.File), filetree.Checkout{})
		at.Physical = &sarif.Physical{Artifact: sarif.Artifact{URI: uri}, Region: &sarif.Region{StartLine: r.Place.Line}}
	}
	return []sarif.Location{at}
}

// numbers are what changes from run to run in a text that is otherwise the same:
// counts, times, digests.
var numbers = regexp.MustCompile(`[0-9A-Fa-f]*[0-9][0-9A-Fa-f]*`)

// addFinding adds a finding of the verdict. Its fingerprint is made of the rule,
// the step and what was expected: what was found has process ids and the like.
func (r Report) addFinding(b *sarif.Builder, f verdict.Finding) {
	text := fmt.Sprintf("Expected %s, found %s.", f.Expected, f.Found)
	if chain := r.Seen.chain(f); chain != "" {
		text += " Process: " + chain + "."
	}
	if f.Fix != "" {
		text += " To fix it: " + strings.TrimSuffix(f.Fix, ".") + "."
	}
	expected := numbers.ReplaceAllString(strings.ReplaceAll(f.Expected, r.Plan.Outfile, ""), "#")
	level := sarifLevel(f.Verdict)
	rule := runRule(r.sarifName(f.Rule), level)
	b.Add(rule, sarif.Result{
		Level: level, Message: r.sarifText(text), Locations: r.atStep(cmp.Or(f.Step, r.Plan.Name)),
		Fingerprints: map[string]string{findingPrint: b.Print(rule.ID, f.Step, r.Plan.redact(expected))},
	})
}

const runSecretHelp = "Whoever can read the place has the credential. Revoke it where it was issued, and keep the step from printing or packing it. " +
	"A step is to get a credential through a variable or a store of secrets, and to pass it on to nobody."

// addSecret adds a secret. Neither its digest, which is another one in each run,
// nor anything else that is made of the secret is in the log.
func (r Report) addSecret(b *sarif.Builder, found attest.SecretFinding) {
	f := secretscan.Finding{
		RuleID: found.RuleID, Description: found.Description, Source: found.Location, Member: found.Member, Line: found.StartLine, Offset: found.Offset,
		EncodingPath: found.EncodingPath, LocationApproximate: found.LocationApproximate, Tier: found.Tier, Length: found.Length, Count: found.Count,
	}
	redactFinding(&f, r.Plan.redact)
	high, low := r.Plan.secretWeights()
	level := sarifLevel(low)
	if f.Tier == secretscan.TierHigh {
		level = sarifLevel(high)
	}
	text, where, properties := scanText(f), []sarif.Location{}, scanPropertiesOf(f)
	if streamSource(f.Source) {
		where, properties.AboutLine = r.atStep(f.Source), f.Line
		text += fmt.Sprintf(" (%s, line %d)", f.Source, f.Line)
	} else {
		where = append(where, scanLocation(f, filetree.Checkout{Dir: r.Plan.Dir, Root: r.Plan.Root}))
	}
	rule := scanRule(f, runSecretHelp)
	rule.Default.Level, rule.Properties = level, sarif.Security(level)
	b.Add(rule, sarif.Result{
		Level: level, Message: sarif.Plain(text), Locations: where, Properties: properties,
		Fingerprints: map[string]string{runSecretPrint: b.Print(append([]string{f.RuleID, f.Source, f.Member}, f.EncodingPath...)...)},
	})
}

// streamSource reports whether a finding's place is no file: an output of the
// step, or what the evidence says of it.
func streamSource(name string) bool {
	return name == "stdout" || name == "stderr" || name == "environment" || strings.HasPrefix(name, "attestation:")
}

// addReference adds a finding about a reference. The workflow of another
// repository is no file of this one, and an action that was named on the command
// line stands in none. It was redacted when it was judged, beside the step, which
// may have announced more secrets since.
func (r Report) addReference(b *sarif.Builder, f refs.Finding) {
	for _, text := range []*string{&f.File, &f.Message, &f.Fix} {
		*text = r.Plan.redact(*text)
	}
	if r.Plan.redact(f.Replace) != f.Replace {
		f.Replace = ""
	}
	if strings.HasPrefix(f.File, ".github/workflows/") { // another repository's begins with an owner
		f.AddTo(b, filetree.Checkout{}, nil)
		return
	}
	f.File, _, _ = strings.Cut(f.File, "@")
	f.AddTo(b, filetree.Checkout{}, r.atStep(cmp.Or(f.File, r.Plan.Name)))
}

// writeSARIF writes the findings for code scanning. Those of an earlier run are
// none of this one: where they cannot be replaced they are taken away.
func writeSARIF(r *Report) error {
	path := r.Plan.SARIF
	if path == "" {
		return nil
	}
	text, err := r.SARIF()
	if err == nil {
		err = filetree.Replace(path, []byte(text), 0o644, nil)
	}
	if err != nil {
		err = errors.Join(fmt.Errorf("write SARIF %s: %w", path, err), removeOld(path))
		r.Lost = append(r.Lost, err.Error())
		return err
	}
	r.SARIFPath = path
	return nil
}

// planSARIF decides where the findings are written for code scanning: where the
// caller says, and inside the action beside the evidence.
func planSARIF(p *Plan, in Inputs, d Deps) error {
	name := in.SARIF
	if name == "" && p.InAction {
		name = p.Outfile + SARIFSuffix
	}
	if name == "" {
		return nil
	}
	path, err := outputPath("sarif", name)
	if err != nil {
		return err
	}
	for _, taken := range p.outputs() {
		if path == taken {
			return verdict.Misuse("sarif %q: the evidence is written there: give another file", name)
		}
	}
	head, err := readHead(path, 256)
	switch {
	case !exists(path):
	case err != nil:
		return verdict.Misuse("sarif %q is there and cannot be read: %w", name, err)
	case head != "" && !sarif.Ours(head):
		return verdict.Misuse("sarif %q is there and is no SARIF of cilock's: it is not overwritten; give another file", name)
	}
	if err := probeFolder("sarif", name, filepath.Dir(path)); err != nil {
		return err
	}
	p.SARIF = path
	if p.Root = p.Dir; d.Getenv("GITHUB_ACTIONS") == "true" {
		p.Root = cmp.Or(d.Getenv("GITHUB_WORKSPACE"), p.Dir)
		if real, err := filepath.EvalSymlinks(p.Root); err == nil {
			p.Root = real // as Dir
		}
	}
	return nil
}
