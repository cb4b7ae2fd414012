package policy

import (
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/util"
)

// embedded are the schemas here, by name.
func embedded(t testing.TB) map[string][]byte {
	t.Helper()
	entries, err := schemaFiles.ReadDir("schema")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, e := range entries {
		text, err := schemaFiles.ReadFile("schema/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		out[e.Name()] = text
	}
	return out
}

// TestShapes: every schema here is one that is judged fast.
func TestShapes(t *testing.T) {
	for name, text := range embedded(t) {
		if _, err := compileShape(text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, text := range []string{
		`{"anyOf":[{"type":"string"}]}`, `{"type":"object","properties":{"a":true}}`, `{"$ref":"other.json"}`, `{"$ref":"#/$defs/none"}`,
		`{"patternProperties":{"(?=x)":{}}}`, `{"format":"date"}`, `{"type":"tuple"}`, `true`, `[`,
	} {
		if _, err := compileShape([]byte(text)); err == nil {
			t.Errorf("%s is judged by a shape", text)
		}
	}
}

// FuzzValue: a document is read as encoding/json reads it, and each schema says of
// it what the library says. A key that comes twice, and depth, are refused here
// alone.
func FuzzValue(f *testing.F) {
	for _, text := range []string{
		`{"actionref":"a/b@v1","refpinned":true}`, `{"cmd":["x"],"exitcode":0,"processes":[{"program":"p","processid":1.0,"parentpid":1e2,"comm":"","cmdline":"","uid":0,"openedfiles":{"/b":{},"/a":{"sha256":"00"}}}]}`,
		`{"a":1,"a":2}`, `{"b":1,"a":{"\u0061":"\ud800"}}`, "[1, -0, 1.50, 1e400, 01]", "\"a\\n\x01\"", "nul", "[]]", "{\"a\" : [ true , null ]\n}", `{"":0}`, `[1,]`, `{"started":true,"collectors":[{"name":"x","state":"ran"}]}`,
	} {
		f.Add([]byte(text))
	}
	type pair struct {
		shape   *shape
		library schema
	}
	schemas := map[string]pair{}
	for name, text := range embedded(f) {
		s, err := compileShape(text)
		if err != nil {
			f.Fatal(err)
		}
		library, err := compileSchema(text)
		if err != nil {
			f.Fatal(err)
		}
		schemas[name] = pair{s, schema{library: library}}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		value, err := parseValue(text)
		var decoded any
		theirs := util.UnmarshalJSON(text, &decoded)
		if err != nil {
			known := strings.Contains(err.Error(), "two fields") || strings.Contains(err.Error(), "within one another") || strings.Contains(err.Error(), "UTF-8")
			if theirs == nil && !known {
				t.Errorf("%q is refused: %v", text, err)
			}
			return
		}
		if theirs != nil {
			t.Fatalf("%q is read, and encoding/json says %v", text, theirs)
		}
		want, err := ast.InterfaceToValue(decoded)
		if err != nil || value.Compare(want) != 0 {
			t.Errorf("%q is read as %v, want %v (%v)", text, value, want, err)
		}
		for name, s := range schemas {
			if ours, theirs := s.shape.check(value, nil), s.library.check(text, value); (ours == nil) != (theirs == nil) {
				t.Errorf("%s of %q: %v, the library says %v", name, text, ours, theirs)
			}
		}
	})
}
