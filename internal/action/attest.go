package action

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/org/cilock-action/internal/scandoc"
	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/attest"
)

// AttestInputs is what `attest` was asked for.
type AttestInputs struct {
	Type      string   // a predicate type, or a short name of one
	Predicate string   // path of the predicate's JSON; empty: provenance is made here
	Subjects  []string // paths, or NAME@sha256:HEX
	Outfile   string
	Signing   SigningInputs
	LogLater  string // path of a bundle that lacks its log entry; excludes the others
	// Countersign is the path of evidence that another job of this run has signed
	// with a key of its own; excludes the others too.
	Countersign string
	InAction    bool
}

// maxPredicate bounds a predicate, in bytes.
const maxPredicate = 32 << 20

// predicateTypes are the short names of predicate types, as cosign has them.
var predicateTypes = map[string]string{
	"slsaprovenance1": attest.SLSAProvenanceType,
	"vsa":             attest.SLSASummaryType,
	"spdx":            attest.TypeSPDX,
	"cyclonedx":       attest.TypeCycloneDX,
	"openvex":         "https://openvex.dev/ns/v0.2.0",
	"vuln":            "https://cosign.sigstore.dev/attestation/vuln/v1",
}

// predicateType resolves a short name, and refuses what is no type or is the
// type of evidence that only a wrapped step has.
func predicateType(name string) (string, error) {
	typ := name
	if long, ok := predicateTypes[name]; ok {
		typ = long
	}
	u, err := url.Parse(typ)
	switch {
	case name == "":
		return "", verdict.Misuse("no predicate type: give --type, a URI or one of slsaprovenance1, vsa, spdx, cyclonedx, openvex, vuln")
	case err != nil || u.Scheme == "" || u.Host == "" && u.Opaque == "" || strings.ContainsAny(typ, " \t\r\n"):
		return "", verdict.Misuse("predicate type %q is neither a URI nor one of slsaprovenance1, vsa, spdx, cyclonedx, openvex, vuln", name)
	case (attest.Statement{PredicateType: typ}).IsCollection():
		return "", verdict.Misuse("predicate type %s is that of a wrapped step: only `cilock run` writes it", typ)
	}
	return typ, nil
}

// Attest signs a statement about artifacts and writes a bundle for each 1,024 of
// them. What is signed is the caller's word, but for a provenance without a
// predicate, which is made of what is known of the job.
func Attest(ctx context.Context, in AttestInputs, d Deps) (out AttestResult, err error) {
	typ, err := predicateType(in.Type)
	if err != nil {
		return out, err
	}
	p := Plan{
		Name: "attestation", OwnEnv: d.Environ, InAction: in.InAction, Redactor: NewRedactor(d.Environ),
		Collectors: []string{"github-action"},
	}
	asked := Inputs{Signing: in.Signing, Outfile: in.Outfile}
	defer func() { p.Close() }()
	for _, set := range []func(*Plan, Inputs, Deps) error{planDir, planSigning, planOutfile, planRefs} {
		if err := set(&p, asked, d); err != nil {
			return out, err
		}
	}
	subjects, err := attestSubjects(ctx, p, in.Subjects)
	if err != nil {
		return out, err
	}
	predicate, err := attestPredicate(ctx, p, in.Predicate, typ, d)
	if err != nil {
		return out, err
	}
	var docs [][]byte
	for part := range slices.Chunk(subjects, attest.MaxSubjects) {
		st, err := statement(typ, part, predicate)
		if err != nil {
			return out, verdict.Misuse("%w", err)
		}
		docs = append(docs, st)
	}
	out, err = signAll(ctx, p, asked, attest.PayloadType, docs, d)
	if out.Next != "" {
		first := in.Subjects[0]
		if path := absolute(p.Dir, first); exists(path) {
			first = path
		}
		out.Next += " " + ShellQuote(first)
	}
	return out, err
}

// attestSubjects are the artifacts. Unlike after a step, a file that is missing
// is misuse: nothing has been run that would be lost.
func attestSubjects(ctx context.Context, p Plan, given []string) (out []attest.Subject, err error) {
	if len(given) == 0 {
		return nil, verdict.Misuse("no subject: give --subjects, paths or NAME@sha256:HEX")
	}
	seen := map[string]bool{}
	for _, s := range given {
		path := absolute(p.Dir, s)
		name, sum, ok := attest.ParseDigest(s)
		switch {
		case exists(path): // a file may be called NAME@sha256:HEX
			name = s
			if sum, err = hashFile(ctx, path); err != nil {
				return nil, verdict.Misuse("subject %q: %w", s, err)
			}
		case !ok:
			return nil, verdict.Misuse("subject %q is no file: an artifact elsewhere is named as NAME@sha256: and 64 lower-case hex digits, since a tag can be moved", s)
		}
		name = recordedText(p.redact(name))
		if !seen[name+"@"+sum] {
			seen[name+"@"+sum] = true
			out = append(out, attest.Subject{Name: name, Digest: attest.SHA256(sum)})
		}
	}
	return out, nil
}

// attestPredicate is the predicate as it is signed, redacted.
func attestPredicate(ctx context.Context, p Plan, path, typ string, d Deps) ([]byte, error) {
	if path == "" {
		if typ != attest.SLSAProvenanceType {
			return nil, verdict.Misuse("no predicate of type %s: give --predicate FILE", typ)
		}
		return jobProvenance(ctx, p, d)
	}
	data, err := readInput(path, maxPredicate)
	if err != nil {
		return nil, verdict.Misuse("predicate: %w", err)
	}
	if err := checkPredicate(data, typ); err != nil {
		return nil, verdict.Misuse("predicate %s: %w", path, err)
	}
	if data, err = redactJSON(p.redact, data); err != nil {
		return nil, verdict.Misuse("predicate %s: %w", path, err)
	}
	return data, nil
}

// checkPredicate refuses what is not one sound JSON object, and a document that
// is not what its type says.
func checkPredicate(data []byte, typ string) error {
	if err := scandoc.CheckJSON(data); err != nil {
		return err
	}
	want := map[string]string{
		attest.TypeSPDX: "SPDX", attest.TypeCycloneDX: "CycloneDX", predicateTypes["openvex"]: "OpenVEX",
	}[typ]
	switch {
	case typ == attest.SLSAProvenanceType:
		var prov attest.Provenance
		if err := json.Unmarshal(data, &prov); err != nil {
			return err
		}
		return prov.Check()
	case want != "":
		docs, err := scandoc.Recognise(data)
		if err != nil {
			return err
		}
		if len(docs) == 0 || docs[0].Format != want {
			return fmt.Errorf("it is not a document of format %s", want)
		}
	}
	return nil
}

// jobProvenance is the provenance of artifacts whose build nobody watched: what
// is known of the job and the checkout.
func jobProvenance(ctx context.Context, p Plan, d Deps) ([]byte, error) {
	p.Resolve = ResolveLocal
	e := collectAlone(ctx, p, []Collector{newGit(), newGitHub(d.IDToken), actionsCollector{}}, d)
	all, err := attestations(p, e)
	if err != nil {
		return nil, err
	}
	facts, err := readJobFacts(attest.Collection{Attestations: all})
	if err != nil {
		return nil, err
	}
	prov := newProvenance(attest.BuildTypeAttested, facts)
	now := d.Now().UTC()
	prov.RunDetails.Metadata.FinishedOn = &now
	predicate, err := attest.Encode(prov)
	if err != nil {
		return nil, fmt.Errorf("encode provenance: %w", err)
	}
	return redactJSON(p.redact, predicate)
}
