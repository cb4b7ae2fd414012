package verify

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/attest"
)

// maxLines is how many bundles one file may have.
const maxLines = 1024

// stages are the checks in the order in which they are made, for telling how
// far a bundle came.
var stages = []string{
	"read", "format", "signature", "log entry", "checkpoint", "inclusion proof", "timestamp", "trusted time",
	"certificate", "SCT", "identity", "payload type", "statement", "collection", "trees", "trace", "commit",
}

// progress is greater the closer a bundle came to being believed.
func (b BundleResult) progress() int {
	if b.Verified {
		return len(stages)
	}
	if len(b.Checks) == 0 {
		return 0
	}
	return slices.Index(stages, b.Checks[len(b.Checks)-1].Name)
}

// Text is one bundle as it stands in a file.
type Text struct {
	Path string // with the line, where a file has several
	Data []byte
	Err  error // the file could not be read
}

// ReadBundles reads a file with one bundle, or with one on each line as
// `gh attestation download` writes them.
func ReadBundles(path string) []Text {
	data, err := readFile(path)
	if err != nil {
		return []Text{{Path: path, Err: err}}
	}
	var lines []Text
	for i, line := range bytes.Split(data, []byte("\n")) {
		line = bytes.TrimSpace(line)
		switch {
		case len(line) == 0:
		case line[0] != '{' || line[len(line)-1] != '}' || len(lines) == maxLines:
			return []Text{{Path: path, Data: data}} // one, over several lines
		default:
			lines = append(lines, Text{Path: fmt.Sprintf("%s line %d", path, i+1), Data: line})
		}
	}
	if len(lines) < 2 {
		return []Text{{Path: path, Data: data}}
	}
	return lines
}

func verifyBundle(text Text, trust attest.Trust) BundleResult {
	out := BundleResult{Path: text.Path, Checks: []Check{}}
	fail := func(c Check) BundleResult {
		out.Checks = append(out.Checks, c)
		out.findings = append(out.findings, failed(c, text.Path))
		return out
	}
	if text.Err != nil {
		return fail(Check{Name: "read", Expected: "a readable bundle", Found: unreadable(text.Err)})
	}
	b, err := attest.ParseBundle(text.Data)
	if err != nil {
		fail(Check{Name: "format", Expected: "a Sigstore bundle or DSSE envelope", Found: err.Error()})
		out.findings[len(out.findings)-1].Fix = "give the evidence: the file that `cilock run` named, or another tool's bundle"
		return out
	}
	out.Format = b.Format
	out.hold("format", b.Format)
	v, err := attest.Verify(b, trust)
	var check *attest.CheckError
	switch {
	case errors.As(err, &check):
		return fail(Check{Name: check.Check, Expected: check.Expected, Found: check.Found})
	case err != nil:
		return fail(Check{Name: "verify", Expected: "a bundle that verifies", Found: err.Error()})
	}
	out.describe(v)
	return out
}

func (b *BundleResult) hold(name, detail string) {
	b.Checks = append(b.Checks, Check{Name: name, OK: true, Detail: detail})
}

// describe reports on a bundle that holds: by whom, of which type, how good,
// and what its own record gives away.
func (b *BundleResult) describe(v *attest.Verified) {
	for _, c := range v.Checks {
		b.hold(c.Name, c.Detail)
	}
	b.Verified, b.verified = true, v
	b.PredicateType, b.Type, b.Signers = v.Statement.PredicateType, attest.PredicateName(v.Statement.PredicateType), v.Signers
	if v.Statement.TellsBuild() {
		level, why := v.BuildLevel()
		b.BuildLevel, b.NotHigherLevel = fmt.Sprintf("SLSA_BUILD_LEVEL_%d", level), why
		b.hold("build level", fmt.Sprintf("%s, not %d: %s", b.BuildLevel, level+1, why))
	}
	switch {
	case v.Statement.PredicateType == attest.SummaryType:
		b.summary(v.Statement.Predicate)
	case v.Collection != nil:
		b.Step = v.Collection.Name
		b.findings = append(b.findings, verdict.Judge(v.Statement.PredicateType, *v.Collection)...)
		b.sidecar(*v.Collection)
	case b.Type != "":
		b.hold("type", b.Type)
	default:
		b.notJudged = true
		b.findings = append(b.findings, verdict.Finding{
			Verdict: verdict.Warn, Rule: "predicate of " + b.Path, Expected: "evidence of a step",
			Found: fmt.Sprintf("a statement of type %q, which is not judged", v.Statement.PredicateType),
		})
	}
}

// ofCommit refuses what was signed for another commit. A bundle that does not hold
// has said enough.
func (b *BundleResult) ofCommit(commit string) {
	if commit == "" || !b.Verified {
		return
	}
	for _, s := range b.Signers {
		found := "no certificate"
		if s.Certificate != nil {
			found = fmt.Sprintf("%q", s.Certificate.Build.Commit)
		}
		if s.Certificate != nil && s.Certificate.Build.Commit == commit {
			continue
		}
		c := Check{Name: "commit", Expected: "a certificate for commit " + commit, Found: found}
		b.Checks, b.Verified, b.verified = append(b.Checks, c), false, nil
		b.findings = append(b.findings, failed(c, b.Path))
		return
	}
	b.hold("commit", commit)
}

// summary reports what another verifier said, and believes nothing but a pass.
func (b *BundleResult) summary(predicate []byte) {
	var s attest.Summary
	if err := json.Unmarshal(predicate, &s); err != nil {
		b.findings = append(b.findings, failed(Check{Name: "summary", Expected: "a SLSA verification summary", Found: err.Error()}, b.Path))
		return
	}
	said := fmt.Sprintf("%s, %s, by %s, about %s", s.VerificationResult, strings.Join(s.VerifiedLevels, " "), s.Verifier.ID, s.ResourceURI)
	if s.VerificationResult != attest.SummaryPassed {
		b.findings = append(b.findings, failed(Check{Name: "summary", Expected: "the result " + attest.SummaryPassed, Found: said}, b.Path))
		return
	}
	b.hold("summary", said)
}

// unreadable is why a file could not be read. A file that is not there is said
// first: it is a typing error more often than an attack.
func unreadable(err error) string {
	if path := new(fs.PathError); errors.As(err, &path) && errors.Is(err, fs.ErrNotExist) {
		return "no such file: " + path.Path + ": give the path of one that is there"
	}
	return err.Error()
}

func readFile(path string) ([]byte, error) {
	f, err := filetree.OpenRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	size := int64(0)
	if info, err := f.Stat(); err == nil {
		size = info.Size()
	}
	if size > attest.MaxBundleSize {
		return nil, fmt.Errorf("read %s: %d bytes, at most %d are read", path, size, attest.MaxBundleSize)
	}
	var data bytes.Buffer
	data.Grow(int(size) + bytes.MinRead)
	if _, err := data.ReadFrom(io.LimitReader(f, attest.MaxBundleSize+1)); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return data.Bytes(), nil
}
