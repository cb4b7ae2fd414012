//go:build unix

package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/attest"
	"github.com/org/cilock-action/test/act"
	"github.com/org/cilock-action/test/runner"
)

// signedPolicy is a policy as its author hands it on: the signed file, its text,
// the author's public key, and the digest of the document.
type signedPolicy struct{ path, text, key, digest string }

// policy builds and signs a policy with one step, build, for the signer of k.
func policy(t *testing.T, k keys, step string) signedPolicy {
	t.Helper()
	dir, author := t.TempDir(), newKeys(t)
	published, err := rules.ReadFile(sourceRule)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"k.pub": k.public, "author.pem": author.private, "source.rego": string(published),
		"P.yaml": "expires: 2099-12-31\nsteps:\n  build:\n    functionaries: [{key: k.pub}]\n" + step,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{
		{"policy", "build", "P.yaml", "-o", "P.json"}, {"policy", "sign", "--key", "author.pem", "P.json", "-o", "P.signed.json"},
	} {
		cmd := exec.Command(cilock(t), args...)
		cmd.Dir, cmd.Env = dir, []string{"HOME=" + dir}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%q: %v\n%s", args, err, out)
		}
	}
	p := signedPolicy{path: filepath.Join(dir, "P.signed.json"), key: author.public}
	document, err := os.ReadFile(filepath.Join(dir, "P.json"))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(document)
	p.digest = hex.EncodeToString(sum[:])
	text, err := os.ReadFile(p.path)
	if err != nil {
		t.Fatal(err)
	}
	p.text = string(text)
	return p
}

// The steps of policies: references by the published rule, and lock files of npm.
const (
	sourcesOnly = "    attestations: [{type: github-action, rego: [source.rego]}]\n"
	npmOnly     = "    attestations: [{type: product}]\n    packs: [npm]\n"
)

const trusted = "actions/tool@3f1c9a7be0d25486af77c41be83d90265cb1e8d4"

// using is the jobs' workflow with one action more.
func using(ref string) map[string]string {
	return map[string]string{".github/workflows/ci.yml": strings.Replace(jobWorkflow, "steps:\n", "steps:\n      - uses: "+ref+"\n", 1)}
}

// npmLock is a lock file with one package.
func npmLock(integrity string) map[string]string {
	return map[string]string{"package-lock.json": `{"name": "app", "lockfileVersion": 3, "packages": {"": {"name": "app"}, "node_modules/left-pad": ` +
		`{"version": "1.3.0", "resolved": "https://registry.npmjs.org/left-pad/-/left-pad-1.3.0.tgz"` + integrity + `}}}`}
}

// judged uses the action under a policy. The command would leave a file.
func (j *job) judged(p signedPolicy, with map[string]string) *runner.Result {
	j.t.Helper()
	inputs := map[string]string{"step": "build", "command": "echo built > out.txt", "policy": p.path, "policy-key": p.key}
	maps.Copy(inputs, with)
	return j.use(inputs)
}

// TestStandInGate: what the policy denies before the step is never executed, and
// that is signed. The twin, against which it has nothing, runs and passes.
func TestStandInGate(t *testing.T) {
	t.Parallel()
	hash := `, "integrity": "sha512-` + strings.Repeat("A", 86) + `=="`
	for _, test := range []struct {
		name, step string
		bad, good  map[string]string // files of the commit
		reason     string
	}{
		{
			"by tag", sourcesOnly, using("acme/tool@v1"), using(trusted),
			"module build: source.rego: Action from untrusted source: acme/tool@v1 (and 1 more)",
		},
		{
			"a denied commit", "    attestations: [{type: product}]\ndeny-shas: [0123456789012345678901234567890123456789]\n",
			using("acme/tool@0123456789012345678901234567890123456789"), using(trusted),
			"denySHAs: acme/tool@0123456789012345678901234567890123456789 is commit 0123456789012345678901234567890123456789",
		},
		{"without a hash", npmOnly, npmLock(""), npmLock(hash), "module build: npm/hashes.rego: package-lock.json: 1 packages have no hash (and 1 more)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			j := newJob(t, runner.Options{})
			p := policy(t, j.keys, test.step)
			j.commit(test.bad)
			r := j.judged(p, nil)
			want(t, r, "failure", 3)
			neverStarted(t, j, r, p, "denied by the policy: "+test.reason)

			j.commit(test.good)
			r = j.judged(p, nil)
			want(t, r, "success", 0)
			if r.Outputs["verdict"] != "pass" || r.Outputs["policy-digest"] != p.digest || r.Outputs["action-outputs"] != "" {
				t.Errorf("the twin's outputs are %v\n%s", r.Outputs, r.Log)
			}
			for _, path := range []string{filepath.Join(j.Workspace, "out.txt"), r.Outputs["evidence-path"] + ".slsa.json"} {
				if _, err := os.Stat(path); err != nil {
					t.Errorf("of the twin: %v", err)
				}
			}
			again := j.use(map[string]string{"mode": "verify", "key": "", "bundle": r.Outputs["evidence-path"], "subjects": "out.txt", "policy": p.path, "policy-key": p.key})
			want(t, again, "success", 0)
			if again.Outputs["policy-digest"] != p.digest {
				t.Errorf("outputs of mode verify are %v", again.Outputs)
			}
		})
	}
}

// TestStandInGateWithoutCollectors: who leaves the collectors out leaves nothing
// out of what the policy is asked before the step.
func TestStandInGateWithoutCollectors(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		step, reason string
		bad          map[string]string
	}{
		"references": {sourcesOnly, "module build: source.rego: Action from untrusted source: acme/tool@v1 (and 1 more)", using("acme/tool@v1")},
		"lock files": {npmOnly, "module build: npm/hashes.rego: package-lock.json: 1 packages have no hash (and 1 more)", npmLock("")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := newJob(t, runner.Options{})
			p := policy(t, j.keys, test.step)
			j.commit(test.bad)
			r := j.judged(p, map[string]string{"attestations": "git"})
			want(t, r, "failure", 3)
			neverStarted(t, j, r, p, "denied by the policy: "+test.reason)
		})
	}
}

// TestStandInPolicyKey: the public key of the policy's signer is no secret, neither
// as a path nor as text: files may be named so, and hold it.
func TestStandInPolicyKey(t *testing.T) {
	t.Parallel()
	j := newJob(t, runner.Options{})
	p := policy(t, j.keys, "    attestations: [{type: product}]\n    packs: [baseline]\n")
	j.put(t, "author-public.pem", p.key)
	for _, key := range []string{"author-public.pem", p.key} {
		r := j.judged(p, map[string]string{"policy-key": key, "command": "cp author-public.pem copy-of-author-public.pem"})
		want(t, r, "success", 0)
		v := j.evidence(t, r.Outputs["evidence-path"])
		products := section[map[string]attest.Product](t, v, attest.TypeProduct)
		if r.Outputs["verdict"] != "pass" || products["copy-of-author-public.pem"].Digest["sha256"] == "" {
			t.Errorf("verdict %q, products %v\n%s", r.Outputs["verdict"], products, ours(r))
		}
		if err := os.Remove(filepath.Join(j.Workspace, "copy-of-author-public.pem")); err != nil {
			t.Fatal(err)
		}
	}
}

// neverStarted checks what is left of a step that the policy denied.
func neverStarted(t *testing.T, j *job, r *runner.Result, p signedPolicy, reason string) {
	t.Helper()
	if r.Outputs["verdict"] != "fail" || r.Outputs["policy-digest"] != p.digest || r.Outputs["exit-code"] != "" {
		t.Errorf("outputs are %v, the policy's digest is %s", r.Outputs, p.digest)
	}
	for _, path := range []string{filepath.Join(j.Workspace, "out.txt"), r.Outputs["evidence-path"] + ".slsa.json"} {
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is there: %v", path, err)
		}
	}
	done := section[attest.Completeness](t, j.evidence(t, r.Outputs["evidence-path"]), attest.TypeCompleteness)
	if done.Started || done.Reason != reason {
		t.Errorf("started: %t, reason %q, want %q", done.Started, done.Reason, reason)
	}
	if !noted(r, "error", reason) {
		t.Errorf("no annotation says why: %+v", r.Annotations)
	}
	again := j.use(map[string]string{"mode": "verify", "key": "", "bundle": r.Outputs["evidence-path"], "subjects": ".github/workflows/ci.yml", "policy": p.path, "policy-key": p.key})
	want(t, again, "failure", 3)
}

// TestStandInDefaultPolicy: with no policy a run is judged by pack:baseline, which
// warns at worst, and none is silent. The warning about the line of the workflow
// is another one, of a notary who names what he saw.
func TestStandInDefaultPolicy(t *testing.T) {
	t.Parallel()
	const says = "module baseline/pins.rego: expected no denial, found acme/tool@v1 is not pinned"
	j := newJob(t, runner.Options{})
	j.commit(using("acme/tool@v1"))
	r := j.use(map[string]string{"command": "echo built > out.txt"})
	want(t, r, "success", 0)
	if r.Outputs["verdict"] != "warn" || len(r.Outputs["policy-digest"]) != 64 || !noted(r, "warning", says) {
		t.Errorf("verdict %q, %+v", r.Outputs["verdict"], r.Annotations)
	}
	if _, err := os.Stat(r.Outputs["evidence-path"] + ".slsa.json"); err != nil {
		t.Errorf("a policy that nobody asked for takes the provenance: %v", err)
	}

	r = j.use(map[string]string{"command": "echo again >> out.txt", "policy": "none"})
	want(t, r, "success", 0)
	if r.Outputs["verdict"] != "pass" || r.Outputs["policy-digest"] != "" || noted(r, "warning", "baseline") {
		t.Errorf("none: outputs are %v, %+v", r.Outputs, r.Annotations)
	}

	// Asked for by name, the same pack decides.
	r = j.use(map[string]string{"command": "echo again >> asked.txt", "policy": "pack:baseline"})
	want(t, r, "failure", 3)
	if _, err := os.Stat(filepath.Join(j.Workspace, "asked.txt")); !errors.Is(err, fs.ErrNotExist) || !noted(r, "error", "acme/tool@v1 is not pinned") {
		t.Errorf("asked for: %v, %+v", err, r.Annotations)
	}
}

// gateWorkflow is a workflow of the consumer with a policy. REF is another action
// that it uses.
const gateWorkflow = `
name: ci
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: ` + checkoutPin + `
      - uses: REF
      - id: gated
        uses: ` + uses + `
        with:
          step: build
          command: echo built | tee out.txt > "$KEEP/ran"
          policy: P.signed.json
          policy-key: ${{ env.AUTHOR }}
          key: ${{ secrets.KEY }}
          binary-path: ${{ env.CILOCK }}
      - id: later
        if: always()
        env:
          VERDICT: ${{ steps.gated.outputs.verdict }}
          DIGEST: ${{ steps.gated.outputs.policy-digest }}
          EVIDENCE: ${{ steps.gated.outputs.evidence-path }}
        run: |
          echo "verdict=$VERDICT digest=$DIGEST"
          cp "$EVIDENCE" "$KEEP/e.json"
          test ! -e "$EVIDENCE.slsa.json" || touch "$KEEP/provenance"
`

// TestActGate is the gate under act, with the outputs read by a later step.
func TestActGate(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	p := policy(t, k, sourcesOnly)
	play := func(ref string) (*act.Result, string) {
		return workflow(t, k, strings.Replace(gateWorkflow, "REF", ref, 1), func(w *act.Workflow) {
			w.Files["P.signed.json"], w.Env["AUTHOR"] = p.text, p.key
			w.Actions[ref] = script(t, "echo the tool ran")
		})
	}
	for _, test := range []struct {
		ref, result, verdict string
		runs                 bool
	}{
		{"acme/tool@v1", "failure", "fail", false},
		{trusted, "success", "pass", true},
	} {
		r, keep := play(test.ref)
		if got := r.StepResult("gated"); got != test.result || exited(r, "gated", 3) == test.runs {
			t.Errorf("%s: the step ended in %q", test.ref, got)
		}
		if got, want := r.Output("later"), "verdict="+test.verdict+" digest="+p.digest+"\n"; got != want {
			t.Errorf("%s: the next step printed %q, want %q", test.ref, got, want)
		}
		done := section[attest.Completeness](t, k.evidence(t, filepath.Join(keep, "e.json")), attest.TypeCompleteness)
		if done.Started != test.runs || test.runs == strings.Contains(done.Reason, "denied by the policy: module build: source.rego: ") {
			t.Errorf("%s: started: %t, reason %q", test.ref, done.Started, done.Reason)
		}
		for _, name := range []string{"ran", "provenance"} {
			if _, err := os.Stat(filepath.Join(keep, name)); (err == nil) != test.runs {
				t.Errorf("%s: %s: %v", test.ref, name, err)
			}
		}
	}
}
