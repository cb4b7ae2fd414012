package arch

import (
	"fmt"
	"go/ast"
	"path"
	"slices"
	"strings"
)

// Longest files, in lines.
const (
	maxLines     = 400
	maxTestLines = 500
)

// environment keeps the process environment out of everything but the command,
// so that what a run depends on can be read in one place.
func environment(files []*File) []Violation {
	forbidden := map[string][]string{
		"os":      {"Getenv", "LookupEnv", "Environ", "ExpandEnv", "Setenv", "Unsetenv", "Clearenv"},
		"syscall": {"Getenv", "Environ", "Setenv", "Unsetenv", "Clearenv"},
	}
	var found []Violation
	for _, f := range files {
		if f.Test || within(f.Dir, "cmd/action") || within(f.Dir, "test") {
			continue
		}
		for _, pkg := range []string{"os", "syscall"} {
			for _, use := range f.uses(pkg) {
				if slices.Contains(forbidden[pkg], use.Sel.Name) {
					found = append(found, f.at("environment", use, "%s.%s is for cmd/action alone: take it as a parameter", pkg, use.Sel.Name))
				}
			}
		}
	}
	return found
}

// sleeps keeps tests from waiting for time to pass instead of for an event.
func sleeps(files []*File) []Violation {
	var found []Violation
	for _, f := range files {
		if !f.Test {
			continue
		}
		for _, use := range f.uses("time") {
			if use.Sel.Name == "Sleep" {
				found = append(found, f.at("sleeps", use, "a test waits for an event, not for time"))
			}
		}
	}
	return found
}

// uses returns every pkg.Name in the file, under whatever name the standard
// package pkg is imported (dot imports are refused by names).
func (f *File) uses(pkg string) []*ast.SelectorExpr {
	local := ""
	for _, spec := range f.AST.Imports {
		if unquote(spec.Path.Value) != pkg {
			continue
		}
		local = path.Base(pkg)
		if spec.Name != nil {
			local = spec.Name.Name
		}
	}
	if local == "" {
		return nil
	}
	var found []*ast.SelectorExpr
	ast.Inspect(f.AST, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == local {
				found = append(found, sel)
			}
		}
		return true
	})
	return found
}

// initFunctions allows init where the frozen process needs it, and nowhere
// else: importing a package does nothing.
func initFunctions(files []*File) []Violation {
	var found []Violation
	for _, f := range files {
		if within(f.Dir, "internal/frozen") {
			continue
		}
		for _, decl := range f.AST.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				found = append(found, f.at("init", fn, "no init functions: do it where it is called"))
			}
		}
	}
	return found
}

// names refuses names that say nothing, and dot imports, which hide where a
// name is from.
func names(files []*File) []Violation {
	var found []Violation
	for _, f := range files {
		name := strings.TrimSuffix(f.AST.Name.Name, "_test")
		for _, word := range []string{name, path.Base(f.Dir)} {
			if slices.Contains([]string{"util", "utils", "helper", "helpers", "common", "misc"}, word) {
				found = append(found, f.at("names", f.AST.Name, "%s says nothing: name the package for what it does", word))
				break
			}
		}
		for _, spec := range f.AST.Imports {
			if spec.Name != nil && spec.Name.Name == "." {
				found = append(found, f.at("names", spec, "no dot imports"))
			}
		}
	}
	return found
}

// lengths keeps files short enough to be read.
func lengths(files []*File) []Violation {
	var found []Violation
	for _, f := range files {
		limit := maxLines
		if f.Test {
			limit = maxTestLines
		}
		if !f.Generated && f.Lines >= limit {
			found = append(found, Violation{"lengths", f.Path, 0, fmt.Sprintf("%d lines, and the limit is %d", f.Lines, limit)})
		}
	}
	return found
}
