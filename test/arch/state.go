package arch

import (
	"errors"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"
)

// state refuses package variables that change: written to by any function, or
// of a type that exists to be changed (a lock, an atomic). A table that nobody
// writes to is fine. Test files are left alone, and so is a change that is made
// through a method or a pointer that was copied before: this is a cheap check.
func state(files []*File) []Violation {
	packages := map[string][]*File{}
	for _, f := range files {
		if !f.Test && !f.Generated {
			packages[f.Dir] = append(packages[f.Dir], f)
		}
	}
	var found []Violation
	for _, dir := range slices.Sorted(maps.Keys(packages)) {
		vars, uses := packageVars(packages[dir])
		for _, f := range packages[dir] {
			found = append(found, f.changingTypes()...)
			f.writes(func(target ast.Expr) {
				id := root(target)
				if id != nil && vars[uses[id]] {
					found = append(found, f.at("state", target, "package variable %s is changed here: keep it in a value", id.Name))
				}
			})
		}
	}
	return found
}

// noImports makes every import fail: names inside a package resolve without.
type noImports struct{}

func (noImports) Import(string) (*types.Package, error) {
	return nil, errors.New("imports are not read")
}

// packageVars resolves the names in one package. Errors are expected, from the
// imports and from files for different platforms that declare the same name.
func packageVars(files []*File) (vars map[types.Object]bool, uses map[*ast.Ident]types.Object) {
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: noImports{}, Error: func(error) {}, FakeImportC: true}
	var parsed []*ast.File
	for _, f := range files {
		parsed = append(parsed, f.AST)
	}
	pkg, _ := config.Check(files[0].Dir, files[0].fset, parsed, info) // errors as said above
	vars = map[types.Object]bool{}
	for _, name := range pkg.Scope().Names() {
		if v, ok := pkg.Scope().Lookup(name).(*types.Var); ok {
			vars[v] = true
		}
	}
	return vars, info.Uses
}

// writes calls found with each expression that a function of f writes to or
// takes the address of.
func (f *File) writes(found func(ast.Expr)) {
	for _, decl := range f.AST.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if !ok || fn.Body == nil {
			continue
		}
		ast.Inspect(fn.Body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				if n.Tok != token.DEFINE {
					for _, target := range n.Lhs {
						found(target)
					}
				}
			case *ast.IncDecStmt:
				found(n.X)
			case *ast.RangeStmt:
				if n.Tok == token.ASSIGN {
					found(n.Key)
					found(n.Value)
				}
			case *ast.UnaryExpr:
				if n.Op == token.AND {
					found(n.X)
				}
			case *ast.CallExpr:
				if name, ok := n.Fun.(*ast.Ident); ok && len(n.Args) > 0 &&
					slices.Contains([]string{"delete", "clear", "copy"}, name.Name) {
					found(n.Args[0])
				}
			}
			return true
		})
	}
}

// root returns the variable of which e is a part, or nil.
func root(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.IndexExpr:
			e = x.X
		case *ast.SliceExpr:
			e = x.X
		case *ast.SelectorExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		default:
			return nil
		}
	}
}

// changingTypes returns the package variables whose type is a lock, a
// synchronised map or an atomic value.
func (f *File) changingTypes() []Violation {
	changing := map[ast.Expr]bool{}
	for _, use := range f.uses("sync") {
		changing[use] = slices.Contains([]string{"Mutex", "RWMutex", "Map", "WaitGroup", "Once"}, use.Sel.Name)
	}
	for _, use := range f.uses("sync/atomic") {
		changing[use] = true
	}
	var found []Violation
	for _, decl := range f.AST.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok || gen.Tok != token.VAR {
			continue
		}
		for _, spec := range gen.Specs {
			value, ok := spec.(*ast.ValueSpec)
			if !ok {
				continue
			}
			kind := value.Type
			if generic, ok := kind.(*ast.IndexExpr); ok { // atomic.Pointer[T]
				kind = generic.X
			}
			if changing[kind] {
				var names []string
				for _, name := range value.Names {
					names = append(names, name.Name)
				}
				found = append(found, f.at("state", value, "package variable %s exists to be changed: keep it in a value", strings.Join(names, ", ")))
			}
		}
	}
	return found
}
