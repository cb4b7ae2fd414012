package action

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"sort"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/pkg/attest"
)

// subjectRef is one entry of --subjects: a file that the step leaves behind,
// or an artifact elsewhere by name and digest. A tag alone is no subject.
type subjectRef struct {
	name   string
	path   string // for a file
	sha256 string // for a digest
}

// parseSubject reads PATH or NAME@sha256:HEX.
func parseSubject(s string) (subjectRef, error) {
	if name, sum, ok := attest.ParseDigest(s); ok {
		return subjectRef{name: name, sha256: sum}, nil
	}
	if regexp.MustCompile(`@sha(1|256|384|512):`).MatchString(s) {
		return subjectRef{}, errors.New("expected NAME@sha256: and 64 lower-case hex digits")
	}
	return subjectRef{name: s, path: s}, nil
}

// subjectCollector hashes the files of --subjects once the step has made them.
// One that is missing is a gap: the evidence is about the others.
type subjectCollector struct{}

func (subjectCollector) Name() string { return "subjects" }

func (subjectCollector) Start(_ context.Context, t Target) (Stop, error) {
	return func(ctx context.Context, _ Step) (Section, error) {
		sec := Section{Phase: PostProduct}
		var body subjectBody
		for _, ref := range t.Plan.Subjects {
			sum := ref.sha256
			if ref.path != "" {
				var err error
				if sum, err = hashFile(ctx, absolute(t.Plan.Dir, ref.path)); err != nil {
					sec.Gaps = append(sec.Gaps, fmt.Sprintf("subject %q: %v", t.Plan.redact(ref.name), err))
					continue
				}
			}
			body = append(body, attest.Subject{
				Name: recordedText(t.Plan.redact(ref.name)), Digest: attest.SHA256(sum),
			})
		}
		sec.Body = body
		return sec, nil
	}, nil
}

// subjectBody is no attestation of its own: it becomes the statement's subject.
type subjectBody []attest.Subject

func absolute(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// hashFile hashes a whole file. One that has another size than it says (those
// of /proc say 0) or that grows has no digest that stands for it.
func hashFile(ctx context.Context, path string) (string, error) {
	f, err := filetree.OpenRegular(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	h := sha256.New()
	n, err := io.Copy(h, untilDone{ctx, io.LimitReader(f, info.Size()+1)}) // bounded: it may be growing
	if err != nil {
		return "", fmt.Errorf("hash %s: %w", path, err)
	}
	if n != info.Size() {
		return "", fmt.Errorf("hash %s: its size is not the %d bytes that it was said to have", path, info.Size())
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// untilDone reads until its context ends: a cancelled run has no time to hash
// a large file.
type untilDone struct {
	ctx context.Context
	io.Reader
}

func (r untilDone) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}

// productSubjects are the products by digest; the root of their tree when they
// are more than a verifier accepts.
func productSubjects(products map[string]attest.Product, trees attest.Trees) []attest.Subject {
	if len(products) > attest.MaxSubjects {
		return []attest.Subject{{Name: attest.ProductTreeName, Digest: attest.SHA256(trees.Products.Root)}}
	}
	paths := make([]string, 0, len(products))
	for path := range products {
		paths = append(paths, path)
	}
	sort.Strings(paths)
	var out []attest.Subject
	for _, path := range paths {
		out = append(out, attest.Subject{Name: path, Digest: products[path].Digest})
	}
	return out
}

// evidenceSubjects stand in when a step made nothing: the commit, and the
// digest of the predicate itself. An empty tree is never a subject, since any
// empty file would verify against it.
func evidenceSubjects(commit string, predicate []byte) []attest.Subject {
	sum := sha256.Sum256(predicate)
	out := []attest.Subject{{Name: "predicate", Digest: attest.SHA256(hex.EncodeToString(sum[:]))}}
	switch len(commit) {
	case 40:
		out = append(out, attest.Subject{Name: "commit", Digest: attest.DigestSet{"sha1": commit}})
	case 64: // a repository with SHA-256 object names
		out = append(out, attest.Subject{Name: "commit", Digest: attest.SHA256(commit)})
	}
	return out
}
