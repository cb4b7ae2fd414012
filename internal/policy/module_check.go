package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
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
	_, err := m.compile(schema)
	return err
}

// hides reports a rule of a package that stands where data.cilock has something.
func hides(pkg ast.Ref, r *ast.Rule) bool {
	full := pkg.Concat(ast.Ref{ast.StringTerm(string(r.Head.Name))})
	return full.HasPrefix(cilockData) && len(full) > len(cilockData) && slices.Contains(dataNames, strings.Trim(full[len(cilockData)].String(), `"`))
}
