package policy

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/tester"

	"github.com/org/cilock-action/policies"
)

// TestPacks: every rule compiles against the schema of its type, says what it is
// for, and has tests of both kinds.
func TestPacks(t *testing.T) {
	for _, pack := range policies.Names() {
		rules, err := policies.Pack(pack)
		if err != nil || len(rules) == 0 {
			t.Fatalf("%s: %d rules, %v", pack, len(rules), err)
		}
		tests, err := policies.Tests(pack)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rules {
			checkRule(t, r)
			file := strings.TrimSuffix(r.Name, ".rego") + "_test.rego"
			for _, kind := range []string{"\ntest_deny_", "\ntest_pass"} {
				if !strings.Contains(string(tests[file]), kind) {
					t.Errorf("%s has no test whose name begins with %s", file, kind[1:])
				}
			}
			delete(tests, file)
		}
		for file := range tests {
			t.Errorf("%s tests no rule", file)
		}
	}
}

func checkRule(t *testing.T, r policies.Rule) {
	t.Helper()
	m, err := ParseModule(r.Name, r.Source)
	if err != nil {
		t.Error(err)
		return
	}
	schema := Schema(r.Type)
	if schema == nil {
		t.Errorf("%s: no schema of %s", r.Name, r.Type)
		return
	}
	if _, err := m.compile(decodeJSON(t, schema)); err != nil {
		t.Errorf("%s: %v", r.Name, err)
	}
	want := "data." + strings.NewReplacer("/", ".", "-", "_", ".rego", "").Replace(r.Name)
	if m.version != ast.RegoV1 || m.parsed.Package.Path.String() != want {
		t.Errorf("%s is %s of version %s, want %s", r.Name, m.parsed.Package.Path, m.version, want)
	}
	for what, text := range map[string]string{"title": r.Title, "description": r.Description, "attack": r.Attack, "fix": r.Fix} {
		if strings.TrimSpace(text) == "" {
			t.Errorf("%s has no %s", r.Name, what)
		}
	}
	if !slices.Contains([]string{"critical", "high", "medium", "low"}, r.Severity) {
		t.Errorf("%s has severity %q", r.Name, r.Severity)
	}
}

// TestPackTests runs the rules' own tests, with errors of builtins raised as
// evaluation does.
func TestPackTests(t *testing.T) {
	for _, pack := range policies.Names() {
		t.Run(pack, func(t *testing.T) { runRegoTests(t, pack) })
	}
}

func runRegoTests(t *testing.T, pack string) {
	t.Helper()
	rules, err := policies.Pack(pack)
	if err != nil {
		t.Fatal(err)
	}
	texts, err := policies.Tests(pack)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rules {
		texts[r.Name] = r.Source
	}
	modules := map[string]*ast.Module{}
	for file, text := range texts {
		m, err := ast.ParseModuleWithOpts(file, string(text), ast.ParserOptions{RegoVersion: ast.RegoV1, ProcessAnnotation: true})
		if err != nil {
			t.Fatal(err)
		}
		modules[file] = m
	}
	runner := tester.NewRunner().SetModules(modules).SetStore(inmem.New()).SetTimeout(time.Minute).RaiseBuiltinErrors(true)
	results, err := runner.RunTests(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for r := range results {
		if n++; !r.Pass() {
			t.Errorf("%s: %s: %v", r.Location, r.Name, r.Error)
		}
	}
	if n < 2*len(rules) {
		t.Errorf("%d tests of %d rules", n, len(rules))
	}
}

// TestPackDigest: a pack is known by what it says.
func TestPackDigest(t *testing.T) {
	seen := map[string]string{}
	for _, pack := range policies.Names() {
		digest, err := policies.Digest(pack)
		if err != nil || len(digest) != 64 || seen[digest] != "" {
			t.Errorf("%s: %q, as %s; %v", pack, digest, seen[digest], err)
		}
		seen[digest] = pack
	}
	for _, name := range []string{"", "Baseline", "../policies", "baseline/"} {
		if _, err := policies.Digest(name); err == nil {
			t.Errorf("there is a pack %q", name)
		}
	}
}
