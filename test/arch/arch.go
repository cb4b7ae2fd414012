// Package arch reads the repository's own Go files and says where they break
// the architecture: who may import whom, which dependency lives where, and the
// few things that no package may do. It only parses, for every platform at
// once, and needs no build. Whoever changes the architecture changes the tables
// in imports.go.
package arch

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"strings"
)

// Module is the import path of the main module.
const Module = "github.com/org/cilock-action"

// File is one Go file of the main module.
type File struct {
	Path      string // slash-separated, from the repository's root
	Dir       string // its folder; "." at the root
	Test      bool   // its name ends in _test.go
	Generated bool   // it says so in the way that Go tools know
	Lines     int
	AST       *ast.File
	fset      *token.FileSet
}

// Violation is one broken rule.
type Violation struct {
	Rule string
	Path string
	Line int // 1-based; 0 if the whole file is meant
	Text string
}

func (v Violation) String() string {
	return fmt.Sprintf("%s:%d: %s (rule %q)", v.Path, v.Line, v.Text, v.Rule)
}

// Load parses the Go files below the root of tree. It leaves out testdata,
// folders whose name begins with a dot or an underscore, and nested modules,
// as the go command does.
func Load(tree fs.FS) ([]*File, error) {
	var files []*File
	fset := token.NewFileSet()
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && leftOut(tree, name):
			return fs.SkipDir
		case d.IsDir() || path.Ext(name) != ".go" || !d.Type().IsRegular():
			return nil
		}
		src, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		parsed, err := parser.ParseFile(fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files = append(files, &File{
			Path: name, Dir: path.Dir(name), Test: strings.HasSuffix(name, "_test.go"), Generated: ast.IsGenerated(parsed),
			Lines: strings.Count(string(src), "\n"), AST: parsed, fset: fset,
		})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the Go files: %w", err)
	}
	return files, nil
}

func leftOut(tree fs.FS, dir string) bool {
	base := path.Base(dir)
	if base == "testdata" || base == "vendor" || base[0] == '.' || base[0] == '_' {
		return true
	}
	_, err := fs.Stat(tree, path.Join(dir, "go.mod"))
	return err == nil
}

// Check returns every violation of every rule.
func Check(files []*File) []Violation {
	var found []Violation
	for _, rule := range []func([]*File) []Violation{
		layers, homes, environment, initFunctions, names, lengths, sleeps, state,
	} {
		found = append(found, rule(files)...)
	}
	return found
}

// at makes a violation at a node of the file.
func (f *File) at(rule string, n ast.Node, format string, args ...any) Violation {
	return Violation{rule, f.Path, f.fset.Position(n.Pos()).Line, fmt.Sprintf(format, args...)}
}

// within reports whether dir is the folder tree or lies below it.
func within(dir, tree string) bool {
	return dir == tree || strings.HasPrefix(dir, tree+"/")
}

// unit returns the first two elements of a folder: the package, with all that
// is below it, that the import table speaks of.
func unit(dir string) string {
	parts := strings.SplitN(dir, "/", 3)
	return path.Join(parts[:min(2, len(parts))]...)
}
