package policy

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/org/cilock-action/pkg/attest"
)

func read(t testing.TB, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// about is a batch with one module that is asked about inputs of a type.
func about(t testing.TB, module string, typ string, inputs ...string) *Batch {
	t.Helper()
	b := &Batch{Now: time.Unix(1_800_000_000, 0), Modules: []Source{{"m.rego", []byte(module)}}}
	schema := None
	if text := Schema(typ); text != nil {
		schema = b.Document(text)
	}
	for _, in := range inputs {
		b.Checks = append(b.Checks, Check{0, b.Document([]byte(in)), None, schema})
	}
	return b
}

// TestPublishedTexts: both texts that others publish run as they are, and deny
// what they are about.
func TestPublishedTexts(t *testing.T) {
	process := func(file string) string {
		return `{"cmd":["x"],"exitcode":0,"processes":[{"program":"/usr/bin/node","processid":42,"parentpid":1,"comm":"node","cmdline":"node","uid":0,"openedfiles":{"` + file + `":{"sha256":"00"}}}]}`
	}
	for _, test := range []struct{ file, typ, input, want string }{
		{"source.rego", attest.TypeGitHubAction, `{"actionref":"actions/checkout@0123456789012345678901234567890123456789","refpinned":true}`, ""},
		{"source.rego", attest.TypeGitHubAction, `{"actionref":"acme/tool@v1","refpinned":false}`, "Action from untrusted source: acme/tool@v1|Action ref not pinned to SHA: acme/tool@v1"},
		{"source.rego", attest.TypeGitHubAction, `{"actionref":"acme/tool@v1","refpinned":"no"}`, "error: the attestation is not as its schema says: /refpinned fails type"},
		{"source.rego", attest.TypeGitHubAction, `{"refpinned":false}`, "error: the attestation is not as its schema says: / fails required"},
		{"source.rego", attest.TypeGitHubAction, `{}`, "error: the attestation is not as its schema says: / fails required"},
		{"behaviour.rego", attest.TypeCommandRun, process("/etc/hosts"), ""},
		{"behaviour.rego", attest.TypeCommandRun, process("/proc/self/environ"), "Suspicious file access: process /usr/bin/node (PID 42) read /proc/self/environ, environment variable harvesting indicator"},
		{"behaviour.rego", attest.TypeCommandRun, process("/tmp/runner_collected_1"), "Suspicious file access: process /usr/bin/node (PID 42) opened /tmp/runner_collected_1, matches credential harvesting pattern"},
		{"behaviour.rego", attest.TypeCommandRun, `{"cmd":["x"],"exitcode":0}`, "error: the module looks at processes, and the attestation has none: it was not recorded, or not inlined"},
		{"behaviour.rego", attest.TypeCommandRun, strings.Replace(process("/proc/self/environ"), `"processid":42,`, "", 1), "error: the attestation is not as its schema says: /processes/0 fails required"},
		{"behaviour.rego", attest.TypeCommandRun, strings.Replace(process("/proc/self/environ"), `"program":"/usr/bin/node",`, "", 1), "error: the attestation is not as its schema says: /processes/0 fails required"},
		{"behaviour.rego", attest.TypeCommandRun, strings.Replace(process("/proc/self/environ"), `"processid":42,`, `"processid":"42",`, 1), "error: the attestation is not as its schema says: /processes/0/processid fails type"},
		{"behaviour.rego", attest.TypeCommandRun, `{"cmd":["x"],"exitcode":0,"processes":{}}`, "error: the attestation is not as its schema says: /processes fails type"},
	} {
		b := about(t, string(read(t, "testdata/"+test.file)), test.typ, test.input)
		if got := told(b.Evaluate(context.Background())[0]); got != test.want {
			t.Errorf("%s on %s:\n got %s\nwant %s", test.file, test.input, got, test.want)
		}
	}
}

// told is an answer on one line.
func told(a Answer) string {
	if a.Err != "" {
		return "error: " + a.Err
	}
	return strings.Join(a.Denials, "|")
}

// TestAnswers: only an empty set, list or object is a pass, whatever a module
// makes of its input.
func TestAnswers(t *testing.T) {
	const pinned = `{"actionref":"a/b@v1","refpinned":true}`
	for module, want := range map[string]string{
		"package a\ndeny contains x if { input.refpinned; x := \"no\" }":              "no",
		"package a\ndeny contains x if { not input.refpinned; x := \"no\" }":          "",
		"package a\ndeny contains \"\" if true":                                       "",
		"package a\ndeny contains false if true":                                      "false",
		"package a\ndeny contains {\"msg\": \"m\", \"n\": 1} if true":                 "m",
		"package a\ndeny contains [1, \"<x>\"] if true":                               `[1,"<x>"]`,
		"package a\ndeny if input.refpinned":                                          "deny is true",
		"package a\ndeny if not input.refpinned":                                      "error: the rule deny is undefined: it can never deny",
		"package a\ndeny := false if true":                                            "error: the rule deny is false, neither a denial nor none: write `deny contains message if ...`",
		"package a\ndeny := null if true":                                             "error: the rule deny is null, neither a denial nor none",
		"package a\ndeny := \"text\" if true":                                         "text",
		"package a\ndeny := 7 if true":                                                "7",
		"package a\ndeny := [] if true":                                               "",
		"package a\ndeny := [1] if true":                                              "1",
		"package a\ndeny[x] if { x := \"key\" }":                                      "key",
		"package a\ndefault deny := false":                                            "error: the rule deny is false, neither a denial nor none: write `deny contains message if ...`",
		"package a\nallow if true":                                                    "error: module m.rego has no rule deny in package a",
		"package a":                                                                   "error: module m.rego has no rule deny in package a",
		"# nothing":                                                                   "error: parse module: m.rego:0: rego_parse_error: empty module",
		"":                                                                            "error: parse module: m.rego:0: rego_parse_error: empty module",
		"package a\ndeny contains x if { x := 1 / 0 }":                                "error: evaluate: m.rego:2: eval_builtin_error: div: divide by zero",
		"package a\ndeny contains x if { x := to_number(input.actionref) }":           "error: evaluate: m.rego:2: eval_builtin_error: to_number: ",
		"package a\ndeny contains x if { x := input.refpined }":                       `error: compile module: m.rego:2: rego_type_error: undefined ref: input.refpined input.refpined ^ have: "refpined"`,
		"package a\ndeny contains x if { input.refpinned == \"no\"; x := 1 }":         "error: compile module: m.rego:2: rego_type_error: match error",
		"package a\ndeny contains x if { x := http.send({\"url\": \"x\"}) }":          "error: compile module: m.rego:2: rego_type_error: undefined function http.send",
		"package a\ndeny contains x if { x := opa.runtime() }":                        "error: compile module: m.rego:2: rego_type_error: undefined function opa.runtime",
		"package a\ndeny contains x if { x := data.b.deny }":                          "error: m.rego: data.b.deny is not provided: there is data.cilock with step, subjects, attestations, params",
		"package a\ndeny contains x if { x := data.cilock.stepp }":                    "error: m.rego: data.cilock.stepp is not provided",
		"package a\ndeny contains x if { x := time.now_ns() }":                        "1800000000000000000",
		"package old\ndeny[msg] { not input.refpinned == false; msg := \"v0\" }":      "v0",
		"package a\nimport rego.v1\ndeny contains x if { some x in [\"b\", \"a\"] }":  "a|b",
		"package a.b.c\ndeny contains x if { helper; x := \"deep\" }\nhelper if true": "deep",
	} {
		got := about(t, module, attest.TypeGitHubAction, pinned).Evaluate(context.Background())[0]
		text := told(got)
		if want == "" && (got.Err != "" || !strings.Contains(module, `""`) && len(got.Denials) > 0) || !strings.HasPrefix(text, want) {
			t.Errorf("%s\n got %s\nwant %s", module, text, want)
		}
		if strings.Contains(module, `contains ""`) && len(got.Denials) != 1 {
			t.Errorf("an empty message is no denial: %+v", got)
		}
	}
}

// TestModulesApart: a module of the same package and name of helpers changes
// nothing of another.
func TestModulesApart(t *testing.T) {
	b := about(t, "package a\ndeny contains \"untrusted\" if not trusted\ntrusted if input.refpinned", attest.TypeGitHubAction, `{"actionref":"a/b@v1","refpinned":false}`)
	b.Modules = append(b.Modules, Source{"other.rego", []byte("package a\ndeny contains x if { x := 1; false }\ntrusted if true")})
	second := b.Checks[0]
	second.Module = 1
	b.Checks = append(b.Checks, second)
	got := b.Evaluate(context.Background())
	if told(got[0]) != "untrusted" || told(got[1]) != "" {
		t.Errorf("got %+v", got)
	}
}

// TestContext: each check sees the context that belongs to it.
func TestContext(t *testing.T) {
	b := about(t, `package a
deny contains sprintf("%s %s %v", [data.cilock.step, data.cilock.subjects[0].name, data.cilock.params.least]) if true
deny contains "scan" if not data.cilock.attestations["x"]`, "", `{}`, `{}`)
	for i, step := range []string{"one", "two"} {
		b.Checks[i].Context = b.Document([]byte(fmt.Sprintf(`{"step":%q,"subjects":[{"name":"s%d"}],"params":{"least":%d},"attestations":{"x":[{}]}}`, step, i, i)))
	}
	got := b.Evaluate(context.Background())
	if told(got[0]) != "one s0 0" || told(got[1]) != "two s1 1" {
		t.Errorf("got %+v", got)
	}
}
