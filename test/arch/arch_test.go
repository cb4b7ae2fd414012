package arch

import (
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/org/cilock-action/test/act"
)

func TestRepository(t *testing.T) {
	files, err := Load(os.DirFS(act.Root(t)))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"internal/action/doc.go", "test/arch/arch.go"} {
		if !slices.ContainsFunc(files, func(f *File) bool { return f.Path == want }) {
			t.Errorf("%s was not read", want)
		}
	}
	for _, v := range Check(files) {
		t.Error(v)
	}
}

// tree is a repository in memory: path to content. A content that has no
// package clause gets one; {M} is the module path.
type tree map[string]string

func (tr tree) check(t *testing.T) []string {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, text := range tr {
		if strings.HasSuffix(name, ".go") && !strings.Contains(text, "package ") {
			text = "package p\n" + text
		}
		fsys[name] = &fstest.MapFile{Data: []byte(strings.ReplaceAll(text, "{M}", Module))}
	}
	files, err := Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, v := range Check(files) {
		got = append(got, v.Rule+" "+v.Path)
	}
	return got
}

// TestRulesBite breaks each rule once, in the smallest tree that can.
func TestRulesBite(t *testing.T) {
	for _, c := range []struct{ name, path, text, rule string }{
		{"facade past the line", "pkg/cilock/a.go", `import _ "{M}/internal/step"`, "layers"},
		{"facade to a library", "pkg/cilock/a.go", `import _ "{M}/pkg/attest"`, "layers"},
		{"library to library", "pkg/trace/a.go", `import _ "{M}/pkg/attest"`, "layers"},
		{"library to internal", "pkg/trace/a.go", `import _ "{M}/internal/action"`, "layers"},
		{"parent to child", "pkg/actionref/a.go", `import _ "{M}/pkg/actionref/ghresolve"`, "layers"},
		{"internal to internal", "internal/sink/a.go", `import _ "{M}/internal/step"`, "layers"},
		{"friendship is one way", "internal/frozen/a.go", `import _ "{M}/internal/step"`, "layers"},
		{"internal to the line", "internal/step/a.go", `import _ "{M}/internal/action"`, "layers"},
		{"product to test", "internal/action/a.go", `import _ "{M}/test/act"`, "layers"},
		{"command to test", "cmd/action/a.go", `import _ "{M}/test/act"`, "layers"},
		{"anything to the command", "test/e2e/a.go", `import _ "{M}/cmd/action"`, "layers"},
		{"policies to internal", "policies/a.go", `import _ "{M}/internal/policy"`, "layers"},
		{"to the root", "internal/action/a.go", `import _ "{M}"`, "layers"},
		{"unknown folder", "lib/a.go", ``, "layers"},
		{"package at the root", "a.go", ``, "layers"},

		{"sigstore in the line", "internal/action/a.go", `import _ "github.com/sigstore/sigstore-go/pkg/sign"`, "homes"},
		{"protobuf specs in the command", "cmd/action/a.go", `import _ "github.com/sigstore/protobuf-specs/gen"`, "homes"},
		{"in-toto in a verdict", "internal/verdict/a.go", `import _ "github.com/in-toto/attestation/go/v1"`, "homes"},
		{"witness in its rival", "pkg/attest/a.go", `import _ "github.com/in-toto/go-witness"`, "homes"},
		{"commands past the sink", "internal/action/a.go", `import _ "github.com/sethvargo/go-githubactions"`, "homes"},
		{"pty in the command", "cmd/action/a.go", `import _ "github.com/creack/pty"`, "homes"},
		{"globs in the sink", "internal/sink/a.go", `import _ "github.com/bmatcuk/doublestar/v4"`, "homes"},
		{"opa in the line", "internal/action/a.go", `import _ "github.com/open-policy-agent/opa/v1/rego"`, "homes"},
		{"ebpf in the daemon", "internal/tracerd/a.go", `import _ "github.com/cilium/ebpf"`, "homes"},
		{"go-github in the pure part", "pkg/actionref/a.go", `import _ "github.com/google/go-github/v62/github"`, "homes"},
		{"script tests in the product", "internal/step/a.go", `import _ "github.com/rogpeppe/go-internal/testscript"`, "homes"},

		{"Getenv", "internal/action/a.go", `import "os"; var x = os.Getenv("A")`, "environment"},
		{"LookupEnv as a value", "pkg/attest/a.go", `import "os"; var x = os.LookupEnv`, "environment"},
		{"Environ under another name", "pkg/cilock/a.go", `import sys "os"; var x = sys.Environ()`, "environment"},
		{"syscall", "internal/step/a.go", `import "syscall"; var x = syscall.Environ()`, "environment"},
		{"other commands", "cmd/other/a.go", `import "os"; var x = os.Getenv("A")`, "environment"},

		{"init", "internal/step/a.go", `func init() {}`, "init"},
		{"init in a test", "internal/step/a_test.go", `func init() {}`, "init"},
		{"package util", "internal/x/a.go", `package util`, "names"},
		{"folder utils", "internal/utils/a.go", ``, "names"},
		{"test of util", "internal/x/a_test.go", `package util_test`, "names"},
		{"dot import", "internal/action/a.go", `import . "os"`, "names"},
		{"long file", "internal/x/a.go", strings.Repeat("\n", maxLines), "lengths"},
		{"long test", "internal/x/a_test.go", strings.Repeat("\n", maxTestLines), "lengths"},
		{"sleeping test", "internal/x/a_test.go", `import "time"; func f() { time.Sleep(1) }`, "sleeps"},
		{"sleep as a value", "internal/x/a_test.go", `import "time"; var wait = time.Sleep`, "sleeps"},

		{"assigned", "internal/x/a.go", `var n int; func f() { n = 1 }`, "state"},
		{"counted", "internal/x/a.go", `var n int; func f() { n++ }`, "state"},
		{"element", "internal/x/a.go", `var m = map[int]int{}; func f() { m[1] = 2 }`, "state"},
		{"field", "internal/x/a.go", `type t struct{ n int }; var v = &t{}; func f() { (*v).n = 1 }`, "state"},
		{"deleted", "internal/x/a.go", `var m = map[int]int{}; func f() { delete(m, 1) }`, "state"},
		{"address taken", "internal/x/a.go", `var n int; func f() *int { return &n }`, "state"},
		{"in a closure", "internal/x/a.go", `var n int; func f() func() { return func() { n += 1 } }`, "state"},
		{"beside unread imports", "internal/x/a.go", `import "os"; var f *os.File; func g() { f, _ = os.Open("x") }`, "state"},
		{"lock", "internal/x/a.go", `import "sync"; var mu sync.Mutex`, "state"},
		{"atomic", "internal/x/a.go", `import "sync/atomic"; var p atomic.Pointer[int]`, "state"},
	} {
		want := []string{c.rule + " " + c.path}
		if got := (tree{c.path: c.text}).check(t); !slices.Equal(got, want) {
			t.Errorf("%s: violations %q, want %q", c.name, got, want)
		}
	}
}

// TestStateAcrossFiles: the variable and the write need not share a file.
func TestStateAcrossFiles(t *testing.T) {
	got := tree{
		"internal/x/a.go":       "var n int",
		"internal/x/b.go":       "func f() { n = 1 }",
		"internal/x/c_linux.go": "func g() { n = 2 }",
	}.check(t)
	if want := []string{"state internal/x/b.go", "state internal/x/c_linux.go"}; !slices.Equal(got, want) {
		t.Errorf("violations %q, want %q", got, want)
	}
}

// TestAllowed: what the architecture allows, and what only looks like a
// violation, is left in peace.
func TestAllowed(t *testing.T) {
	got := tree{
		"cmd/action/a.go": `import ("os"; _ "{M}/internal/action"; _ "{M}/internal/sink"; _ "{M}/pkg/attest"; _ "{M}/policies")
			var x = os.Getenv("A")`,
		"pkg/cilock/a.go":              `import _ "{M}/internal/action"`,
		"pkg/actionref/a.go":           `import _ "{M}/pkg/actionref/internal/lexer"`,
		"pkg/actionref/ghresolve/a.go": `import (_ "{M}/pkg/actionref"; _ "github.com/google/go-github/v62/github")`,
		"pkg/attest/a.go":              `import (_ "github.com/sigstore/sigstore-go/pkg/sign"; _ "github.com/in-toto/attestation/go/v1")`,
		"pkg/attest/a_test.go":         `import (_ "{M}/test/act"; _ "{M}/pkg/trace"; "os"); var x = os.Getenv("A")`,
		"pkg/trace/bpf/a.go":           `import _ "github.com/cilium/ebpf/link"`,
		"internal/action/a.go":         `import (_ "{M}/internal/step"; _ "{M}/pkg/attest"; _ "{M}/policies")`,
		"internal/step/a.go":           `import (_ "{M}/internal/frozen"; _ "{M}/pkg/trace"; _ "github.com/creack/pty")`,
		"internal/verify/a.go":         `import _ "{M}/internal/verdict"`,
		"internal/frozen/a.go":         `func init() {}`,
		"internal/sink/a.go":           `import _ "github.com/sethvargo/go-githubactions"`,
		"internal/policy/a.go":         `import _ "github.com/open-policy-agent/opa/v1/rego"`,
		"internal/x/generated.go":      "// Code generated by x. DO NOT EDIT.\n\npackage p\n" + strings.Repeat("\n", maxLines),
		"internal/x/a.go":              `type t struct{}; func (t) init() {}; type os struct{ Getenv int }; var table = []int{1}; func f() int { table := []int{2}; table[0] = 3; return table[0] }`,
		"internal/y/a.go":              `import "os"; var x = os.Args; func f(time interface{ Sleep(int) }) { time.Sleep(1) }`,
		"test/act/a.go":                `import ("os"; _ "{M}/pkg/attest"; _ "github.com/rogpeppe/go-internal/testscript"); var x = os.Environ()`,
		"test/sigstack/go.mod":         "module m",
		"test/sigstack/util.go":        `package util; import _ "{M}/cmd/action"`,
		"internal/x/testdata/bad.go":   `not go at all`,
		".hidden/a.go":                 `package util`,
	}.check(t)
	if len(got) != 0 {
		t.Errorf("violations %q, want none", got)
	}
}

func TestLoadReportsWhatItCannotRead(t *testing.T) {
	if files, err := Load(fstest.MapFS{"internal/x/a.go": {Data: []byte("package p\nfunc {")}}); err == nil {
		t.Errorf("Load = %d files, want an error: a file that does not parse would go unchecked", len(files))
	}
}
