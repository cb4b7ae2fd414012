package action

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/internal/report"
	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/attest"
)

// ReportInputs is what the verb report was asked for. What verify needs decides
// whether anything is verified.
type ReportInputs struct {
	Verify VerifyInputs
	Trace  string // path of the trace; empty: what stands beside each bundle
	Out    string
}

// planPage resolves the path of the HTML report, and proves before the step that
// it can be written there.
func planPage(p *Plan, in Inputs, _ Deps) error {
	if in.Page == "" {
		return nil
	}
	path, err := PagePlace("report", in.Page)
	if err != nil {
		return err
	}
	for _, other := range append(p.outputs(), p.Outfile+PublicKeySuffix) {
		if path == other {
			return verdict.Misuse("report %q: the evidence is written there", in.Page)
		}
	}
	p.Page = path
	return nil
}

// PagePlace resolves the path of an HTML report. A file that is there is replaced
// if it is one.
func PagePlace(what, name string) (string, error) {
	path, err := outputPath(what, name)
	if err != nil {
		return "", err
	}
	if exists(path) {
		head, err := readHead(path, int64(len(report.Prefix)))
		switch {
		case err != nil:
			return "", verdict.Misuse("%s %q is there and cannot be read: %w", what, name, err)
		case head != "" && head != report.Prefix:
			return "", verdict.Misuse("%s %q is there and is no report: it is not overwritten; give another file", what, name)
		}
	}
	return path, probeFolder(what, name, filepath.Dir(path))
}

// writePage makes the report of what was signed. Without evidence on disk there
// is none, and that of an earlier run is taken away.
func writePage(r *Report, s Signed) (err error) {
	path := r.Plan.Page
	if path == "" {
		return nil
	}
	if len(r.Files) == 0 || r.Files[0] != r.Plan.Outfile {
		return removeOld(path)
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("write report %s: %w", path, err)
			r.Lost = append(r.Lost, err.Error())
		}
	}()
	b := report.Bundle{Name: filepath.Base(r.Plan.Outfile), Data: s.Bundle}
	switch {
	case s.Sidecar != nil && r.Step.Cancelled != "": // it may take longer than a cancelled job has
		b.TraceNote = fmt.Sprintf("The processes and opens are in %s, which was not read since the run was cancelled: cilock report makes a page with them.", b.Name+TraceSuffix)
	case s.Sidecar != nil:
		t, err := readTrace(bytes.NewReader(s.Sidecar))
		if err != nil {
			return err
		}
		b.Trace, b.TraceNote = t.summary, traceShown(b.Name+TraceSuffix)
	}
	key := ""
	if r.Plan.Signing.Key.Ephemeral() && !r.Proof.Certified {
		key = b.Name + PublicKeySuffix
	}
	in := report.Input{Bundles: []report.Bundle{b}, Command: VerifyCommand([]report.Bundle{b}, []string{b.Name}, key), Judgement: report.Judgement{
		Verdict: r.Verdict,
		By:      "This is what the run said of its own evidence, which it read back out of what it had signed. The page itself checks nothing, and can be changed by anybody: verify the evidence with the command below.",
	}}
	for _, f := range r.Findings {
		for _, text := range []*string{&f.Rule, &f.Step, &f.Expected, &f.Found, &f.Fix} {
			*text = r.Plan.redact(*text)
		}
		in.Judgement.Findings = append(in.Judgement.Findings, f)
	}
	page, err := report.Render(in)
	if err != nil {
		return err
	}
	if err := filetree.Replace(path, page, 0o644, nil); err != nil {
		return err
	}
	r.Page = path
	return nil
}

func traceShown(name string) string {
	return fmt.Sprintf("The processes and opens are from %s, whose digest and root are those that the evidence names.", name)
}

// VerifyCommand is how a reader verifies these bundles, which are in files of these
// names. A key or an identity is what the first of them claims: the reader has to
// know whom to expect. key is the file of the public key; empty: one that only the
// reader can name.
func VerifyCommand(bundles []report.Bundle, files []string, key string) string {
	claims := claimsOf(bundles[0])
	words := append([]string{"cilock", "verify"}, signerFlags(claims, key)...)
	for _, name := range files {
		words = append(words, "--bundle", ShellQuote(name))
	}
	subject := "--skip-subject-unsafe"
	if s := claims.Statement.Subject; len(s) > 0 && s[0].Name != "predicate" && s[0].Name != attest.ProductTreeName {
		subject = ShellQuote(s[0].Name)
	}
	return strings.Join(append(words, subject), " ")
}

func signerFlags(c attest.Claims, key string) []string {
	if len(c.Signers) > 0 && c.Signers[0].Certificate != nil {
		cert := c.Signers[0].Certificate
		if cert.Issuer == "" {
			return []string{"--cert-chain", "CA.pem", "--cert-identity", ShellQuote(cert.Identity)}
		}
		return []string{"--cert-identity", ShellQuote(cert.Identity), "--cert-oidc-issuer", ShellQuote(cert.Issuer), "--trusted-root", "trusted_root.json"}
	}
	if key == "" {
		key = "PUBLIC_KEY.pem"
	}
	return []string{"--key", ShellQuote(key)}
}

// claimsOf reads a bundle as far as it can be read.
func claimsOf(b report.Bundle) attest.Claims {
	parsed, err := attest.ParseBundle(b.Data)
	if err != nil {
		return attest.Claims{}
	}
	claims, _ := parsed.Claims()
	return claims
}
