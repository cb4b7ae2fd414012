package action

import (
	"errors"
	"fmt"
	"strings"

	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/attest"
)

// judgeSigning says what the signature lacks of what was wanted. An identity
// that was asked for and is missing makes the evidence incomplete; so does a
// certificate without a trusted time, since nobody can tell later whether it
// was valid.
func judgeSigning(p Plan, s Signed) []verdict.Finding {
	return append(judgeCertificate(p.Signing, p.Name), judgeServices(p, s)...)
}

// judgeCertificate warns of a certificate that no identity will match.
func judgeCertificate(g Signing, step string) []verdict.Finding {
	if g.Chain == nil || attest.HasIdentity(g.Chain[0]) {
		return nil
	}
	return []verdict.Finding{{
		Verdict: verdict.Warn, Rule: "signer-identity", Step: step, Expected: "a certificate with exactly one subject alternative name",
		Found: "none, or several", Fix: "verify it with --cert CERTIFICATE.pem, or sign with a certificate that has one",
	}}
}

func judgeServices(p Plan, s Signed) []verdict.Finding {
	trouble := ""
	if err := errors.Join(p.Signing.Failed, s.Trouble); err != nil {
		trouble = strings.ReplaceAll(err.Error(), "\n", "; ")
	}
	finding := func(v verdict.Verdict, rule, expected, found, fix string) []verdict.Finding {
		if trouble != "" {
			found += ": " + trouble
		}
		return []verdict.Finding{{Verdict: v, Rule: rule, Step: p.Name, Expected: expected, Found: found, Fix: fix}}
	}
	unsaid := verdict.Warn
	if p.Signing.Asked || p.Signing.Required {
		unsaid = verdict.Incomplete
	}
	switch {
	case p.Signing.Key.Ephemeral() && !s.Certified:
		return finding(unsaid, "signer-identity", "a signer that a verifier can know beforehand", "identity: none, a local key made for this run", localFix(p.Signing, trouble))
	case s.Certified && p.Signing.online() && !s.Timestamped:
		return finding(verdict.Incomplete, "timestamped", "a trusted time of the signature", "none",
			"run the step again: a certificate without a time cannot be verified once it has expired")
	case p.Signing.Notary.Rekor != "" && !s.Logged:
		v := verdict.Warn
		if p.Signing.Required {
			v = verdict.Incomplete
		}
		return finding(v, "logged", "an entry in the transparency log", "not logged",
			"complete it: "+logLaterCommands(p, s))
	case trouble != "":
		return []verdict.Finding{{
			Verdict: verdict.Warn, Rule: "signing-services", Step: p.Name, Expected: "an answer of every service", Found: trouble,
		}}
	}
	return nil
}

// localFix is how to sign with more than a key of the run's own. The reason
// stands before it.
func localFix(g Signing, trouble string) string {
	switch {
	case g.Failed != nil:
		return "run the step again once that is mended"
	case trouble != "":
		return "sign with --key, or run the step again once that is mended"
	case g.Declined:
		return "sign with --key, or drop --keyless=false"
	case g.Token == nil && g.Notary.Fulcio != "":
		return "Fulcio was not asked for a certificate: no identity token; give one (--identity-token FILE), or sign with --key"
	}
	return "sign with --key, or let the job ask for an identity with `permissions: id-token: write`"
}

// logLaterCommands complete the bundles that have no entry, ready to paste. They
// name a private log: without that the entries would go to Sigstore's own, for
// everybody to read.
func logLaterCommands(p Plan, s Signed) string {
	const most = 8
	flags := ""
	if log := p.Signing.Notary.Rekor; log != attest.PublicInstance().Rekor {
		flags += " --rekor-server-url " + ShellQuote(log)
	}
	if !s.Certified {
		flags += " --key " + p.Signing.publicKey()
	}
	var commands []string
	for _, path := range s.Unlogged[:min(len(s.Unlogged), most)] {
		commands = append(commands, fmt.Sprintf("`cilock attest --log-later %s%s`", ShellQuote(path), flags))
	}
	text := strings.Join(commands, ", ")
	if more := len(s.Unlogged) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// signedEnough reports whether require-signing is satisfied.
func (s Signed) signedEnough(p Plan) bool {
	return !p.Signing.Required || (s.Certified || !p.Signing.Key.Ephemeral()) &&
		(s.Logged || p.Signing.Notary.Rekor == "") && (s.Timestamped || !s.Certified || !p.Signing.online())
}
