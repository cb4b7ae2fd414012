package action

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/internal/policy"
	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/attest"
)

const (
	maxPolicyFile  = 4 << 20 // bytes of a plan, module or certificate
	maxPolicyFiles = 2000    // that `policy test` reads
)

// PolicySignInputs is what `policy sign` was asked for.
type PolicySignInputs struct {
	File    string // the document
	Outfile string
	Signing SigningInputs
}

// BuildPolicy makes the document of a plan, in YAML. Every error is misuse: the
// mistakes are the author's.
func BuildPolicy(path string) ([]byte, error) {
	plan, err := readInput(path, maxPolicyFile)
	if err != nil {
		return nil, verdict.Misuse("policy plan: %w", err)
	}
	dir := filepath.Dir(path)
	b := policy.Builder{
		Read: func(name string) ([]byte, error) {
			text, err := readRegular(absolute(dir, name), maxPolicyFile)
			if errors.Is(err, fs.ErrNotExist) {
				err = fmt.Errorf("%w: give the path of one that is there, from the plan's folder", err)
			}
			return text, err
		},
		Pack: func(name string) ([]policy.Rule, error) {
			rules, _, err := packRules(strings.TrimPrefix(name, packPrefix))
			return rules, err
		},
	}
	text, err := b.Build(plan)
	if err != nil {
		return nil, verdict.Misuse("build %s: %w", path, err)
	}
	return text, nil
}

// CheckPolicy returns every mistake in a document, signed or not, or in a plan. One
// that has expired by now decides nothing, which is a mistake too.
func CheckPolicy(path string, now time.Time) (mistakes []string, err error) {
	if isPlan(path) {
		text, err := BuildPolicy(path)
		if err != nil {
			return strings.Split(err.Error(), "\n"), nil
		}
		return checkDocument(text, now), nil
	}
	text, err := readInput(path, attest.MaxBundleSize)
	if err != nil {
		return nil, verdict.Misuse("policy: %w", err)
	}
	if b, wrong := attest.ParseBundle(text); wrong == nil {
		typ, payload := b.UnverifiedPayload()
		if typ != policy.PayloadType {
			return []string{fmt.Sprintf("it is an envelope of payload type %q, expected %s", typ, policy.PayloadType)}, nil
		}
		text = payload
	}
	if ext := filepath.Ext(path); ext == ".rego" {
		return nil, verdict.Misuse("check %s: a module is checked with the plan or policy that names it; `cilock policy test` runs its tests", path)
	}
	return checkDocument(text, now), nil
}

func checkDocument(text []byte, now time.Time) (mistakes []string) {
	d, err := policy.ParseDocument(text)
	if err != nil {
		return strings.Split(err.Error(), "\n")
	}
	return expired(d.Expires, now)
}

func expired(at, now time.Time) (mistakes []string) {
	if !now.Before(at) {
		return []string{"expires: it expired at " + at.UTC().Format(time.RFC3339) + "; give a later date and sign it again"}
	}
	return nil
}

// BuiltMistakes are those that a document can have which BuildPolicy made: it is as
// its author wrote it, and its date may have passed.
func BuiltMistakes(text []byte, now time.Time) ([]string, error) {
	var d struct {
		Expires time.Time `json:"expires"`
	}
	if err := json.Unmarshal(text, &d); err != nil {
		return nil, fmt.Errorf("read the policy that was built: %w", err)
	}
	return expired(d.Expires, now), nil
}

// isPlan tells what people write from what is made of it, by its name.
func isPlan(path string) bool {
	return strings.HasSuffix(path, ".yaml") || strings.HasSuffix(path, ".yml")
}

// SignPolicy signs a document that has no mistakes, and writes the envelope.
func SignPolicy(ctx context.Context, in PolicySignInputs, d Deps) (out AttestResult, err error) {
	if isPlan(in.File) {
		return out, verdict.Misuse("sign %s: it is a plan: `cilock policy build` makes the document that is signed", in.File)
	}
	text, err := readInput(in.File, policy.MaxDocument)
	if err != nil {
		return out, verdict.Misuse("policy: %w", err)
	}
	if _, err := policy.ParseDocument(text); err != nil {
		return out, verdict.Misuse("sign %s: %w", in.File, err)
	}
	p := Plan{Name: "policy", OwnEnv: d.Environ, Redactor: NewRedactor(d.Environ)}
	asked := Inputs{Signing: in.Signing, Outfile: in.Outfile}
	defer func() { p.Close() }()
	for _, set := range []func(*Plan, Inputs, Deps) error{planDir, planSigning, planOutfile} {
		if err := set(&p, asked, d); err != nil {
			return out, err
		}
	}
	return signAll(ctx, p, asked, policy.PayloadType, [][]byte{text}, d)
}

// TestPolicy runs the tests of modules in files and folders.
func TestPolicy(ctx context.Context, paths []string) ([]policy.TestResult, error) {
	files := map[string][]byte{}
	add := func(path string) error {
		if len(files) == maxPolicyFiles {
			return fmt.Errorf("more than %d modules", maxPolicyFiles)
		}
		text, err := readInput(path, policy.MaxModule)
		files[filepath.ToSlash(path)] = text
		return err
	}
	for _, path := range paths {
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, verdict.Misuse("test %s: there is no such file or folder", path)
		case err != nil:
			return nil, verdict.Misuse("test: %w", err)
		case !info.IsDir():
			err = add(path)
		default:
			err = filepath.WalkDir(path, func(path string, e fs.DirEntry, err error) error {
				if err == nil && e.Type().IsRegular() && strings.HasSuffix(path, ".rego") {
					return add(path)
				}
				return err
			})
		}
		if err != nil {
			return nil, verdict.Misuse("test: %w", err)
		}
	}
	for path := range files { // a file of tests named alone brings its module
		if module, ok := strings.CutSuffix(path, "_test.rego"); ok && files[module+".rego"] == nil {
			if _, err := os.Stat(module + ".rego"); err == nil {
				if err := add(module + ".rego"); err != nil {
					return nil, verdict.Misuse("test: %w", err)
				}
			}
		}
	}
	results, err := policy.Test(ctx, files)
	if err != nil {
		return results, verdict.Misuse("test: %w", err)
	}
	return results, nil
}

// WritePolicy writes a document.
func WritePolicy(path string, text []byte) error {
	if err := filetree.Replace(path, text, 0o644, nil); err != nil {
		return fmt.Errorf("write the policy: %w", err)
	}
	return nil
}
