// Package policies holds packs of rules for evidence: Rego modules with their
// documentation, as part of the program. It reads them and evaluates nothing;
// that is internal/policy's.
package policies

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"hash"
	"io/fs"
	"path"
	"strings"

	"go.yaml.in/yaml/v4"
)

//go:embed baseline release behaviour npm pypi container fork-pr
var files embed.FS

// Rule is one module of a pack. It is asked about the body of each attestation of
// its type.
type Rule struct {
	Name   string // of the file, as baseline/pins.rego
	Type   string // URI of the attestation
	Source []byte
	// Required: evidence without such an attestation shall be denied, for the rule
	// would have nothing to look at.
	Required bool

	Title       string
	Description string
	Severity    string // critical, high, medium or low
	Attack      string // that it answers
	Fix         string // what to do about a denial
}

// Names are the packs, in the order in which they are documented.
func Names() []string {
	return []string{"baseline", "release", "behaviour", "npm", "pypi", "container", "fork-pr"}
}

// Pack returns the rules of a pack, sorted by name.
func Pack(name string) ([]Rule, error) {
	var rules []Rule
	err := eachFile(name, func(file string, text []byte) error {
		if strings.HasSuffix(file, "_test.rego") {
			return nil
		}
		rule, err := parse(file, text)
		rules = append(rules, rule)
		return err
	})
	return rules, err
}

// Tests returns the tests of a pack, by the name of the file.
func Tests(name string) (map[string][]byte, error) {
	tests := map[string][]byte{}
	err := eachFile(name, func(file string, text []byte) error {
		if strings.HasSuffix(file, "_test.rego") {
			tests[file] = text
		}
		return nil
	})
	return tests, err
}

// Digest is the SHA-256, in hex, over the names and sources of a pack's rules, each
// preceded by its length: what was decided by.
func Digest(name string) (string, error) {
	rules, err := Pack(name)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	for _, r := range rules {
		add(sum, []byte(r.Name))
		add(sum, r.Source)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

func add(sum hash.Hash, text []byte) {
	fmt.Fprintf(sum, "%d:", len(text))
	sum.Write(text)
}

// eachFile visits the files of a pack in the order of their names.
func eachFile(pack string, visit func(file string, text []byte) error) error {
	known := false
	for _, name := range Names() {
		known = known || name == pack
	}
	if !known {
		return fmt.Errorf("there is no pack %q: there are %s", pack, strings.Join(Names(), ", "))
	}
	entries, err := fs.ReadDir(files, pack)
	if err != nil {
		return fmt.Errorf("read pack %s: %w", pack, err)
	}
	for _, entry := range entries {
		file := path.Join(pack, entry.Name())
		text, err := files.ReadFile(file)
		if err != nil {
			return fmt.Errorf("read pack %s: %w", pack, err)
		}
		if err := visit(file, text); err != nil {
			return err
		}
	}
	return nil
}

// metadata is the comment before the package, as OPA defines it
// (openpolicyagent.org/docs/policy-language, Metadata).
type metadata struct {
	Title       string `yaml:"title"`
	Description string `yaml:"description"`
	Custom      struct {
		Type     string `yaml:"type"`
		Required bool   `yaml:"required"`
		Severity string `yaml:"severity"`
		Attack   string `yaml:"attack"`
		Fix      string `yaml:"fix"`
	} `yaml:"custom"`
}

func parse(file string, text []byte) (Rule, error) {
	var comment strings.Builder
	lines := strings.Split(string(text), "\n")
	if lines[0] != "# METADATA" {
		return Rule{}, fmt.Errorf("read rule %s: it does not begin with its metadata", file)
	}
	for _, line := range lines[1:] {
		rest, ok := strings.CutPrefix(line, "#")
		if !ok {
			break
		}
		comment.WriteString(strings.TrimPrefix(rest, " ") + "\n")
	}
	var m metadata
	if err := yaml.Unmarshal([]byte(comment.String()), &m); err != nil {
		return Rule{}, fmt.Errorf("read metadata of rule %s: %w", file, err)
	}
	return Rule{
		Name: file, Type: typeURI(m.Custom.Type), Source: text, Required: m.Custom.Required, Title: m.Title, Description: m.Description,
		Severity: m.Custom.Severity, Attack: m.Custom.Attack, Fix: m.Custom.Fix,
	}, nil
}

// typeURI is the URI of a type by its short name.
func typeURI(short string) string {
	switch short {
	case "":
		return ""
	case "command-run", "material", "product", "environment", "git", "github", "secretscan", "sbom", "sarif":
		return "https://witness.dev/attestations/" + short + "/v0.1"
	case "vex":
		return "https://openvex.dev/ns"
	}
	return "https://github.com/org/cilock-action/" + short + "/v0.1"
}
