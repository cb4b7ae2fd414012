package policy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/attest"
)

// TestCheck: every mistake is named, with where it is; a policy with one is not
// read.
func TestCheck(t *testing.T) {
	key := newKey(t)
	id := key.Public().ID()
	for _, test := range []struct {
		name  string
		wrong func(d *Document)
		want  string
	}{
		{"none", func(*Document) {}, ""},
		{"no expiry", func(d *Document) { d.Expires = d.Expires.AddDate(-4000, 0, 0); d.Expires = Document{}.Expires }, "expires: is missing"},
		{"no steps", func(d *Document) { d.Steps = nil }, "the policy: asks for nothing"},
		{"no attestations", func(d *Document) { s := d.Steps["build"]; s.Attestations = nil; d.Steps["build"] = s }, `step "build": asks for no attestation`},
		{"no functionaries", func(d *Document) { s := d.Steps["build"]; s.Functionaries = nil; d.Steps["build"] = s }, `step "build": has no functionary`},
		{"unknown functionary", func(d *Document) { d.PublicKeys = nil }, `functionary has key "` + id + `", which is not among the public keys`},
		{"another key under an ID", func(d *Document) {
			d.PublicKeys[id] = PublicKey{KeyID: id, Key: newKeyPEM(t)}
		}, "public key " + id + ": has the ID "},
		{"a name that is not the step's", func(d *Document) { d.Steps["x"] = d.Steps["build"] }, `step "x": has the name "build"`},
		{"one type twice", func(d *Document) {
			s := d.Steps["build"]
			s.Attestations = append(s.Attestations, s.Attestations[0])
			d.Steps["build"] = s
		}, "asks for attestation \"https://witness.dev/attestations/command-run/v0.1\" twice"},
		{"two modules of one name", func(d *Document) {
			d.Steps["build"].Attestations[0].RegoPolicies = []RegoPolicy{{Name: "m", Module: []byte(noUnpinned)}}
			d.Steps["build"].Attestations[3].RegoPolicies = []RegoPolicy{{Name: "m", Module: []byte(noUnpinned)}}
		}, `module "m": has the name of a module of step "build", command-run`},
		{"a module that is a comment", func(d *Document) { d.rego(attest.TypeProduct, "# later") }, "empty module"},
		{"a module without deny", func(d *Document) { d.rego(attest.TypeProduct, "package p\nviolation contains 1 if true") }, "has no rule deny in package p"},
		{"a deny that is a function", func(d *Document) { d.rego(attest.TypeProduct, "package p\ndeny(x) if input[x]") }, "deny is a function in package p"},
		{"a package where the evidence is", func(d *Document) {
			d.rego(attest.TypeProduct, "package cilock.params\ndeny contains 1 if data.cilock.params.most > 1")
		}, "would hide what it is given as data.cilock"},
		{"a rule where the evidence is", func(d *Document) {
			d.rego(attest.TypeProduct, "package cilock\nstep := \"x\"\ndeny contains 1 if data.cilock.step != \"build\"")
		}, "would hide what it is given as data.cilock"},
		{"a name with what is hidden", func(d *Document) {
			d.Steps["build"].Attestations[0].RegoPolicies = []RegoPolicy{{Name: "m\u200b", Module: []byte(noUnpinned)}}
		}, "needs a name on one line, in which nothing is hidden"},
		{"a field that does not exist", func(d *Document) {
			d.rego(attest.TypeGitHubAction, "package p\ndeny contains 1 if not input.refpined")
		}, "undefined ref: input.refpined"},
		{"somebody else's type without a schema", func(d *Document) {
			s := d.Steps["build"]
			s.Attestations = append(s.Attestations, Attestation{Type: "https://example.com/scan/v1", RegoPolicies: []RegoPolicy{{Name: "x", Module: []byte("package p\ndeny contains 1 if input.x")}}})
			d.Steps["build"] = s
		}, "module x judges a type that has no schema here"},
		{"artifacts from nowhere", func(d *Document) { s := d.Steps["build"]; s.ArtifactsFrom = []string{"test"}; d.Steps["build"] = s }, `takes artifacts from "test", which is no other step`},
		{"artifacts from itself", func(d *Document) { s := d.Steps["build"]; s.ArtifactsFrom = []string{"build"}; d.Steps["build"] = s }, `takes artifacts from "build"`},
		{"an extension of no step", func(d *Document) { d.Ours.Steps = map[string]StepExtension{"deploy": {}} }, `x-cilock step "deploy": is no step of the policy`},
		{"completeness", func(d *Document) { d.Ours.Steps = map[string]StepExtension{"build": {Completeness: "maybe"}} }, `completeness is "maybe"`},
		{"threshold", func(d *Document) { d.Ours.Steps = map[string]StepExtension{"build": {Threshold: -1}} }, "threshold is -1"},
		{"deny-list", func(d *Document) { d.Ours.DenySHAs = []string{"v1"} }, `denySHAs: "v1" is not 40 lower-case hex digits`},
		{"an identity of everybody", func(d *Document) {
			d.Ours.Steps = map[string]StepExtension{"build": {Keyless: []Identity{{Issuer: attest.GitHubIssuer}}}}
		}, "keyless functionary: no name is asked for"},
		{"an identity without an issuer", func(d *Document) {
			d.Ours.Steps = map[string]StepExtension{"build": {Keyless: []Identity{{Name: "me"}}}}
		}, "it has no issuer"},
		{"a constraint beside a key", func(d *Document) {
			s := d.Steps["build"]
			s.Functionaries = []Functionary{{Type: FunctionaryKey, PublicKeyID: id, CertConstraint: &CertConstraint{CommonName: "builder"}}}
			d.Steps["build"] = s
		}, "has a key and a certConstraint"},
		{"an empty constraint beside a key", func(d *Document) {
			s := d.Steps["build"]
			s.Functionaries = []Functionary{{Type: FunctionaryKey, PublicKeyID: id, CertConstraint: &CertConstraint{}}}
			d.Steps["build"] = s
		}, ""},
		{"an empty constraint", func(d *Document) {
			s := d.Steps["build"]
			s.Functionaries = []Functionary{{Type: FunctionaryRoot, CertConstraint: &CertConstraint{Roots: []string{"*"}}}}
			d.Steps["build"] = s
		}, "the constraint asks for nothing"},
		{"an artifact that is a step", func(d *Document) {
			d.Ours.Artifacts = []Artifact{{Type: attest.CollectionType, Functionaries: d.Steps["build"].Functionaries}}
		}, "is no type of a statement"},
		{"an artifact that nobody signs", func(d *Document) { d.Ours.Artifacts = []Artifact{{Type: "https://x.example/y"}} }, "has no functionary"},
	} {
		d := document(key, nil)
		test.wrong(d)
		text, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		_, err = ParseDocument(text)
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: got %v\nwant %s", test.name, err, test.want)
		}
	}
}

// TestPatience: the compiler is given up on, and then not asked again.
func TestPatience(t *testing.T) {
	check := func(text string) func() error {
		return func() error {
			m, err := ParseModule("m", []byte(text))
			if err == nil {
				err = m.check(attest.TypeCommandRun)
			}
			return err
		}
	}
	forever := make(chan struct{})
	defer close(forever)
	p := &patience{} // nothing is left
	if err := p.within(func() error { <-forever; return nil }); err == nil || !strings.Contains(err.Error(), "did not compile within") {
		t.Error(err)
	}
	if err := p.within(check(noUnpinned)); err == nil || !strings.Contains(err.Error(), "an earlier module took too much") {
		t.Error(err)
	}
	p = newPatience()
	if err := p.within(func() error { panic("no") }); err == nil || p.over != nil || !strings.Contains(err.Error(), "panicked") {
		t.Error(err)
	}
	if err := p.within(check("package p\ndeny contains 1 if input.exitcode > 0")); err != nil || p.left > compileTime {
		t.Error(err)
	}
}

// TestMistakesAreBounded: what quotes a module is cut, and what comes often is counted.
func TestMistakesAreBounded(t *testing.T) {
	d := document(newKey(t), map[string]string{attest.TypeProduct: "package p\ndeny contains 1 if " + strings.Repeat("(", 1<<19)})
	for i := range 1000 {
		d.PublicKeys[fmt.Sprint(i)] = PublicKey{}
	}
	mistakes := d.Check()
	if text := errors.Join(mistakes...).Error(); len(mistakes) > 101 || len(text) > 101*3<<10 || !strings.Contains(text, "the others are not told") {
		t.Errorf("%d mistakes of %d bytes: %.200s", len(mistakes), len(text), text)
	}
	d.PublicKeys = document(newKey(t), nil).PublicKeys
	if text := errors.Join(d.Check()...).Error(); len(text) > 4<<10 || !strings.Contains(text, "max parsing recursion depth exceeded") {
		t.Errorf("%d bytes: %.200s", len(text), text)
	}
}

func newKeyPEM(t testing.TB) []byte { return newKey(t).Public().PEM() }

// TestStrict: what is not read is not ignored.
func TestStrict(t *testing.T) {
	text, err := json.Marshal(document(newKey(t), nil))
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{
		{`"steps":{`, `"stepz":{},"steps":{`},
		{`"steps":{`, `"Steps":{},"steps":{`},
		{`"steps":{`, `"steps":{},"steps":{`},
		{`"build":{`, `"build":{},"build":{`},
		{`"name":"build"`, `"name":"build","threshold":2`},
		{`"functionaries":[`, `"Functionaries":[`},
		{`"regopolicies"`, `"regoPolicies"`},
		{`}`, `}}`},
	} {
		if _, err := ParseDocument([]byte(strings.Replace(string(text), change[0], change[1], 1))); err == nil {
			t.Errorf("%s was read", change[1])
		}
	}
	if _, err := ParseDocument(text); err != nil {
		t.Error(err)
	}
}

// TestOpen: the stage at which a policy is refused.
func TestOpen(t *testing.T) {
	key, other := newKey(t), newKey(t)
	d := document(key, nil)
	d.Ours.Version = 3
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	sign := func(payloadType string, payload []byte, key *attest.Key) []byte {
		s, err := key.SignPayload(context.Background(), payloadType, payload)
		if err != nil {
			t.Fatal(err)
		}
		envelope, err := s.Envelope()
		if err != nil {
			t.Fatal(err)
		}
		return envelope
	}
	good := sign(PayloadType, text, key)
	twice := func(envelope []byte) []byte {
		var e map[string]any
		if err := json.Unmarshal(envelope, &e); err != nil {
			t.Fatal(err)
		}
		e["signatures"] = append(e["signatures"].([]any), map[string]any{"keyid": "x", "sig": "AAAA"})
		out, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	for _, test := range []struct {
		name string
		text []byte
		want string // stage; empty: accepted
	}{
		{"signed", good, ""},
		{"not signed", text, "format"},
		{"no JSON", []byte("expires: never"), "format"},
		{"by somebody else", sign(PayloadType, text, other), "signature"},
		{"with junk beside", twice(good), "signature"},
		{"a statement", sign(attest.PayloadType, text, key), "payload type"},
		{"of CI/lock", sign("https://aflock.ai/policy/v0.1", text, key), "payload type"},
		{"with mistakes", sign(PayloadType, []byte(`{"expires":"2030-01-01T00:00:00Z","steps":{}}`), key), "document"},
		{"edited", []byte(strings.Replace(string(good), `"payload":"ey`, `"payload":"eX`, 1)), "signature"},
	} {
		_, err := Open(test.text, key.Public(), 0)
		got := ""
		if refused := new(RefusedError); errors.As(err, &refused) {
			got = refused.Stage
		}
		if got != test.want || (err == nil) != (test.want == "") {
			t.Errorf("%s: got %q (%v), want %q", test.name, got, err, test.want)
		}
	}
	// What nobody has signed is not compiled, which takes as long as it says.
	d.Steps["build"].Attestations[0].RegoPolicies = []RegoPolicy{{Name: "m", Module: []byte("not a module")}}
	if text, err = json.Marshal(d); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(text, key.Public(), 0); err == nil || !strings.Contains(err.Error(), "nobody has signed") {
		t.Errorf("a policy that nobody has signed: %v", err)
	}
	if _, err := Open(good, key.Public(), 4); err == nil || !strings.Contains(err.Error(), "version 3: an older policy is no replacement") {
		t.Errorf("a rollback: %v", err)
	}
}

// TestBuild makes a document of a plan with everything in it.
func TestBuild(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, text []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	key := newKey(t)
	write("k.pub", key.Public().PEM())
	write("pins.rego", []byte(noUnpinned))
	write("param.rego", []byte("package p\nimport data.cilock.params as given\ndeny contains \"x\" if count(input.actionref) > given.lest"))
	write("default.rego", []byte("package p\ndeny contains \"x\" if count(input.actionref) > object.get(data.cilock.params, \"most\", 500)"))
	b := Builder{
		Read: func(name string) ([]byte, error) { return os.ReadFile(filepath.Join(dir, name)) },
		Pack: func(name string) ([]Rule, error) {
			if name != "mine" {
				return nil, fmt.Errorf("there is no pack %q", name)
			}
			return []Rule{{Name: "mine/x.rego", Type: attest.TypeGitHubAction, Source: []byte(noUnpinned)}, {Name: "mine/y.rego", Type: attest.TypeSecretScan, Source: []byte("package y\ndeny contains 1 if not input.canary"), Required: true}}, nil
		},
	}
	const plan = `
expires: 2027-06-30
version: 2
steps:
  checkout:
    functionaries: [{key: k.pub}]
    completeness: allowed
    attestations: [{type: product}]
  build:
    functionaries:
      - key: k.pub
      - keyless: {repository: acme/app, ref: refs/heads/main, runner-environment: github-hosted}
    threshold: 2
    attestations:
      - type: command-run
      - type: github-action
        rego: [pins.rego]
        required: false
    packs: [mine]
    artifacts-from: [checkout]
artifacts:
  - type: https://slsa.dev/provenance/v1
    functionaries: [{key: k.pub}]
deny-shas: [0123456789012345678901234567890123456789]
params: {least: 2, hosts: [a.example]}
`
	text, err := b.Build([]byte(plan))
	if err != nil {
		t.Fatal(err)
	}
	d, err := ParseDocument(text)
	if err != nil {
		t.Fatal(err)
	}
	s := d.Steps["build"]
	if len(s.Attestations) != 3 || len(s.Attestations[1].RegoPolicies) != 2 || s.Attestations[2].Type != attest.TypeSecretScan || !required(s.Attestations[2].Required) || required(s.Attestations[1].Required) {
		t.Errorf("attestations: %+v", s.Attestations)
	}
	if e := d.Ours.Steps["build"]; e.Threshold != 2 || e.Completeness != CompletenessRequired || len(e.Keyless) != 1 || e.Keyless[0].Issuer != attest.GitHubIssuer {
		t.Errorf("x-cilock: %+v", e)
	}
	if d.Expires.Format("2006-01-02T15:04") != "2027-07-01T00:00" || string(d.Ours.Params["least"]) != "2" {
		t.Errorf("expires %s, params %v", d.Expires, d.Ours.Params)
	}
	for change, want := range map[[2]string]string{
		{"version: 2", "versions: 2"}:             "line 3: no field versions is known here, but expires, version, trusted-root, ",
		{"threshold: 2", "threshold: two"}:        "`two` is not a whole number",
		{"[checkout]", "checkout"}:                "`checkout` is not a list",
		{"- type: command-run", "- command-run"}:  "`command...` is not a mapping (name: value)",
		{"type: command-run", "type: comand-run"}: `there is no attestation "comand-run": there are action-local, `,
		{"steps:\n  checkout:\n", "steps:\n  BUILD:\n    functionaries: [{key: k.pub}]\n    attestations: [{type: product}]\n  checkout:\n"}: "two fields of one name",
		{"2027-06-30", "soon"}:                                                  `expires: "soon": expected a date`,
		{"threshold: 2", "threshold: 3"}:                                        "",
		{"completeness: allowed", "threshold: 2"}:                               `step "checkout": needs 2 distinct signers, and only 1 can sign for it`,
		{"https://slsa.dev/provenance/v1", "slsaprovenance1"}:                   `type is "slsaprovenance1", expected a URI such as https://slsa.dev/provenance/v1`,
		{"rego: [pins.rego]", "rego: [param.rego]"}:                             "module param.rego: reads params.lest, which the plan does not set",
		{"rego: [pins.rego]", "rego: [default.rego]"}:                           "",
		{"packs: [mine]", "packs: [other]"}:                                     `there is no pack "other"`,
		{"rego: [pins.rego]", "rego: [none.rego]"}:                              "none.rego",
		{"[{key: k.pub}]", "[{key: k.pub, keyless: {}}]"}:                       "give one of key, keyless and certificate",
		{"threshold: 2", "threshold: 2\n    threshold: 1"}:                      "threshold",
		{"params: {", "params: {1: 2, "}:                                        "",
		{"attestations: [{type: product}]", "attestations: []"}:                 "asks for no attestation",
		{"artifacts-from: [checkout]", "artifacts-from: [checkout]\n---\na: 1"}: "document",
	} {
		_, err := b.Build([]byte(strings.Replace(plan, change[0], change[1], 1)))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: got %v", change[1], err)
		}
	}
}

// TestBuildTellsAll: all mistakes of a plan are told at once, in its order by name.
func TestBuildTellsAll(t *testing.T) {
	b := Builder{
		Read: func(name string) ([]byte, error) { return nil, fmt.Errorf("no file %s", name) },
		Pack: func(name string) ([]Rule, error) { return nil, fmt.Errorf("no pack %s", name) },
	}
	_, err := b.Build([]byte(`
expires: soon
trusted-root: root.json
steps:
  test: {packs: [x], functionaries: [{}]}
  build:
    functionaries: [{key: k.pub}, {certificate: {roots: [r.pem]}}]
    attestations: [{type: product, rego: [a.rego, b.rego]}, {type: none}]
artifacts: [{type: https://example.org/t, rego: [c.rego]}]
`))
	want := []string{
		`expires: "soon": expected `, "trusted root: no file root.json",
		`step "build": functionary 1: key k.pub: no file`, `step "build": functionary 2: root r.pem: no file`,
		`step "build": module a.rego: `, `step "build": module b.rego: `, `step "build": there is no attestation "none"`,
		`step "test": functionary 1: give one of`, `step "test": no pack x`,
		"artifact https://example.org/t: module c.rego: ",
	}
	if err == nil {
		t.Fatal("accepted")
	}
	got := strings.Split(err.Error(), "\n")
	if !slices.EqualFunc(got, want, strings.HasPrefix) {
		t.Errorf("got %s", strings.Join(got, "\n    "))
	}
}

// TestModuleTests: tests of a module are run with it alone.
func TestModuleTests(t *testing.T) {
	files := map[string][]byte{
		"a/pins.rego":      []byte(noUnpinned),
		"a/pins_test.rego": []byte("package p_test\nimport data.p\ntest_deny if count(p.deny) == 1 with input as {\"actionref\": \"x\", \"refpinned\": false}\ntest_pass if count(p.deny) == 0 with input as {\"actionref\": \"x\", \"refpinned\": true}\ntest_wrong if count(p.deny) == 7"),
	}
	results, err := Test(context.Background(), files)
	if err != nil {
		t.Fatal(err)
	}
	passed := 0
	for _, r := range results {
		if r.Passed {
			passed++
		}
	}
	if len(results) != 3 || passed != 2 {
		t.Errorf("got %+v", results)
	}
	for name, files := range map[string]map[string][]byte{
		"no tests":  {"a.rego": []byte(noUnpinned)},
		"no module": {"a_test.rego": files["a/pins_test.rego"]},
		"empty":     {"a.rego": []byte(noUnpinned), "a_test.rego": []byte("package p_test")},
		"broken":    {"a.rego": []byte(noUnpinned), "a_test.rego": []byte("package")},
	} {
		if _, err := Test(context.Background(), files); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
