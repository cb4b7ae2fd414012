package action

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/internal/verdict"
)

// planOutfile resolves the evidence path and proves that its folder can be
// written, so that a typing error does not cost the run its evidence.
func planOutfile(p *Plan, in Inputs, d Deps) error {
	name := in.Outfile
	if name == "" {
		name = defaultOutfile(p, d)
	}
	path, err := outputPath("outfile", name)
	if err != nil {
		return err
	}
	if err := p.mayReplace(path, in); err != nil {
		return err
	}
	if err := probeFolder("outfile", name, filepath.Dir(path)); err != nil {
		return err
	}
	p.Outfile = path
	return nil
}

// outputPath is the absolute path of a file that is to be written, its folder
// without symlinks. input names what the caller gave, for errors.
func outputPath(input, name string) (string, error) {
	path, err := filepath.Abs(name)
	if err != nil {
		return "", verdict.Misuse("%s %q: %w", input, name, err)
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return "", verdict.Misuse("%s %q: %w: make its folder first", input, name, err)
	}
	path = filepath.Join(dir, filepath.Base(path))
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return "", verdict.Misuse("%s %q is not a regular file", input, name)
	}
	return path, nil
}

// probeFolder proves that a folder can be written.
func probeFolder(input, name, dir string) error {
	if err := probe(dir); err != nil {
		return verdict.Misuse("%s %q: its folder %s cannot be written: %w: give another one, or let this user write there", input, name, dir, err)
	}
	return nil
}

// probe writes a file and removes it. Its error does not name that.
func probe(dir string) error {
	f, err := os.CreateTemp(dir, ".cilock-probe-*")
	if path := new(fs.PathError); errors.As(err, &path) {
		return path.Err
	}
	if err != nil {
		return err
	}
	f.Close()
	os.Remove(f.Name())
	return nil
}

// mayReplace refuses an outfile whose documents would take the place of a file
// that is not evidence: the key, or a source that would then be missing from
// the materials.
func (p *Plan) mayReplace(outfile string, in Inputs) error {
	for _, suffix := range []string{"", EnvelopeSuffix, ProvenanceSuffix, PublicKeySuffix, TraceSuffix} {
		if suffix == PublicKeySuffix && !p.Signing.Key.Ephemeral() && in.Signing.Command == "" {
			continue // not written
		}
		there, err := os.Stat(outfile + suffix)
		if err != nil {
			continue
		}
		if key, err := os.Stat(in.Signing.Key); err == nil && os.SameFile(there, key) {
			return verdict.Misuse("outfile %q: %q is the signing key", in.Outfile, outfile+suffix)
		}
		if !there.Mode().IsRegular() {
			return verdict.Misuse("outfile %q: %q is not a regular file", in.Outfile, outfile+suffix)
		}
		head, err := readHead(outfile+suffix, 64)
		if err != nil {
			return verdict.Misuse("outfile %q: %q is there and cannot be read: %w", in.Outfile, outfile+suffix, err)
		}
		ours := []string{`{"mediaType":"application/vnd.dev.sigstore.bundle`, `{"payload":`, `{"payloadType":`, "-----BEGIN PUBLIC KEY-----"}
		if suffix == TraceSuffix {
			ours = []string{"\x28\xb5\x2f\xfd"} // the beginning of zstd's frames, RFC 8878
		}
		if head != "" && !slices.ContainsFunc(ours, func(s string) bool { return strings.HasPrefix(head, s) }) {
			return verdict.Misuse("outfile %q: %q is there and is no evidence: it is not overwritten; give another file", in.Outfile, outfile+suffix)
		}
	}
	return nil
}

// readHead returns the first bytes of a regular file.
func readHead(path string, most int64) (string, error) {
	f, err := filetree.OpenRegular(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	head, err := io.ReadAll(io.LimitReader(f, most))
	return string(head), err
}

// defaultOutfile is NAME.cilock.json: in the runner's temporary folder inside
// the action, so that a checkout stays clean, else in the current directory.
// Steps of a job that nobody named are all called bash: each of them gets a
// file of its own, since the path of the first was handed on as its output.
func defaultOutfile(p *Plan, d Deps) string {
	safe := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-_.", r) {
			return r
		}
		return '-'
	}, p.Name)
	name, temp := strings.TrimLeft(safe, "."), d.Getenv("RUNNER_TEMP")
	if !p.InAction || temp == "" {
		return name + ".cilock.json"
	}
	path := filepath.Join(temp, name+".cilock.json")
	for n := 2; n < maxSameName && exists(path); n++ {
		path = filepath.Join(temp, fmt.Sprintf("%s-%d.cilock.json", name, n))
	}
	return path
}

// maxSameName bounds the steps of one name whose evidence is kept apart.
const maxSameName = 1000

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
