package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

const (
	// MaxModule is the longest module that is read, in bytes.
	MaxModule = 1 << 20
	// maxNested is how many comprehensions there may be within one another.
	maxNested = 8
	// denyRule is the rule that is asked for, in whatever package the module is.
	denyRule = "deny"
)

// forbidden are the builtins that no module has: those that reach out of the
// evaluation (a $ref of a JSON Schema opens files), answer differently the next
// time, or that FIPS 140-3 does not allow.
var forbidden = []string{
	"http.send", "net.lookup_ip_addr", "opa.runtime", "rand.intn", "uuid.rfc4122", "trace",
	"json.match_schema", "json.verify_schema",
	"crypto.md5", "crypto.sha1", "crypto.hmac.md5", "crypto.hmac.sha1", "crypto.hmac.sha256", "crypto.hmac.sha512",
}

// A Module is one Rego file that was parsed: a package of its own, whatever
// other modules call theirs.
type Module struct {
	Name   string
	Source []byte

	parsed  *ast.Module
	version ast.RegoVersion
}

// ParseModule reads a module as Rego v1, and as v0 if that fails. Its error is
// that of v1, unless the text is full of v0.
func ParseModule(name string, source []byte) (*Module, error) {
	if len(source) > MaxModule {
		return nil, fmt.Errorf("module %s has %d bytes, at most %d are read", name, len(source), MaxModule)
	}
	m := &Module{Name: name, Source: source, version: ast.RegoV1}
	options := func(v ast.RegoVersion) ast.ParserOptions {
		return ast.ParserOptions{RegoVersion: v, Capabilities: capabilities(), ProcessAnnotation: true}
	}
	var err error
	if m.parsed, err = ast.ParseModuleWithOpts(name, string(source), options(ast.RegoV1)); err != nil {
		var old error
		m.version = ast.RegoV0
		if m.parsed, old = ast.ParseModuleWithOpts(name, string(source), options(ast.RegoV0)); old != nil {
			return nil, fmt.Errorf("parse module: %w", err)
		}
	}
	if m.parsed == nil || m.parsed.Package == nil {
		return nil, fmt.Errorf("parse module %s: it is empty", name)
	}
	first := slices.IndexFunc(m.parsed.Rules, isDeny)
	switch path := m.parsed.Package.Path; {
	case first < 0:
		return nil, fmt.Errorf("module %s has no rule %s in %s", name, denyRule, m.parsed.Package)
	case len(m.parsed.Rules[first].Head.Args) > 0:
		return nil, fmt.Errorf("module %s: %s is a function in %s, which nobody calls: write `deny contains message if ...`", name, denyRule, m.parsed.Package)
	case slices.ContainsFunc(m.parsed.Rules, func(r *ast.Rule) bool { return hides(path, r) }):
		return nil, fmt.Errorf("module %s has rules in %s that would hide what it is given as %s: choose another package", name, m.parsed.Package, cilockData)
	}
	if deepest(m.parsed) > maxNested {
		return nil, fmt.Errorf("module %s has more than %d comprehensions within one another", name, maxNested)
	}
	return m, nil
}

// deepest is how many comprehensions there are within one another. The compiler
// takes twice as long with each.
func deepest(m *ast.Module) (most int) {
	depth := 0
	step := func(by int) func(any) bool {
		return func(x any) bool {
			switch x.(type) {
			case *ast.ArrayComprehension, *ast.SetComprehension, *ast.ObjectComprehension, *ast.Every:
				depth += by
				most = max(most, depth)
			}
			return false
		}
	}
	after := step(-1)
	ast.NewBeforeAfterVisitor(step(1), func(x any) { after(x) }).Walk(m)
	return most
}

func isDeny(r *ast.Rule) bool { return string(r.Head.Name) == denyRule || headIs(r, denyRule) }

// headIs reports whether a rule's head is a reference that starts with name.
func headIs(r *ast.Rule, name string) bool {
	ref := r.Head.Ref()
	return len(ref) > 0 && ref[0].Value.Compare(ast.Var(name)) == 0
}

// query asks for the module's denials and for nothing else: a conjunction of
// two would be undefined where one of them is.
func (m *Module) query() string { return m.parsed.Package.Path.String() + "." + denyRule }

// capabilities are what this version of OPA can do, less what is forbidden.
func capabilities() *ast.Capabilities {
	all := ast.CapabilitiesForThisVersion()
	all.Builtins = slices.DeleteFunc(slices.Clone(all.Builtins), func(b *ast.Builtin) bool { return slices.Contains(forbidden, b.Name) })
	all.AllowNet = []string{}
	return all
}

// bare is a copy for a compiler, without schemas in annotations: OPA would take them
// instead of others, and open the files that they refer to.
func (m *Module) bare() *ast.Module {
	parsed := m.parsed.Copy()
	for _, a := range parsed.Annotations {
		a.Schemas = nil
	}
	for _, r := range parsed.Rules {
		for _, a := range r.Annotations {
			a.Schemas = nil
		}
	}
	return parsed
}

// compile checks the module against the schema of its input, by itself: another
// module of the same package could define its helpers away. A schema is JSON
// that was decoded; nil means that there is none.
func (m *Module) compile(schema any) (*ast.Compiler, error) {
	c := ast.NewCompiler().WithCapabilities(capabilities()).WithDefaultRegoVersion(m.version)
	if schema != nil {
		set := ast.NewSchemaSet()
		set.Put(ast.SchemaRootRef, schema)
		c = c.WithSchemas(set).WithUseTypeCheckAnnotations(true)
	}
	// Compiling changes a module: each time gets one of its own.
	c.Compile(map[string]*ast.Module{m.Name: m.bare()})
	if c.Failed() {
		return nil, fmt.Errorf("compile module: %w", plainErrors(c.Errors))
	}
	if err := m.checkData(c.Modules[m.Name]); err != nil {
		return nil, err
	}
	return c, nil
}

// Schema is the one that a module's metadata gives its input, as JSON: in
// annotations of the package, as `schemas: [{input: {...}}]`.
func (m *Module) Schema() ([]byte, error) {
	for _, a := range m.parsed.Annotations {
		for _, s := range a.Schemas {
			if s.Definition != nil && s.Path.Equal(ast.InputRootRef) {
				text, err := json.Marshal(*s.Definition)
				if err != nil {
					return nil, fmt.Errorf("module %s: read the schema of its input: %w", m.Name, err)
				}
				if err = standsAlone(text); err == nil {
					_, err = compileSchema(text)
				}
				return text, err
			}
		}
	}
	return nil, fmt.Errorf("module %s judges a type that has no schema here: give its input one, in METADATA of the package, as `schemas: [{input: {type: object, ...}}]`", m.Name)
}

// names tells whether the module's text names a field of its input, before
// anything is compiled.
func (m *Module) names(field string) bool { return reads(m.parsed, field) }

// readsField tells whether the module reads one field of its input, by its name.
func (m *Module) readsField(field string) bool {
	want := ast.Ref{ast.InputRootDocument, ast.StringTerm(field)}
	found := false
	ast.WalkRefs(m.parsed, func(r ast.Ref) bool {
		found = found || r.HasPrefix(want)
		return found
	})
	return found
}

// namesData tells whether the module may look at a part of data.cilock.
func (m *Module) namesData(name string) bool {
	found := false
	ast.WalkRefs(m.parsed, func(r ast.Ref) bool {
		if r.HasPrefix(cilockData) {
			part := ast.Value(ast.Null{})
			if len(r) > len(cilockData) {
				part = r[len(cilockData)].Value
			}
			text, ok := part.(ast.String)
			found = found || !ok || string(text) == name
		}
		return found
	})
	return found
}

// cilockData is data.cilock.
var cilockData = ast.Ref{ast.DefaultRootDocument, ast.StringTerm("cilock")}

// Fix is what the module's metadata says can be done about a denial
// (custom.fix of the package or of a rule), empty if it says nothing.
func (m *Module) Fix() string {
	for _, a := range m.parsed.Annotations {
		if text, ok := a.Custom["fix"].(string); ok {
			return text
		}
	}
	return ""
}

// plainErrors is a compiler's errors on one line, bounded.
func plainErrors(list ast.Errors) error {
	const most = 5
	var lines []string
	for i, e := range list {
		if i == most {
			lines = append(lines, fmt.Sprintf("and %d more", len(list)-most))
			break
		}
		lines = append(lines, spaces.ReplaceAllString(e.Error(), " "))
	}
	return errors.New(strings.Join(lines, "; "))
}

var spaces = regexp.MustCompile(`\s+`)

// dataNames are what data.cilock has.
var dataNames = []string{"step", "subjects", "attestations", "params"}

// checkData refuses references to data that nobody provides. They are undefined,
// and a denial that depends on one never comes.
func (m *Module) checkData(compiled *ast.Module) (err error) {
	ast.WalkRefs(compiled, func(r ast.Ref) bool {
		if err != nil || !r.HasPrefix(ast.DefaultRootRef) || ownRule(compiled, r) {
			return err != nil
		}
		if len(r) == 1 {
			err = fmt.Errorf("%s: %s takes all data: name what is needed of data.cilock", m.Name, place(r))
			return true
		}
		if r[1].Value.Compare(ast.String("cilock")) != 0 || len(r) > 2 && !known(r[2]) {
			err = fmt.Errorf("%s: %s is not provided: there is data.cilock with %s", m.Name, r, strings.Join(dataNames, ", "))
		}
		return err != nil
	})
	return err
}

// ownRule reports a reference to the module's package, or to a rule that it has.
func ownRule(compiled *ast.Module, r ast.Ref) bool {
	path := compiled.Package.Path
	if !r.HasPrefix(path) || len(r) == len(path) {
		return r.HasPrefix(path)
	}
	name, ok := r[len(path)].Value.(ast.String)
	return !ok || slices.ContainsFunc(compiled.Rules, func(rule *ast.Rule) bool { return headIs(rule, string(name)) })
}

// paramsOf are the parameters that a module names, whatever it imports them as;
// none where it has mistakes, which Check tells.
func paramsOf(name string, source []byte) (names []string) {
	m, err := ParseModule(name, source)
	if err != nil {
		return nil
	}
	c, err := m.compile(nil)
	if err != nil {
		return nil
	}
	params := ast.MustParseRef("data.cilock.params")
	ast.WalkRefs(c.Modules[name], func(r ast.Ref) bool {
		if r.HasPrefix(params) && len(r) > len(params) {
			if param, ok := r[len(params)].Value.(ast.String); ok && !slices.Contains(names, string(param)) {
				names = append(names, string(param))
			}
		}
		return false
	})
	return names
}

func known(t *ast.Term) bool {
	name, ok := t.Value.(ast.String)
	return !ok || slices.Contains(dataNames, string(name))
}

func place(r ast.Ref) string {
	if r[0].Location != nil {
		return r[0].Location.String()
	}
	return r.String()
}

// reads tells whether a module may look at a field of its input: it names the
// field, or takes the input as a whole, by variable or function.
func reads(compiled *ast.Module, field string) bool {
	found := false
	ast.WalkRefs(compiled, func(r ast.Ref) bool {
		if r[0].Value.Compare(ast.InputRootDocument.Value) != 0 {
			return false
		}
		if len(r) == 1 {
			found = true
			return true
		}
		name, ok := r[1].Value.(ast.String)
		found = found || !ok || string(name) == field
		return found
	})
	ast.WalkTerms(compiled, func(t *ast.Term) bool {
		found = found || t.Value.Compare(ast.InputRootDocument.Value) == 0
		_, isRef := t.Value.(ast.Ref)
		return found || isRef // a reference's own head is not the input as a whole
	})
	return found
}
