package sarif

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	_ "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif" // brings the schema
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/org/cilock-action/test/buildcache"
)

const (
	folder = "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	id     = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)

// schema compiles the schema that is a constant in go-sarif's source. "format"
// is asserted too: a URI that is none is refused by those who import the file.
func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	dir, err := exec.Command("go", "list", "-f", "{{.Dir}}", folder).Output()
	if err != nil {
		t.Fatal("find go-sarif:", err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(strings.TrimSpace(string(dir)), "schema.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	literal := file.Scope.Lookup("schema").Decl.(*ast.ValueSpec).Values[0].(*ast.BasicLit).Value
	text, err := strconv.Unquote(literal)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if got := doc.(map[string]any)["id"]; got != id {
		t.Fatalf("go-sarif has the schema %v, not %s", got, id)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(id, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(id)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// check holds one document against the schema.
func check(t *testing.T, s *jsonschema.Schema, name string, text []byte) {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("%s: %v\n%.300s", name, err, text)
	}
	if got := doc.(map[string]any)["$schema"]; got != id {
		t.Errorf("%s names the schema %v, and is held against %s", name, got, id)
	}
	if err := s.Validate(doc); err != nil {
		t.Errorf("%s: %v", name, err)
	}
}

// TestKept: the documents that our own tests compare with, from each producer.
func TestKept(t *testing.T) {
	s := schema(t)
	for _, path := range []string{"refs/testdata/report.sarif", "action/testdata/scan.sarif", "action/testdata/run.sarif"} {
		text, err := os.ReadFile(filepath.Join("../../internal", path))
		if err != nil {
			t.Fatal(err)
		}
		check(t, s, path, text)
	}
}

// TestRefused: the schema, as we compile it, refuses what it must. Without this
// a validator that accepts all would go unseen.
func TestRefused(t *testing.T) {
	s := schema(t)
	for name, text := range map[string]string{
		"unknown property": `{"$schema":"` + id + `","version":"2.1.0","runs":[],"more":1}`,
		"no version":       `{"runs":[]}`,
		"unknown level":    `{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},"results":[{"message":{"text":"x"},"level":"bad"}]}]}`,
		"uri":              `{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x","informationUri":"::"}}}]}`,
	} {
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(doc); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// TestProgram: what the program writes of a repository whose names, references
// and secrets are as bad as they can be, from each verb that writes SARIF.
func TestProgram(t *testing.T) {
	s := schema(t)
	dir := t.TempDir()
	cilock := filepath.Join(dir, "cilock")
	if err := buildcache.Cilock("../..", cilock); err != nil {
		t.Fatal(err)
	}
	repo := hostile(t, dir)
	for _, test := range []struct {
		file string // where the document is written, or "" for stdout
		args []string
	}{
		{"", []string{"refs", "--format", "sarif", "--resolve", "off"}},
		{"", []string{"scan", "--format", "sarif", "."}},
		{"run.sarif", []string{"run", "--step", "a\"]<b>(c)%0A", "--key", filepath.Join(dir, "k.pem"), "--outfile", "e.json", "--sarif", "run.sarif", "--trace", "off", "--", "sh", "make.sh"}},
		{"wrap.sarif", []string{"wrap", "--key", filepath.Join(dir, "k.pem"), "--outfile", "w.json", "--sarif", "wrap.sarif", "--trace", "off", "--policy", "pack:baseline", "--action-dir", ".", "acme/none@v1"}},
	} {
		cmd := exec.Command(cilock, test.args...)
		cmd.Dir = repo
		var errs bytes.Buffer
		cmd.Stderr = &errs
		text, err := cmd.Output()
		if test.file != "" {
			text, err = os.ReadFile(filepath.Join(repo, test.file))
			if err != nil {
				t.Fatalf("%v: %v\n%s", test.args, err, errs.Bytes())
			}
		}
		if !bytes.Contains(text, []byte(`"ruleId"`)) {
			t.Errorf("%v found nothing (%v):\n%s", test.args[0], err, errs.Bytes())
		}
		check(t, s, test.args[0], text)
	}
}

// hostile makes a git repository with a workflow, a token in a file with a bad
// name, and a script that prints and writes others. The tokens are made here.
func hostile(t *testing.T, dir string) string {
	t.Helper()
	repo := filepath.Join(dir, "repo")
	secret := func() string { return "ghp_" + (rand.Text() + rand.Text())[:36] }
	write := func(name, text string) {
		path := filepath.Join(repo, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(".github/workflows/a b\n::error::](x).yml", "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: acme/<b>@v1\n      - uses: ./é\u202e\n      - uses: docker://x:latest\n      - run: echo ${{ github.event.issue.title }}\n")
	write(".github/workflows/broken.yml", "on: [push\n")
	write("[x](y)%0A ?#\\ .txt", "token = "+secret()+"\n")
	write("make.sh", "echo "+base64.StdEncoding.EncodeToString([]byte(secret()))+"\nmkdir dist\necho "+secret()+" > 'dist/\u202e::warning::#?%.txt'\nexit 7\n")
	write("action.yml", "name: x\ndescription: x\nruns:\n  using: composite\n  steps:\n    - uses: acme/other@main\n")
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "k.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("git", "-C", repo, "init", "-q").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return repo
}
