package docs

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
)

// body is one attestation type and the Go type of its body.
type body struct {
	constant, goType string
	schema           string // internal/policy/schema/NAME.json
	about            string // where the Go type does not say it
}

// bodies are in the order in which a reader wants them. Where there is no Go type
// of ours the fields are Witness'.
var bodies = []body{
	{"TypeCommandRun", "CommandRun", "command-run", ""},
	{"TypeMaterial", "", "material", "Path to digest set, of every file of the working directory before the step. The shape is Witness'."},
	{"TypeProduct", "Product", "product", "Path to this, of every file that the step made or changed."},
	{"TypeTrees", "Trees", "trees", ""},
	{"TypeCompleteness", "Completeness", "completeness", ""},
	{"TypeTrace", "Trace", "trace", ""},
	{"TypeSecretScan", "SecretScan", "secretscan", ""},
	{"TypeGitHubAction", "GitHubAction", "github-action", ""},
	{"TypeActionSelf", "", "action-self", "This action itself: the fields of `github-action`."},
	{"TypeActionLocal", "", "action-local", "An action of the workspace: the fields of `github-action`."},
	{"TypeEnvironment", "environmentBody", "environment", ""},
	{"TypeGit", "gitBody", "git", ""},
	{"TypeGitHub", "githubBody", "github", ""},
	{"TypeLockfile", "Lockfile", "lockfile", ""},
	{"TypeReview", "Review", "review", ""},
	{"TypeSBOM", "Scans", "sbom", "And the same for `sarif`, `vex` and `vuln`."},
}

// Evidence is the reference of what is signed, in Markdown, out of pkg/attest.
func Evidence(root string) (string, error) {
	types, constants, err := readTypes(filepath.Join(root, "pkg", "attest"))
	if err != nil {
		return "", err
	}
	private, _, err := readTypes(filepath.Join(root, "internal", "action"))
	if err != nil {
		return "", err
	}
	b := &strings.Builder{}
	b.WriteString(evidenceIntro)
	done := map[string]bool{}
	for _, x := range bodies {
		uri := constants[x.constant]
		if uri == "" {
			return "", fmt.Errorf("there is no constant %s", x.constant)
		}
		fmt.Fprintf(b, "## %s\n\n`%s`, [schema](../internal/policy/schema/%s.json)\n\n", x.schema, uri, x.schema)
		if _, err := os.Stat(filepath.Join(root, "internal", "policy", "schema", x.schema+".json")); err != nil {
			return "", err
		}
		if x.about != "" {
			b.WriteString(x.about + "\n\n")
		}
		of := types
		if types[x.goType] == nil {
			of = private // bodies that nobody but the collector needs
		}
		if x.goType != "" {
			if err := of.write(b, x.goType, done, ""); err != nil {
				return "", err
			}
		}
	}
	return b.String(), nil
}

const evidenceIntro = `# What the evidence says

This file is made from the Go types by ` + "`go test ./test/docs -update`" + `; the schemas are compared with the same types by a test.

A statement is an in-toto Statement v1 with the predicate type
` + "`https://github.com/org/cilock-action/attestation-collection/v0.1`" + `: ` + "`name`" + `, the step, and ` + "`attestations`" + `, each with
` + "`type`, `attestation`, `starttime` and `endtime`" + `. A type stands in it once, but for the three of actions. A field that is
marked *if known* is absent where there is nothing to say.

`

// goTypes are the structs of a package by name.
type goTypes map[string]*ast.TypeSpec

func readTypes(dir string) (goTypes, map[string]string, error) {
	types, constants := goTypes{}, map[string]string{}
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, nil, err
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, nil, fmt.Errorf("parse %s: %w", name, err)
		}
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range g.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					if spec.Doc == nil {
						spec.Doc = g.Doc
					}
					types[spec.Name.Name] = spec
				case *ast.ValueSpec:
					for i, n := range spec.Names {
						if i < len(spec.Values) {
							if lit, ok := spec.Values[i].(*ast.BasicLit); ok && lit.Kind == token.STRING {
								constants[n.Name], _ = strconv.Unquote(lit.Value)
							}
						}
					}
				}
			}
		}
	}
	return types, constants, nil
}

// write puts a struct down, and after it those that it holds and that were not
// written yet.
func (t goTypes) write(b *strings.Builder, name string, done map[string]bool, title string) error {
	spec := t[name]
	if spec == nil {
		return fmt.Errorf("there is no type %s", name)
	}
	s, ok := spec.Type.(*ast.StructType)
	if !ok || done[name] {
		return nil
	}
	done[name] = true
	if title != "" {
		fmt.Fprintf(b, "### %s\n\n", title)
	}
	if text := cell(spec.Doc.Text()); text != "" {
		b.WriteString(text + "\n\n")
	}
	b.WriteString("| field | type | |\n|---|---|---|\n")
	var inner []string
	for _, f := range s.Fields.List {
		tag := ""
		if f.Tag != nil {
			text, err := strconv.Unquote(f.Tag.Value)
			if err != nil {
				return err
			}
			tag = reflect.StructTag(text).Get("json")
		}
		key, options, _ := strings.Cut(tag, ",")
		if key == "" || key == "-" {
			continue
		}
		text := strings.TrimSpace(cell(f.Doc.Text()) + " " + cell(f.Comment.Text()))
		if strings.Contains(options, "omit") {
			text = strings.TrimSpace(text + " *If known.*")
		}
		typ, of := jsonType(f.Type)
		if t[of] != nil && of != "DigestSet" {
			typ = strings.ReplaceAll(typ, of, "["+of+"](#"+strings.ToLower(of)+")")
			inner = append(inner, of)
		}
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", key, typ, text)
	}
	b.WriteString("\n")
	for _, of := range inner {
		if err := t.write(b, of, done, of); err != nil {
			return err
		}
	}
	return nil
}

// jsonType is a Go type as JSON has it, and the struct that it is made of.
func jsonType(e ast.Expr) (text, of string) {
	switch e := e.(type) {
	case *ast.StarExpr:
		return jsonType(e.X)
	case *ast.ArrayType:
		text, of = jsonType(e.Elt)
		return "list of " + text, of
	case *ast.MapType:
		text, of = jsonType(e.Value)
		return "text to " + text, of
	case *ast.Ident:
		switch e.Name {
		case "string":
			return "text", ""
		case "bool":
			return "true, false", ""
		case "int", "int64", "uint64", "uint32":
			return "number", ""
		}
		return e.Name, e.Name
	}
	var b bytes.Buffer
	if err := printer.Fprint(&b, token.NewFileSet(), e); err != nil || b.String() == "" {
		return "value", ""
	}
	if b.String() == "time.Time" {
		return "time", ""
	}
	return "value", ""
}
