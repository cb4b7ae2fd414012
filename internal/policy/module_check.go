package policy

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/util"
)

// check compiles the module against the schema of the type that it judges. A type
// of somebody else needs a schema in the module.
func (m *Module) check(typ string) error {
	text := Schema(typ)
	if text == nil {
		var err error
		if text, err = m.Schema(); err != nil {
			return err
		}
	}
	var schema any
	if err := util.UnmarshalJSON(text, &schema); err != nil {
		return fmt.Errorf("read schema: %w", err)
	}
	compiler, err := m.compile(schema)
	if err != nil {
		return err
	}
	if looks(compiler.Modules[m.Name]) {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), busy*timeLimit(0))
	defer cancel()
	results, err := rego.New(rego.Query(m.query()), rego.Compiler(compiler), rego.StrictBuiltinErrors(true)).Eval(ctx)
	if err == nil && answer(results).Passed() {
		return fmt.Errorf("the rule %s looks at neither input nor data.cilock, and denies nothing: it can never deny", denyRule)
	}
	return nil // it always denies, or fails
}

// hides reports a rule of a package that stands where data.cilock has something.
func hides(pkg ast.Ref, r *ast.Rule) bool {
	full := pkg.Concat(ast.Ref{ast.StringTerm(string(r.Head.Name))})
	return full.HasPrefix(cilockData) && len(full) > len(cilockData) && slices.Contains(dataNames, strings.Trim(full[len(cilockData)].String(), `"`))
}

// looks reports whether the rule deny, or one that it names, looks at what it is to
// judge, or at the time.
func looks(compiled *ast.Module) (found bool) {
	pkg := compiled.Package.Path
	seen := map[*ast.Rule]bool{}
	var follow func(r *ast.Rule)
	follow = func(r *ast.Rule) {
		if seen[r] || found {
			return
		}
		seen[r] = true
		ast.WalkRefs(r, func(ref ast.Ref) bool {
			found = found || ref.HasPrefix(ast.InputRootRef) || ref.HasPrefix(cilockData) || ref.Equal(ast.NowNanos.Ref())
			if ref.HasPrefix(pkg) {
				for _, other := range compiled.Rules {
					name, known := ast.String(""), false
					if len(ref) > len(pkg) {
						name, known = ref[len(pkg)].Value.(ast.String)
					}
					if !known || headIs(other, string(name)) {
						follow(other)
					}
				}
			}
			return found
		})
	}
	for _, r := range compiled.Rules {
		if isDeny(r) {
			follow(r)
		}
	}
	return found
}
