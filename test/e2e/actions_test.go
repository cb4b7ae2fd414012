//go:build unix

package e2e

import (
	"embed"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"

	"github.com/org/cilock-action/pkg/attest"
	"github.com/org/cilock-action/test/runner"
)

// sourceRule is the published rule about where actions come from, unchanged. It
// reads one github-action attestation.
const sourceRule = "testdata/source.rego"

// rules are part of the test's program: as somebody else it finds no folder.
//
//go:embed testdata/*.rego
var rules embed.FS

// denials evaluates a published rule over every attestation of one type, as a
// policy engine does.
func denials(t *testing.T, v *attest.Verified, rule, typ string) []string {
	t.Helper()
	text, err := rules.ReadFile(rule)
	if err != nil {
		t.Fatal(err)
	}
	module, err := ast.ParseModuleWithOpts(rule, string(text), ast.ParserOptions{RegoVersion: ast.RegoV0})
	if err != nil {
		t.Fatal(err)
	}
	query, err := rego.New(rego.Query("data.cilock.verify.deny"), rego.ParsedModule(module), rego.SetRegoVersion(ast.RegoV0)).PrepareForEval(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, a := range v.Collection.Attestations {
		if a.Type != typ {
			continue
		}
		var input any
		if err := json.Unmarshal(a.Body, &input); err != nil {
			t.Fatal(err)
		}
		result, err := query.Eval(t.Context(), rego.EvalInput(input))
		if err != nil || len(result) != 1 {
			t.Fatalf("the rule gave %v, %v", result, err)
		}
		for _, message := range result[0].Expressions[0].Value.([]any) {
			all = append(all, message.(string))
		}
	}
	return all
}

// actionsOf returns the attested references of a type, by name.
func actionsOf(t *testing.T, v *attest.Verified, typ string) map[string]attest.GitHubAction {
	t.Helper()
	found := map[string]attest.GitHubAction{}
	for _, a := range v.Collection.Attestations {
		if a.Type != typ {
			continue
		}
		var body attest.GitHubAction
		if err := json.Unmarshal(a.Body, &body); err != nil {
			t.Fatal(err)
		}
		found[body.ActionRef] = body
	}
	return found
}

// download puts an action where the runner unpacks it.
func (j *job) download(name, ref string, files map[string]string) {
	j.t.Helper()
	dir := filepath.Join(j.Actions(), filepath.FromSlash(name), filepath.FromSlash(ref))
	for file, text := range files {
		path := filepath.Join(dir, file)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			j.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			j.t.Fatal(err)
		}
	}
	if err := os.WriteFile(dir+".completed", []byte("11/26/2026 10:00:00 AM"), 0o600); err != nil {
		j.t.Fatal(err)
	}
}

// TestEvidenceSourceRule: a workflow of a pinned checkout, ourselves and a
// local action passes the published rule; ours and local ones have types of
// their own.
func TestEvidenceSourceRule(t *testing.T) {
	t.Parallel()
	j := newJob(t, runner.Options{})
	j.commit(map[string]string{
		".github/workflows/ci.yml":        strings.Replace(jobWorkflow, "steps:\n", "steps:\n      - uses: "+checkoutPin+"\n      - uses: ./.github/actions/prep\n", 1),
		".github/actions/prep/action.yml": "name: prep\nruns:\n  using: composite\n  steps:\n    - run: 'true'\n      shell: bash\n",
	})
	r := j.use(map[string]string{"command": "true"})
	want(t, r, "success", 0)
	if r.Outputs["verdict"] != "pass" {
		t.Errorf("the verdict is %q\n%s", r.Outputs["verdict"], r.Log)
	}
	v := j.evidence(t, r.Outputs["evidence-path"])
	if got := denials(t, v, sourceRule, attest.TypeGitHubAction); len(got) > 0 {
		t.Errorf("the rule denies: %q", got)
	}
	third := actionsOf(t, v, attest.TypeGitHubAction)
	if a, ok := third[checkoutPin]; len(third) != 1 || !ok || !a.RefPinned || a.ResolvedSHA != checkoutPin[len("actions/checkout@"):] {
		t.Errorf("third parties: %+v", third)
	}
	self := actionsOf(t, v, attest.TypeActionSelf)
	if a, ok := self["org/cilock-action@"+sha]; len(self) != 1 || !ok || !a.RefPinned || a.TreeSHA256 == "" || a.TreeVerified != "unverified" {
		t.Errorf("ourselves: %+v", self)
	}
	local := actionsOf(t, v, attest.TypeActionLocal)
	if a, ok := local["./.github/actions/prep"]; len(local) != 1 || !ok || a.RefPinned || a.ActionName != "prep" || a.Nested == nil {
		t.Errorf("local ones: %+v", local)
	}
}

// TestEvidenceTagPinned: a third party by tag is denied and annotated at its
// line, and so is one that only the workflow's actions name.
func TestEvidenceTagPinned(t *testing.T) {
	t.Parallel()
	j := newJob(t, runner.Options{})
	j.commit(map[string]string{".github/workflows/ci.yml": strings.Replace(jobWorkflow, "steps:\n", "steps:\n      - uses: Acme/Build@v1\n", 1)})
	j.download("Acme/Build", "v1", map[string]string{"action.yml": "name: build\nruns:\n  using: composite\n  steps:\n    - uses: acme/inner/sub@release/2\n"})
	j.download("acme/inner", "release/2", map[string]string{"sub/action.yml": "name: inner\nruns:\n  using: node24\n  main: x.js\n"})
	j.download("acme/unnamed", "v3", map[string]string{"action.yml": "name: unnamed\nruns:\n  using: node24\n  main: x.js\n"})
	r := j.use(map[string]string{"command": "true"})
	want(t, r, "success", 0)
	v := j.evidence(t, r.Outputs["evidence-path"])
	third := actionsOf(t, v, attest.TypeGitHubAction)
	for name, via := range map[string][]string{
		"acme/build@v1": nil, "acme/inner/sub@release/2": {"acme/build@v1"}, "acme/unnamed@v3": nil,
	} {
		a, ok := third[name]
		if !ok || a.RefPinned || !slices.Equal(a.Via, via) || a.TreeSHA256 == "" {
			t.Errorf("%s: %+v", name, a)
		}
		denied := denials(t, v, sourceRule, attest.TypeGitHubAction)
		for _, want := range []string{"Action from untrusted source: " + name, "Action ref not pinned to SHA: " + name} {
			if !slices.Contains(denied, want) {
				t.Errorf("the rule says %q, not %q", denied, want)
			}
		}
	}
	if len(third) != 3 {
		t.Errorf("third parties: %+v", third)
	}
	if !slices.Equal(third["acme/build@v1"].Nested, []string{"acme/inner/sub@release/2"}) {
		t.Errorf("inside: %+v", third["acme/build@v1"])
	}
	if !slices.ContainsFunc(r.Annotations, func(a runner.Annotation) bool {
		return a.Level == "warning" && strings.Contains(a.Message, "Acme/Build@v1 is not pinned") &&
			a.Properties["file"] == ".github/workflows/ci.yml" && a.Properties["line"] == "7" && a.Properties["col"] == "15"
	}) {
		t.Errorf("annotations: %+v", r.Annotations)
	}
	if !noted(r, "warning", "acme/inner/sub@release/2 (in acme/build@v1) is not pinned") {
		t.Errorf("nothing about the inner one: %+v", r.Annotations)
	}
}

// TestEvidenceOfAnotherCommit: what counts is the workflow at the commit that
// the job runs, not what the workspace holds by now.
func TestEvidenceOfAnotherCommit(t *testing.T) {
	t.Parallel()
	j := newJob(t, runner.Options{})
	j.put(t, ".github/workflows/ci.yml", strings.Replace(jobWorkflow, "steps:\n", "steps:\n      - uses: "+checkoutPin+"\n", 1))
	r := j.use(map[string]string{"command": "true"})
	v := j.evidence(t, r.Outputs["evidence-path"])
	if third := actionsOf(t, v, attest.TypeGitHubAction); len(third) > 0 {
		t.Errorf("read from the workspace: %+v", third)
	}
	j.SetGitHub(map[string]string{"workflow_sha": strings.Repeat("1", 40)})
	r = j.use(map[string]string{"command": "true"})
	if r.Outputs["verdict"] != "incomplete" {
		t.Errorf("a commit that is not here: verdict %q", r.Outputs["verdict"])
	}
	v = j.evidence(t, r.Outputs["evidence-path"])
	if row := collector(t, v, "github-action"); len(row.Gaps) != 1 || !strings.Contains(row.Gaps[0], "check it out before this step") {
		t.Errorf("github-action: %+v", row)
	}
}

// TestElevenUnpinnedInARun: ten annotations of a level, and the summary names
// the rest.
func TestElevenUnpinnedInARun(t *testing.T) {
	t.Parallel()
	j := newJob(t, runner.Options{})
	j.commit(map[string]string{".github/workflows/ci.yml": unpinned(11)})
	r := j.use(map[string]string{"command": "true"})
	want(t, r, "success", 0)
	if len(r.Annotations) != 10 {
		t.Errorf("%d annotations: %+v", len(r.Annotations), r.Annotations)
	}
	if !strings.Contains(r.Summary, "Not shown as annotations") || !strings.Contains(r.Summary, "acme/tool11&#64;v1") {
		t.Errorf("the summary is %q", r.Summary)
	}
}
