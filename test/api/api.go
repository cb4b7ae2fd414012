// Package api writes down what the packages below pkg/ export, so that a change
// of it is seen in review: docs/library.md says what is promised.
package api

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Packages lists the folders of packages that others may import, below root, with
// slashes, sorted.
func Packages(root string) ([]string, error) {
	var dirs []string
	err := filepath.WalkDir(filepath.Join(root, "pkg"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if name := d.Name(); name == "internal" || name == "testdata" {
			return fs.SkipDir
		}
		if files, err := sources(path); err != nil || len(files) == 0 {
			return err
		}
		rel, err := filepath.Rel(root, path)
		dirs = append(dirs, filepath.ToSlash(rel))
		return err
	})
	slices.Sort(dirs)
	return dirs, err
}

// sources are the Go files of a folder that are no tests. Of files for one
// system, those of Linux count: the others must offer the same.
func sources(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		if slices.ContainsFunc([]string{"_other.go", "_windows.go", "_darwin.go"}, func(s string) bool { return strings.HasSuffix(name, s) }) {
			continue
		}
		files = append(files, filepath.Join(dir, name))
	}
	return files, nil
}

// Exported is the declarations of a package that others can use, without their
// comments and bodies, each once, sorted.
func Exported(dir string) (string, error) {
	files, err := sources(dir)
	if err != nil {
		return "", err
	}
	fset := token.NewFileSet()
	var decls []string
	for _, name := range files {
		f, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return "", fmt.Errorf("parse %s: %w", name, err)
		}
		if f.Name.Name == "main" || !ast.FileExports(f) {
			continue
		}
		for _, d := range f.Decls {
			text, err := declaration(fset, d)
			if err != nil {
				return "", fmt.Errorf("print %s: %w", name, err)
			}
			if text != "" && !slices.Contains(decls, text) {
				decls = append(decls, text)
			}
		}
	}
	slices.Sort(decls)
	return strings.Join(decls, "\n\n") + "\n", nil
}

func declaration(fset *token.FileSet, d ast.Decl) (string, error) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		d.Body, d.Doc = nil, nil
	case *ast.GenDecl:
		if d.Tok == token.IMPORT || len(d.Specs) == 0 {
			return "", nil
		}
		d.Doc = nil
	}
	var b bytes.Buffer
	// Without positions in common, what was on one line stays there.
	err := printer.Fprint(&b, fset, d)
	return b.String(), err
}
