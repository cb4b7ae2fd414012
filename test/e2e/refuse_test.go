package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// refused are uses of the action that end in exit code 2 before anything runs:
// the with: block, and what the annotation says.
func refused() map[string][2]string {
	table := map[string][2]string{
		"no command":         {"{step: x, command: ''}", "input command or action-ref is required"},
		"blank command":      {"command: '  '", "input command or action-ref is required"},
		"unknown mode":       {"mode: sing", `input mode is "sing"`},
		"unknown shell":      {"shell: fish", `input shell is "fish"`},
		"unknown fail-on":    {"fail-on: never", "never"},
		"no such collector":  {"attestations: weather", `"weather" is not known`},
		"not a boolean":      {"require-signing: maybe", `"maybe", expected true or false`},
		"signing, no key":    {"{require-signing: 'true', key: ''}", "nothing to sign with"},
		"no such key":        {"key: /no/such/key.pem", "read key"},
		"no such folder":     {"workingdir: no/such/folder", "no/such/folder"},
		"outfile, no folder": {"outfile: no/such/folder/e.json", "no/such/folder"},
		"verify, no bundle":  {"{mode: verify, command: '', subjects: x}", "no evidence to verify: give the input bundle"},
		"verify, no subject": {"{mode: verify, command: '', bundle: x}", "no subject"},
		"refs, command":      {"{mode: refs}", "no meaning in mode refs"},
		"refs, resolve":      {"{mode: refs, command: '', resolve: maybe}", "resolve is \"maybe\""},
		"refs, fail-on":      {"{mode: refs, command: '', fail-on: incomplete}", `fail-on is "incomplete"`},
		"refs, no such file": {"{mode: refs, command: '', paths: no/such/file}", "no such file or folder"},
		"resolve":            {"resolve: maybe", "resolve is \"maybe\""},
		"paths, no refs":     {"paths: x", "in modes refs and scan only"},
		"scan, command":      {"{mode: scan}", "input command has no meaning in mode scan"},
		"scan, subjects":     {"{mode: scan, command: '', subjects: x}", "input subjects has no meaning in mode scan"},
		"scan, fail-on":      {"{mode: scan, command: '', fail-on: warn}", "input fail-on has no meaning in mode scan"},
		"report, no folder":  {"report: no/such/folder/r.html", "no/such/folder"},
		"report, no run":     {"{mode: refs, command: '', report: r.html}", "input report has a meaning in mode run only"},
		"scan, no such file": {"{mode: scan, command: '', key: '', paths: no/such/file}", "no such file or folder"},
		"verify, command":    {"{mode: verify, bundle: x, subjects: x}", "no meaning in mode verify"},
		"attest, command":    {"{mode: attest, predicate-type: slsaprovenance1, subjects: x}", "no meaning in mode attest"},
		"attest, no type":    {"{mode: attest, command: '', subjects: x}", "no predicate type"},
		"attest, a tag":      {"{mode: attest, command: '', predicate-type: slsaprovenance1, subjects: 'app:1'}", "a tag can be moved"},
		"predicate, no mode": {"predicate: p.json", "in mode attest only"},

		"action-ref, command":      {"action-ref: './x'", "command and action-ref are both given"},
		"action-ref, malformed":    {"{command: '', action-ref: nonsense}", "expected OWNER/REPO[/PATH]@REF"},
		"action-ref, no mode":      {"{mode: verify, command: '', action-ref: ./x, bundle: x, subjects: x}", "no meaning in mode verify"},
		"action-inputs, no ref":    {"action-inputs: 'a: b'", "need action-ref"},
		"action-inputs, no names":  {"{command: '', action-ref: ./x, action-inputs: '[1]'}", "expected a mapping"},
		"action-env, twice":        {"{command: '', action-ref: ./x, action-env: '{A: b, a: c}'}", "given twice"},
		"action-dir, no folder":    {"{command: '', action-ref: a/b@v1, action-dir: no/such/folder}", "no/such/folder"},
		"wrapped-commands, no ref": {"wrapped-commands: block", "need action-ref"},
		"wrapped-commands":         {"{command: '', action-ref: ./x, wrapped-commands: sh}", "expected pass or block"},
	}
	for _, name := range []string{"policy-key", "policy-cert-identity", "policy-cert-oidc-issuer"} {
		table["input "+name] = [2]string{name + ": x", "go with --policy FILE"}
	}
	table["binary-mirror"] = [2]string{"binary-mirror: 'http://mirror.example.invalid'", "expected https, or http on loopback"}
	table["input policy"] = [2]string{"policy: p.json", "nobody is named who may have signed the policy"}
	table["policy, unknown pack"] = [2]string{"policy: 'pack:nothing'", "pack:nothing"}
	for _, name := range []string{"vsa", "cert-identity", "cert-identity-regexp", "cert-oidc-issuer", "verify-repo", "verify-ref", "verify-commit", "runner-environment", "trusted-root"} {
		table["input "+name] = [2]string{name + ": x", "input " + name + " has a meaning in mode verify only"}
	}
	for name, row := range map[string][2]string{ // beside a key
		"certificate": {"certificate: no.pem", "read cert"}, "certificate-chain": {"certificate-chain: no.pem", "with cert only"},
		"keyless": {"keyless: true", "exclude each other"}, "identity-token": {"identity-token: no.jwt", "exclude each other"},
		"fulcio-url": {"fulcio-url: 'https://fulcio.example.invalid'", "no meaning with a key"}, "signing-config": {"signing-config: no.json", "read signing-config"},
		"rekor-url": {"rekor-url: 'http://rekor.example.invalid'", "expected https"}, "timestamp-url": {"timestamp-url: 'http://tsa.example.invalid'", "expected https"},
	} {
		table["input "+name] = row
	}
	return table
}

// TestRefused: what cannot be done as asked is not done at all. What is said
// about it is the business of TestRefusedSays: act leaves a step that fails
// without reading the rest of its terminal (v0.2.89, HostEnvironment.exec).
func TestRefused(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString("on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n")
	ids := map[string]string{}
	for name, row := range refused() {
		id := fmt.Sprintf("s%d", len(ids))
		ids[name] = id
		with := strings.Trim(row[0], "{}")
		for given, value := range map[string]string{
			"command": `touch "$KEEP/ran"`, "key": "${{ secrets.KEY }}", "binary-path": "${{ env.CILOCK }}",
		} {
			if !strings.Contains(" "+with, " "+given+":") {
				with += fmt.Sprintf(", %s: '%s'", given, value)
			}
		}
		fmt.Fprintf(&text, "      - id: %s\n        if: always()\n        uses: %s\n        with: {%s}\n", id, uses, with)
	}
	for name, in := range readManifest(t).Inputs {
		if ids["input "+name] == "" && strings.Contains(in.Description, "ot available in this version") {
			t.Errorf("input %s is not available and is not tried here", name)
		}
	}
	r, keep := workflow(t, newKeys(t), text.String())
	for name := range refused() {
		id := ids[name]
		if got := r.StepResult(id); got != "failure" {
			t.Errorf("%s: the step ended in %q", name, got)
		}
		if !exited(r, id, 2) {
			t.Errorf("%s: the exit code is not 2", name)
		}
	}
	if _, err := os.Lstat(filepath.Join(keep, "ran")); err == nil {
		t.Error("a command was run")
	}
}
