package verify

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/pkg/attest"
)

// subject looks for an artifact among the subjects of the bundles that held.
func (r *Result) subject(subject string, held []named, products []proven) SubjectResult {
	digests, err := digest(subject, hashesOf(held))
	name := subject
	if n, _, ok := attest.ParseDigest(subject); ok && digests.named {
		name = n
	}
	out := SubjectResult{Name: name, SHA256: digests.set["sha256"], digests: digests.set}
	check, fix := Check{Name: "subject"}, ""
	switch {
	case err != nil:
		check.Expected, check.Found = "a readable file", unreadable(err)
		if errors.Is(err, filetree.ErrFolder) {
			fix = "name the files in it: a folder has no digest"
		}
	case len(held) == 0:
		check.Expected, check.Found = "a bundle that holds", "none"
	default:
		check.Expected, check.Found = "sha256:"+out.SHA256+" among the signed subjects", listSubjects(held)
		fix = "take the file as it was when it was signed, or the evidence of the step that made this one"
		for _, b := range held {
			if where, ok := b.MatchDigests(digests.set); ok {
				check = Check{Name: "subject", OK: true, Detail: fmt.Sprintf("%s is %s of %s", digests, where, b.path)}
				break
			}
		}
		if where, ok := find(products, out.SHA256); ok && !check.OK {
			check = Check{Name: "subject", OK: true, Detail: fmt.Sprintf("%s is %s", digests, where)}
		}
		if !check.OK {
			if where, ok := material(held, out.SHA256); ok {
				fix = where + " had these bytes before the step, so the step did not make them: run it in a clean folder"
			}
		}
	}
	out.Checks = []Check{check}
	if !check.OK {
		finding := failed(check, name)
		finding.Fix = fix
		r.Findings = append(r.Findings, finding)
	}
	return out
}

// material looks among the files that were there before a step: one that is written
// again with the same bytes is no product.
func material(held []named, sum string) (where string, ok bool) {
	for _, b := range held {
		var files map[string]attest.DigestSet
		if b.Collection == nil {
			continue
		}
		if ok, err := b.Collection.Decode(attest.TypeMaterial, &files); !ok || err != nil {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(files)) {
			if sum != "" && files[name]["sha256"] == sum {
				return fmt.Sprintf("%q of %s", name, b.path), true
			}
		}
	}
	return "", false
}

// hashesOf are the hash names to compute: SHA-256, and what else subjects use.
// npm names its packages by SHA-512 alone.
func hashesOf(held []named) []string {
	names := []string{"sha256"}
	for _, b := range held {
		for _, name := range b.StrongHashes() {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// listSubjects says what the bundles are about, bounded.
func listSubjects(held []named) string {
	const most = 4
	text, n := "", 0
	for _, b := range held {
		for _, s := range b.Statement.Subject {
			if n++; n > most {
				continue
			}
			if n > 1 {
				text += ", "
			}
			text += fmt.Sprintf("%q %s", s.Name, digestText(s.Digest))
		}
	}
	if n > most {
		text += fmt.Sprintf(" and %d more", n-most)
	}
	return text
}

// digestText is the digest that counts, or that there is none.
func digestText(set attest.DigestSet) string {
	for _, name := range []string{"sha256", "sha384", "sha512"} {
		if set[name] != "" {
			return name + ":" + strings.Trim(fmt.Sprintf("%q", set[name]), `"`)
		}
	}
	return "(no sha256 or stronger)"
}

// digests are those of an artifact.
type digests struct {
	set   attest.DigestSet
	named bool // taken at the caller's word
}

func (d digests) String() string { return "sha256:" + d.set["sha256"] }

// digest hashes a file, or takes NAME@sha256:HEX at its word. A file of that
// very name is hashed: `verify dist/*` must not believe what a file is called.
func digest(subject string, hashes []string) (digests, error) {
	if _, err := os.Lstat(subject); err == nil {
		return hashFile(subject, hashes)
	}
	if _, sum, ok := attest.ParseDigest(subject); ok {
		return digests{attest.SHA256(sum), true}, nil
	}
	return hashFile(subject, hashes)
}

func hashFile(path string, names []string) (digests, error) {
	f, err := filetree.OpenRegular(path)
	if err != nil {
		return digests{}, err
	}
	defer f.Close()
	sums, writers := map[string]hash.Hash{}, []io.Writer{}
	for _, name := range names {
		switch name {
		case "sha256":
			sums[name] = sha256.New()
		case "sha384":
			sums[name] = sha512.New384()
		case "sha512":
			sums[name] = sha512.New()
		}
		writers = append(writers, sums[name])
	}
	if _, err := io.Copy(io.MultiWriter(writers...), f); err != nil {
		return digests{}, fmt.Errorf("hash %s: %w", path, err)
	}
	set := attest.DigestSet{}
	for name, h := range sums {
		set[name] = hex.EncodeToString(h.Sum(nil))
	}
	return digests{set: set}, nil
}
