//go:build linux

package replay

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/org/cilock-action/internal/verdict"
)

// plan is the policy of all replays: both packs whole, and the two published rules.
const plan = `expires: 2099-12-31
version: 1
steps:
  scan:
    functionaries: [{key: step.pub}]
    packs: [baseline, behaviour]
    attestations:
      - {type: github-action, rego: [source.rego]}
      - {type: command-run, rego: [behaviour.rego]}
      - {type: product}
params: {allowed_hosts: [proxy.example.com]}
`

// A layer is one place that may see an attack: what kind it is, and its rule.
type layer struct{ kind, rule string }

// beforeStep stands for the run's own question to the policy: what it denies is
// never executed.
const beforeStep = "before the step"

// layers are all rules of the policy, in the order of the table.
var layers = []layer{
	{"prevention", beforeStep},
	{"prevention", "baseline/pins"},
	{"prevention", "source.rego"},
	{"prevention", "baseline/sources"},
	{"content", "baseline/secrets"},
	{"content", "secrets"}, // the program's own judgement, which warns
	{"behaviour", "behaviour.rego"},
	{"behaviour", "behaviour/process_memory"},
	{"behaviour", "behaviour/credentials"},
	{"behaviour", "behaviour/staging"},
	{"behaviour", "behaviour/network"},
	{"behaviour", "behaviour/downloaded"},
	{"behaviour", "behaviour/memory_execution"},
	{"behaviour", "behaviour/persistence"},
	{"behaviour", "behaviour/sensor"},
	{"record", "baseline/completeness"},
}

// policy builds and signs the policy, as its author does.
func (j *job) policy() {
	j.t.Helper()
	for _, name := range []string{"source.rego", "behaviour.rego"} { // published, and unchanged
		text, err := os.ReadFile(filepath.Join("../e2e/testdata", name))
		if err != nil {
			j.t.Fatal(err)
		}
		j.put(filepath.Join(j.root, name), string(text))
	}
	j.put(filepath.Join(j.root, "P.yaml"), plan)
	j.must("policy", "build", j.at("P.yaml"), "-o", j.at("P.json"))
	j.must("policy", "sign", "--key", j.at("author.pem"), j.at("P.json"), "-o", j.at("P.signed.json"))
}

func (j *job) at(name string) string { return filepath.Join(j.root, name) }

// run wraps a script as the step, judged by the policy or, if judged is false, by
// none, so that the attack is played to its end.
func (j *job) run(backend string, judged bool, command ...string) (code int, stdout, said string) {
	j.t.Helper()
	args := []string{"run", "--step", "scan", "--trace=" + backend, "--key", j.at("step.pem"), "--outfile", j.at("e.json"), "--policy", "none"}
	if judged {
		args = append(args[:len(args)-1], j.at("P.signed.json"), "--policy-key", j.at("author.pub"))
	}
	code, stdout, said = j.cilock(append(append(args, "--"), command...)...)
	if _, reason, ok := strings.Cut(said, "did not start: "); judged && ok {
		j.denied, _, _ = strings.Cut(reason, "\n")
	}
	return code, stdout, said
}

// judgement is what verify said by the policy.
type judgement struct {
	code     int
	before   string            // the reason not to start the step at all
	Verdict  verdict.Verdict   `json:"verdict"`
	Findings []verdict.Finding `json:"findings"`
}

// verify judges the evidence about the report that the step made.
func (j *job) verify() judgement {
	j.t.Helper()
	code, out, said := j.cilock("verify", "--policy", j.at("P.signed.json"), "--policy-key", j.at("author.pub"), "--bundle", j.at("e.json"), "--format", "json", "report.txt")
	v := judgement{code: code, before: j.denied}
	if err := json.Unmarshal([]byte(out), &v); err != nil {
		j.t.Fatalf("verify: exit code %d, %v\n%s%s", code, err, out, said)
	}
	return v
}

// denials are the first denial of each rule.
func (v judgement) denials() map[string]string {
	found := map[string]string{}
	if v.before != "" {
		found[beforeStep] = v.before
	}
	for _, f := range v.Findings {
		rule := strings.TrimSuffix(strings.TrimPrefix(f.Rule, "module scan: "), ".rego")
		if rule == "source" || rule == "behaviour" {
			rule += ".rego"
		}
		if _, told := found[rule]; !told && f.Verdict != verdict.Pass {
			found[rule] = f.Found
		}
	}
	return found
}

// documented are the rules that see an attack by the table of docs/policies.md,
// whose columns are attacks.
func documented(t testing.TB, attack string) (fires []string) {
	t.Helper()
	text, err := os.ReadFile("../../docs/policies.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "\n| layer | rule |")
	table, _, _ = strings.Cut("| layer | rule |"+table, "\n\n")
	column := -1
	for i, line := range strings.Split(table, "\n") {
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for j := range cells {
			cells[j] = strings.Trim(cells[j], " `")
		}
		if i == 0 {
			column = slices.Index(cells, attack)
		}
		if column < 0 || column >= len(cells) {
			t.Fatalf("docs/policies.md has no column %q in the line %q", attack, line)
		}
		rule := cells[1]
		if i > 1 && !slices.ContainsFunc(layers, func(l layer) bool { return l == layer{cells[0], rule} }) {
			t.Errorf("docs/policies.md has a row for %q, which the policy has not", rule)
		}
		if i > 1 && cells[column] != "-" {
			fires = append(fires, rule)
		}
	}
	return fires
}

// judge prints the table of what each layer says of attack and twin, and compares
// it: those rules fire that are documented, no other does, and none for the twin.
func (j *job) judge(name, backend string, attack, twin judgement) {
	j.t.Helper()
	title, fires := name+", seen with "+backend, documented(j.t, name)
	said, calm := attack.denials(), twin.denials()
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "layer\trule\tattack\ttwin\tfound\n")
	for _, l := range layers {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", l.kind, l.rule, word(said, l.rule), word(calm, l.rule), strings.ReplaceAll(said[l.rule], j.root, "ROOT"))
		delete(calm, l.rule)
		if found, ok := said[l.rule]; ok != slices.Contains(fires, l.rule) {
			j.t.Errorf("%s: %s fires: %t, %s", title, l.rule, ok, found)
		}
		delete(said, l.rule)
	}
	fmt.Fprintf(w, "verify\t\t%s, exit %d\t%s, exit %d\t\n", attack.Verdict, attack.code, twin.Verdict, twin.code)
	if err := w.Flush(); err != nil {
		j.t.Fatal(err)
	}
	j.t.Logf("%s\n%s", title, &table)
	if attack.Verdict != verdict.Fail || attack.code != verdict.ExitDenied || len(said) > 0 {
		j.t.Errorf("%s: verdict %s, exit code %d, beside the table: %q", title, attack.Verdict, attack.code, said)
	}
	if twin.Verdict != verdict.Pass || twin.code != verdict.ExitOK || len(twin.Findings) > 0 {
		j.t.Errorf("the twin of %s: verdict %s, exit code %d, %+v", title, twin.Verdict, twin.code, twin.Findings)
	}
}

func word(found map[string]string, rule string) string {
	if _, ok := found[rule]; ok {
		return "FIRES"
	}
	return "-"
}
