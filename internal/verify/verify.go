// Package verify answers for artifacts and bundles: who signed what about
// which file, and does the record hold. It reads files and makes no network
// call.
package verify

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/attest"
)

// Options is what was asked. Key and either Subjects or SkipSubjectUnsafe are
// required: without them nothing would be proved.
type Options struct {
	Bundles           []string // paths
	Subjects          []string // paths, or NAME@sha256:HEX
	Proofs            []string // paths of inclusion proofs
	Key               attest.PublicKey
	SkipSubjectUnsafe bool
}

// Result is the verdict tree.
type Result struct {
	Verdict  verdict.Verdict   `json:"verdict"`
	Bundles  []BundleResult    `json:"bundles"`
	Subjects []SubjectResult   `json:"subjects"`
	Proofs   []ProofResult     `json:"proofs,omitempty"`
	Findings []verdict.Finding `json:"findings"`
}

// BundleResult is what became of one bundle.
type BundleResult struct {
	Path          string  `json:"path"`
	Verified      bool    `json:"verified"`
	Format        string  `json:"format,omitempty"`
	PredicateType string  `json:"predicateType,omitempty"`
	Step          string  `json:"step,omitempty"`
	Checks        []Check `json:"checks"`
}

// Check is one leaf of the tree. Expected and Found are set when it failed.
type Check struct {
	Name     string `json:"name"`
	OK       bool   `json:"ok"`
	Detail   string `json:"detail,omitempty"`
	Expected string `json:"expected,omitempty"`
	Found    string `json:"found,omitempty"`
}

// SubjectResult is what became of one artifact.
type SubjectResult struct {
	Name   string  `json:"name"`
	SHA256 string  `json:"sha256,omitempty"`
	Checks []Check `json:"checks"`
}

// Verify checks every bundle and then every subject against the bundles that
// held. One bundle that does not hold fails the whole: the caller named it.
func Verify(o Options) Result {
	r := Result{Bundles: []BundleResult{}, Subjects: []SubjectResult{}, Findings: []verdict.Finding{}}
	var held []named
	for _, path := range o.Bundles {
		b, v := r.bundle(path, o.Key)
		r.Bundles = append(r.Bundles, b)
		if v != nil {
			held = append(held, named{path, v})
		}
	}
	var products []proven
	for _, path := range o.Proofs {
		p, product := r.proof(path, held)
		r.Proofs, products = append(r.Proofs, p), append(products, product...)
	}
	for _, subject := range o.Subjects {
		r.Subjects = append(r.Subjects, r.subject(subject, held, products))
	}
	if o.SkipSubjectUnsafe && len(o.Subjects) == 0 {
		r.Findings = append(r.Findings, verdict.Finding{
			Verdict: verdict.Warn, Rule: "subject", Expected: "an artifact to compare with", Found: "none (--skip-subject-unsafe)",
		})
	}
	r.Verdict = verdict.Of(r.Findings)
	return r
}

type named struct {
	path string
	*attest.Verified
}

func (r *Result) bundle(path string, key attest.PublicKey) (BundleResult, *attest.Verified) {
	out := BundleResult{Path: path, Checks: []Check{}}
	fail := func(c Check) (BundleResult, *attest.Verified) {
		out.Checks = append(out.Checks, c)
		r.fail(c, path)
		return out, nil
	}
	data, err := readFile(path)
	if err != nil {
		return fail(Check{Name: "read", Expected: "a readable bundle", Found: err.Error()})
	}
	b, err := attest.ParseBundle(data)
	if err != nil {
		return fail(Check{Name: "format", Expected: "a Sigstore bundle or DSSE envelope", Found: err.Error()})
	}
	out.Format = b.Format
	out.Checks = append(out.Checks, Check{Name: "format", OK: true, Detail: b.Format})

	v, err := attest.Verify(b, key)
	var check *attest.CheckError
	switch {
	case errors.As(err, &check):
		return fail(Check{Name: check.Check, Expected: check.Expected, Found: check.Found})
	case err != nil:
		return fail(Check{Name: "verify", Expected: "a bundle that verifies", Found: err.Error()})
	}
	for _, c := range v.Checks {
		out.Checks = append(out.Checks, Check{Name: c.Name, OK: true, Detail: c.Detail})
	}
	out.Verified, out.PredicateType = true, v.Statement.PredicateType
	if v.Collection == nil {
		r.Findings = append(r.Findings, verdict.Finding{
			Verdict: verdict.Warn, Rule: "predicate of " + path, Expected: "evidence of a step",
			Found: fmt.Sprintf("a statement of type %q, which is not judged", v.Statement.PredicateType),
		})
		return out, v
	}
	out.Step = v.Collection.Name
	r.Findings = append(r.Findings, verdict.Judge(v.Statement.PredicateType, *v.Collection)...)
	r.sidecar(&out, *v.Collection)
	return out, v
}

func (r *Result) fail(c Check, on string) {
	r.Findings = append(r.Findings, verdict.Finding{
		Verdict: verdict.Fail, Rule: c.Name + " of " + on, Expected: c.Expected, Found: c.Found,
	})
}

func (r *Result) subject(subject string, held []named, products []proven) SubjectResult {
	name, sum, err := digest(subject)
	out := SubjectResult{Name: name, SHA256: sum}
	check := Check{Name: "subject"}
	switch {
	case err != nil:
		check.Expected, check.Found = "a readable file", err.Error()
	case len(held) == 0:
		check.Expected, check.Found = "a bundle that holds", "none"
	default:
		check.Expected, check.Found = "sha256:"+sum+" among the signed subjects", listSubjects(held)
		for _, v := range held {
			if where, ok := v.MatchSubject(sum); ok {
				check = Check{Name: "subject", OK: true, Detail: fmt.Sprintf("sha256:%s is %s of %s", sum, where, v.path)}
				break
			}
		}
		if where, ok := find(products, sum); ok && !check.OK {
			check = Check{Name: "subject", OK: true, Detail: fmt.Sprintf("sha256:%s is %s", sum, where)}
		}
	}
	out.Checks = []Check{check}
	if !check.OK {
		r.fail(check, name)
	}
	return out
}

// listSubjects says what the bundles are about, bounded.
func listSubjects(held []named) string {
	const most = 4
	text, n := "", 0
	for _, v := range held {
		for _, s := range v.Statement.Subject {
			if n++; n > most {
				continue
			}
			if n > 1 {
				text += ", "
			}
			d := s.Digest["sha256"]
			if d == "" {
				d = "(no sha256)"
			}
			text += fmt.Sprintf("%q sha256:%s", s.Name, d)
		}
	}
	if n > most {
		text += fmt.Sprintf(" and %d more", n-most)
	}
	return text
}

// digest hashes a file, or takes NAME@sha256:HEX at its word. A file of that
// very name is hashed: `verify dist/*` must not believe what a file is called.
func digest(subject string) (name, sum string, err error) {
	if _, err := os.Lstat(subject); err == nil {
		return hashFile(subject)
	}
	if name, sum, ok := attest.ParseDigest(subject); ok {
		return name, sum, nil
	}
	return hashFile(subject)
}

func hashFile(subject string) (name, sum string, err error) {
	f, err := filetree.OpenRegular(subject)
	if err != nil {
		return subject, "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return subject, "", fmt.Errorf("hash %s: %w", subject, err)
	}
	return subject, hex.EncodeToString(h.Sum(nil)), nil
}

func readFile(path string) ([]byte, error) {
	f, err := filetree.OpenRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, attest.MaxBundleSize+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return data, nil
}
