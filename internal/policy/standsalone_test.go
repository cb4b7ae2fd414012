package policy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/attest"
)

// annotated is a module with a schema for its input.
func annotated(schema, rest string) []byte {
	return []byte("# METADATA\n# scope: package\n# schemas:\n#   - input: " + schema + "\npackage a\n" + rest)
}

// A schema of a module opens no file, asks no server, and ends.
func TestSchemaStandsAlone(t *testing.T) {
	file := filepath.ToSlash(filepath.Join(t.TempDir(), "other.json"))
	if err := os.WriteFile(file, []byte(`{"type":"object","properties":{"a":{}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	rest := `deny contains "x" if input.a == 1`
	for _, schema := range []string{
		`{$ref: "file://` + file + `"}`,
		`{$ref: "http://127.0.0.1:9/x"}`,
		`{$id: "file://` + file + `", properties: {a: {$ref: "#"}}}`,
		`{$ref: "#/$defs/a", $defs: {a: {$ref: "#/$defs/a"}}}`,
		`{properties: {a: {allOf: [{$ref: "#/$defs/a"}]}}, $defs: {a: {allOf: [{$ref: "#/$defs/b"}]}, b: {$ref: "#/$defs/a"}}}`,
		`{properties: {a: {$ref: "#"}}}`,
		`{properties: {a: {$ref: "#/properties/a"}}}`,
	} {
		for _, typ := range []string{"https://example.com/type", attest.TypeCommandRun} {
			m, err := ParseModule("m", annotated(schema, rest))
			if err == nil {
				err = m.check(typ)
			}
			if err == nil {
				t.Errorf("%s: schema %s is accepted", typ, schema)
			}
		}
	}
	m, err := ParseModule("m", annotated(`{type: object, properties: {a: {$ref: "#/$defs/a"}, id: {type: string}}, $defs: {a: {type: integer}}}`, rest))
	if err == nil {
		err = m.check("https://example.com/type")
	}
	if err != nil {
		t.Errorf("a schema that stands alone: %v", err)
	}
}

// A module does not talk our schema of a type away, for the package nor for a rule.
func TestSchemaOfOursHolds(t *testing.T) {
	for _, text := range []string{
		string(annotated(`{type: object}`, `deny contains "x" if input.refpined`)),
		"package a\n# METADATA\n# schemas:\n#   - input: {type: object}\ndeny contains \"x\" if input.refpined",
		"package a\n# METADATA\n# schemas:\n#   - input.actionref: {type: object}\ndeny contains \"x\" if input.actionref.sha",
	} {
		m, err := ParseModule("m", []byte(text))
		if err == nil {
			err = m.check(attest.TypeGitHubAction)
		}
		if err == nil || !strings.Contains(err.Error(), "undefined ref") {
			t.Errorf("%s\nis accepted: %v", text, err)
		}
	}
}

// The builtins that take a schema would read files.
func TestSchemaBuiltins(t *testing.T) {
	for _, call := range []string{`json.match_schema(input, {"$ref": "file:///etc/hosts"})`, `json.verify_schema({"$ref": "file:///etc/hosts"})`} {
		m, err := ParseModule("m", []byte(`package a
deny contains "x" if `+call))
		if err == nil {
			err = m.check(attest.TypeGitHubAction)
		}
		if err == nil {
			t.Errorf("%s is accepted", call)
		}
	}
}

// A denial that depends on a rule or on data that there is none of never comes.
func TestDataThatNobodyProvides(t *testing.T) {
	for text, good := range map[string]bool{
		"package a.b\ndeny contains \"x\" if data.a.b.bad\nbad if input.exitcode == 1":     true,
		"package a.b\nimport data.a.b.bad\ndeny contains \"x\" if bad\nbad if true":        true,
		"package a.b\ndeny contains \"x\" if data.a.b.bad":                                 false,
		"package a.b\ndeny contains \"x\" if data.a.b[\"bad\"]":                            false,
		"package a.b\nimport data.a.b as own\ndeny contains \"x\" if own.bad":              false,
		"package a.b\ndeny contains \"x\" if data.a.c.bad":                                 false,
		"package a\ndeny contains \"x\" if data.cilock.nothing":                            false,
		"package cilock\ndeny contains \"x\" if data.cilock.step == \"x\"":                 true,
		"package cilock\ndeny contains \"x\" if data.cilock.nothing":                       false,
		"package a\ndeny contains \"x\" if data.cilock[k] == \"x\"\nk := \"step\"":         true,
		"package a\ndeny contains \"x\" if not data.a.good\ngood if input.exitcode in {0}": true,
	} {
		m, err := ParseModule("m", []byte(text))
		if err == nil {
			err = m.check(attest.TypeCommandRun)
		}
		if (err == nil) != good {
			t.Errorf("%s\n%v, want accepted: %v", text, err, good)
		}
	}
}

// Comprehensions within one another take the compiler longer than anybody waits.
func TestNestedComprehensions(t *testing.T) {
	for depth, good := range map[int]bool{3: true, 8: true, 9: false, 2000: false} {
		_, err := ParseModule("m", []byte("package a\ndeny := [] if { x := "+strings.Repeat("{y | y := ", depth)+"1"+strings.Repeat("}", depth)+"}"))
		if (err == nil) != good {
			t.Errorf("%d: %v", depth, err)
		}
	}
}
