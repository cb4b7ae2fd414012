package policy

import (
	"bytes"
	"cmp"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/util"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/org/cilock-action/pkg/attest"
)

// schemaFiles are the JSON Schemas of attestations' bodies, named for the last
// part of the type. They have Witness' fields and ours, and no others.
//
//go:embed schema/*.json
var schemaFiles embed.FS

// needed is the keyword by which a schema lists fields that may be absent, but
// not from what a module reads them of.
const needed = "x-needed-if-read"

// Schema returns the schema of a type's body, nil if it is somebody else's type.
func Schema(typ string) []byte {
	name := schemaName(typ)
	if name == "" {
		return nil
	}
	text, err := schemaFiles.ReadFile("schema/" + name + ".json")
	if err != nil {
		return nil
	}
	return text
}

const (
	witnessTypes = "https://witness.dev/attestations/"
	ourTypes     = "https://github.com/org/cilock-action/"
)

// schemaName is the file of a type's schema, empty for other types. CI/lock
// writes its own action type under a name of its own.
func schemaName(typ string) string {
	for _, prefix := range []string{witnessTypes, ourTypes} {
		if rest, ok := strings.CutPrefix(typ, prefix); ok {
			if name, ok := strings.CutSuffix(rest, "/v0.1"); ok && !strings.ContainsAny(name, "/.") {
				return name
			}
		}
	}
	switch typ {
	case attest.TypeSPDX:
		return "spdx"
	case attest.TypeCycloneDX:
		return "cyclonedx"
	case attest.TypeVEX:
		return "vex"
	}
	return ""
}

// ShortType is a type as people write it: command-run for Witness' URI.
func ShortType(typ string) string { return cmp.Or(schemaName(typ), typ) }

// compileSchema reads a schema. It refers to nothing outside of itself.
func compileSchema(text []byte) (*jsonschema.Schema, error) {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("read schema: %w", err)
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(nowhere{})
	if err := c.AddResource("schema.json", document); err != nil {
		return nil, fmt.Errorf("read schema: %w", err)
	}
	schema, err := c.Compile("schema.json")
	if err != nil {
		return nil, fmt.Errorf("compile schema: %w", plainError(err))
	}
	return schema, nil
}

// standsAlone refuses a schema of a module that names another document, or whose
// references come back to where they start: OPA opens the first if it is a file, and
// follows the second until its stack is full.
func standsAlone(text []byte) error {
	var document any
	if err := util.UnmarshalJSON(text, &document); err != nil {
		return fmt.Errorf("read schema: %w", err)
	}
	return references{document, map[string]bool{}}.follow(document)
}

// references are those of a schema that were followed; false: not to their end.
type references struct {
	document any
	done     map[string]bool
}

func (r references) follow(v any) error {
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			if err := r.follow(one); err != nil {
				return err
			}
		}
	case map[string]any:
		for name, one := range v {
			text, ok := one.(string)
			var err error
			switch {
			case ok && name == "$ref":
				err = r.to(text)
			case ok && (name == "$id" || name == "id"):
				err = fmt.Errorf("the schema has the %s %q, and has to stand alone", name, text)
			default:
				err = r.follow(one)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// to follows one reference.
func (r references) to(ref string) error {
	done, known := r.done[ref]
	switch {
	case done:
		return nil
	case known:
		return fmt.Errorf("the schema's reference %q leads back to itself", ref)
	}
	path, ok := strings.CutPrefix(ref, "#/$defs/")
	defs, _ := r.document.(map[string]any)
	all, _ := defs["$defs"].(map[string]any)
	target, found := all[path]
	if !ok || !found {
		return fmt.Errorf("the schema refers to %q, which is no #/$defs/NAME of its own", ref)
	}
	r.done[ref] = false
	err := r.follow(target)
	r.done[ref] = true
	return err
}

// schema is one of the two that judge: a shape where that is enough.
type schema struct {
	shape   *shape
	library *jsonschema.Schema
}

func compileAny(text []byte) (s schema, err error) {
	if s.shape, err = compileShape(text); err == nil {
		return s, nil
	}
	s.shape = nil
	s.library, err = compileSchema(text)
	return s, err
}

// check judges a document, which is value already.
func (s schema) check(document []byte, value ast.Value) error {
	if s.shape != nil {
		return s.shape.check(value, nil)
	}
	var decoded any
	if err := util.UnmarshalJSON(document, &decoded); err != nil {
		return err
	}
	if err := s.library.Validate(decoded); err != nil {
		return invalid(err)
	}
	return nil
}

// nowhere is a loader for schemas that stand alone.
type nowhere struct{}

func (nowhere) Load(url string) (any, error) {
	return nil, errors.New("it refers to another document: " + url)
}

// neededFields reads the keyword needed of a schema.
func neededFields(schema []byte) []string {
	fields := map[string]json.RawMessage{}
	var names []string
	if json.Unmarshal(schema, &fields) == nil && fields[needed] != nil {
		_ = json.Unmarshal(fields[needed], &names) // the schemas here are tested; those of modules have no such keyword
	}
	return names
}

// invalid is why a document does not hold, the innermost reason with its place.
// Values are not repeated.
func invalid(err error) error {
	e := new(jsonschema.ValidationError)
	if !errors.As(err, &e) {
		return err
	}
	for len(e.Causes) > 0 {
		e = e.Causes[0]
	}
	text := strings.Join(e.ErrorKind.KeywordPath(), "/")
	return fmt.Errorf("/%s fails %s", strings.Join(e.InstanceLocation, "/"), text)
}

// LongType is the URI of a type that may be written short; others are as they are.
func LongType(name string) string {
	if strings.Contains(name, ":") {
		return name
	}
	for _, typ := range attest.WitnessTypes() {
		if schemaName(typ) == name {
			return typ
		}
	}
	return ourTypes + name + "/v0.1"
}

// knownType refuses a short type that has no schema. Spelled wrongly it would be
// one that no evidence ever has.
func knownType(name string) error {
	if strings.Contains(name, ":") || Schema(LongType(name)) != nil {
		return nil
	}
	entries, err := schemaFiles.ReadDir("schema")
	if err != nil {
		return fmt.Errorf("list the types of attestations: %w", err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".json"))
	}
	return fmt.Errorf("there is no attestation %q: there are %s, and whole URIs", name, strings.Join(names, ", "))
}
