package policy

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

// toValue makes OPA's form of decoded JSON, as ast.InterfaceToValue does, but
// with the keys of objects in order: modules walk over them sorted, and OPA sorts
// what is sorted already five times as fast (200,000 names of files).
func toValue(x any) (ast.Value, error) {
	switch x := x.(type) {
	case map[string]any:
		pairs := make([][2]*ast.Term, 0, len(x))
		for _, key := range slices.Sorted(maps.Keys(x)) {
			value, err := toValue(x[key])
			if err != nil {
				return nil, err
			}
			pairs = append(pairs, [2]*ast.Term{ast.StringTerm(key), ast.NewTerm(value)})
		}
		return ast.NewObject(pairs...), nil
	case []any:
		terms := make([]*ast.Term, 0, len(x))
		for _, one := range x {
			value, err := toValue(one)
			if err != nil {
				return nil, err
			}
			terms = append(terms, ast.NewTerm(value))
		}
		return ast.NewArray(terms...), nil
	case nil, bool, string, json.Number:
		return ast.InterfaceToValue(x)
	}
	return nil, fmt.Errorf("a value of type %T, which JSON does not have", x)
}
