package policy

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/util"

	"github.com/org/cilock-action/pkg/attest"
)

// schemaTypes are the types of all schemas, by the name of the file.
func schemaTypes() map[string]string {
	types := map[string]string{"spdx": attest.TypeSPDX, "cyclonedx": attest.TypeCycloneDX, "vex": attest.TypeVEX}
	for _, name := range []string{"command-run", "material", "product", "environment", "git", "github", "secretscan", "sbom", "sarif"} {
		types[name] = witnessTypes + name + "/v0.1"
	}
	for _, name := range []string{
		"github-action", "action-self", "action-local", "trees", "completeness", "trace", "vuln", "lockfile", "review",
	} {
		types[name] = ourTypes + name + "/v0.1"
	}
	return types
}

func decodeJSON(t *testing.T, text []byte) any {
	t.Helper()
	var v any
	if err := util.UnmarshalJSON(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// holds validates a body by the schema of a type, by name.
func holds(t *testing.T, name string, body []byte) error {
	t.Helper()
	schema, err := compileSchema(Schema(schemaTypes()[name]))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if err := schema.Validate(decodeJSON(t, body)); err != nil {
		return invalid(err)
	}
	return nil
}

// TestEverySchema: OPA takes each, and where the fields are known a rule over
// another one does not compile.
func TestEverySchema(t *testing.T) {
	files, err := filepath.Glob("schema/*.json")
	if err != nil || len(files) != len(schemaTypes()) {
		t.Errorf("%d files for %d types: %v", len(files), len(schemaTypes()), err)
	}
	open := []string{"material", "product", "sbom", "spdx", "cyclonedx"}
	for name, typ := range schemaTypes() {
		text := Schema(typ)
		if text == nil {
			t.Errorf("%s has no schema", typ)
			continue
		}
		compile := func(body string) error {
			m, err := ParseModule(name, []byte("package p\n"+body))
			if err != nil {
				t.Fatal(err)
			}
			_, err = m.compile(decodeJSON(t, text))
			return err
		}
		if err := compile("deny contains \"x\" if not is_object(input)"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := compile("deny contains \"x\" if input.nosuchfield"); (err == nil) != slices.Contains(open, name) {
			t.Errorf("%s: a rule over a field that does not exist: %v", name, err)
		}
		for _, field := range neededFields(text) {
			if err := compile("deny contains \"x\" if input." + field); err != nil {
				t.Errorf("%s needs a field that it has not: %v", name, err)
			}
		}
	}
}

// TestPublishedRulesCompile: the fields of published rules are in the schemas.
func TestPublishedRulesCompile(t *testing.T) {
	for file, name := range map[string]string{"behaviour.rego": "command-run", "source.rego": "github-action"} {
		text, err := os.ReadFile("testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		m, err := ParseModule(file, text)
		if err == nil {
			_, err = m.compile(decodeJSON(t, Schema(schemaTypes()[name])))
		}
		if err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// TestWitnessBodies: what go-witness v0.9.2 wrote holds. The bodies are from a run
// of its attestors, shortened; github's is made from its fields.
func TestWitnessBodies(t *testing.T) {
	files, err := filepath.Glob("testdata/witness/*.json")
	if err != nil || len(files) < 11 {
		t.Fatalf("%d bodies: %v", len(files), err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := holds(t, strings.TrimSuffix(filepath.Base(file), ".json"), body); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// TestBodiesThatDoNotHold: what a rule would pass in silence is refused.
func TestBodiesThatDoNotHold(t *testing.T) {
	for _, c := range []struct{ name, body string }{
		{"command-run", `{"cmd": []}`},
		{"command-run", `{"cmd": [], "exitcode": "0"}`},
		{"command-run", `{"cmd": [], "exitcode": 0, "processes": null}`},
		{"command-run", `{"cmd": [], "exitcode": 0, "processes": [{"processid": 1, "parentpid": 0}]}`},
		{"command-run", `{"cmd": [], "exitcode": 0, "processes": [{"program": "a", "parentpid": 0}]}`},
		{"command-run", `{"cmd": [], "exitcode": 0, "processes": [{"program": "a", "processid": 1, "parentpid": 0, "openedfiles": ["/a"]}]}`},
		{"command-run", `{"cmd": [], "exitcode": 0, "Processes": []}`},
		{"github-action", `{"actionref": "a/b@c"}`},
		{"github-action", `{"actionref": "a/b@c", "refpinned": "no"}`},
		{"github-action", `{"actionref": "", "refpinned": false}`},
		{"action-self", `{"refpinned": true}`},
		{"secretscan", `{"high": 0}`},
		{"secretscan", `{"findings": null}`},
		{"completeness", `{"collectors": []}`},
		{"completeness", `{"started": true, "collectors": [{"name": "a", "state": "fine"}]}`},
		{"trace", `{"backend": "ebpf"}`},
		{"vuln", `{"documents": [], "inlined": false}`},
		{"vuln", `{"documents": [], "counts": {"high": "1"}, "inlined": false}`},
		{"sbom", `{"documents": {}}`},
		{"sbom", `[]`},
		{"lockfile", `{"files": []}`},
		{"review", `{"commit": "a"}`},
		{"git", `{"commithash": "a"}`},
		{"material", `{"a": "b"}`},
		{"product", `{"a": {"digest": {}}}`},
		{"github", `{}`},
		{"trees", `{"materials": {"root": "", "leafcount": 0}}`},
	} {
		if err := holds(t, c.name, []byte(c.body)); err == nil {
			t.Errorf("%s holds: %s", c.name, c.body)
		}
	}
}

// TestSchemasHaveOurFields: a field that is added to a body without its schema
// makes every such body fail.
func TestSchemasHaveOurFields(t *testing.T) {
	for name, body := range map[string]any{
		"command-run": attest.CommandRun{}, "trees": attest.Trees{}, "completeness": attest.Completeness{}, "trace": attest.Trace{},
		"github-action": attest.GitHubAction{}, "action-self": attest.GitHubAction{}, "action-local": attest.GitHubAction{},
		"secretscan": attest.SecretScan{}, "vuln": attest.Scans{}, "sarif": attest.Scans{}, "vex": attest.Scans{},
	} {
		schema, _ := decodeJSON(t, Schema(schemaTypes()[name])).(map[string]any)
		missing(t, name, reflect.TypeOf(body), schema)
	}
}

// missing walks over the fields of a body and of what is in it.
func missing(t *testing.T, place string, typ reflect.Type, schema map[string]any) {
	t.Helper()
	for typ.Kind() == reflect.Slice || typ.Kind() == reflect.Pointer {
		if typ.Kind() == reflect.Slice {
			schema, _ = schema["items"].(map[string]any)
		}
		typ = typ.Elem()
	}
	if typ.Kind() != reflect.Struct || typ.PkgPath() == "time" {
		return
	}
	properties, _ := schema["properties"].(map[string]any)
	for i := range typ.NumField() {
		name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
		inner, known := properties[name].(map[string]any)
		if !known {
			t.Errorf("%s: the schema has no %s", place, name)
			continue
		}
		missing(t, place+"."+name, typ.Field(i).Type, inner)
	}
}

// TestRealBodies: every attestation of a run of ours holds, in both envelopes.
func TestRealBodies(t *testing.T) {
	seen := map[string]bool{}
	ours, witness := wrapped(t, `cp "$TESTDATA"/good.* . ; ln -s a.txt b; printf 'tok %s' "$TOKEN" > tok.txt; cat /proc/self/environ > /dev/null; rm a.txt`)
	for _, a := range slices.Concat(ours, witness) {
		name := ShortType(a.Type)
		seen[name] = true
		if err := holds(t, name, a.Attestation); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{
		"command-run", "material", "product", "environment", "git", "github", "github-action", "action-local", "trees", "completeness",
		"trace", "secretscan", "sbom", "cyclonedx", "sarif", "vex",
	} {
		if !seen[name] {
			t.Errorf("the run has no %s", name)
		}
	}
}

// recorded is one attestation of a collection.
type recorded struct {
	Type        string          `json:"type"`
	Attestation json.RawMessage `json:"attestation"`
}
