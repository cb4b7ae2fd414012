//go:build unix

package templates

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/org/cilock-action/test/act"
	"github.com/org/cilock-action/test/stack"
)

const (
	traceBuild = "org/cilock-action/.github/workflows/trace-build.yml@" + pinned
	built      = `mkdir dist && echo built > dist/app && echo read me > dist/readme.txt`
	// What a command can do to who watches it by ptrace, which is of its own user; the
	// step itself succeeds, although it can open nothing any more.
	blinded = built + `
        for pid in $(cat /proc/$PPID/task/*/children); do
          if tr '\0' '\n' < /proc/$pid/cmdline | grep -qx __tracer; then
            kill -KILL $pid
            while read -r _ _ state _ < /proc/$pid/stat && [ "$state" != Z ]; do :; done
          fi
        done`
)

// building is a job that calls trace-build.
func building(job, name, command, trace string) string {
	return fmt.Sprintf(`
  %s:
    permissions: {contents: read, id-token: write}
    uses: %s
    with:
      name: %s
      command: |
        %s
      products: dist
      trace: %s
      resolve: local`, job, traceBuild, name, command, trace)
}

// gating is a job that calls gate-release.
func gating(job, needs, name, more string) string {
	if needs != "" {
		needs = "    needs: " + needs + "\n"
	}
	return fmt.Sprintf(`
  %s:
%s    permissions: {contents: read}
    uses: org/cilock-action/.github/workflows/gate-release.yml@%s
    with:
      name: %s
      trusted-root: trusted_root.json
      signed-by: %s
%s`, job, needs, pinned, name, traceBuild, more)
}

// released is a job that does what a gate lets through.
func released(gate string) string {
	return strings.ReplaceAll(`
  after-GATE:
    needs: GATE
    runs-on: ubuntu-latest
    steps:
      - id: released
        env:
          SUMS: ${{ needs.GATE.outputs.sha256sums }}
          SAID: ${{ needs.GATE.outputs.verdict }} ${{ needs.GATE.outputs.policy-digest }} ${{ needs.GATE.outputs.products }}
        run: echo "$SAID"; echo "$SUMS"`, "GATE", gate)
}

// signedPolicy are the inputs for the consumer's own policy.
const signedPolicy = "      policy: P.signed.json\n      policy-key: policy.pub"

// variants makes artifacts that are not what was built, under names of their own.
const variants = `
  variants:
    needs: [build, blinded]
    runs-on: ubuntu-latest
    steps:
      - run: |
          cd "$ARTIFACT_STORE"
          copy() { # NAME-KIND of the build, as NAME
            cp -R "$(cat "name build-$2")" "$1-$2"
            printf %s "$1-$2" > "name $1-$2"
          }
          for name in byte extra empty blank; do copy $name evidence; copy $name products; done
          printf X | dd of=byte-products/app bs=1 seek=2 conv=notrunc
          echo more > extra-products/tool
          rm empty-products/*
          mv blank-products/app 'blank-products/an app'
          cp -R "$(cat 'name build-products')" both
          cp "$(cat 'name build-evidence')"/* both/
          printf both > 'name both'`

// TestRelease is the way of a release: what trace-build made and signed passes the
// gate, and each thing that is not as it says blocks it.
func TestRelease(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("the policy asks for a trace, which only Linux has")
	}
	s := stack.Start(t)
	// Gates that block are in a workflow of their own, since act starts nothing
	// after a job has failed.
	bad := "on: workflow_dispatch\njobs:"
	for _, name := range []string{"byte", "extra", "empty", "blank", "missing", "blinded"} {
		bad += gating("gate-"+name, "", name, signedPolicy)
	}
	bad += gating("blinded-pack", "", "blinded", "") + gating("policy", "", "build", "      policy: P.signed.json\n      policy-key: other.pub") +
		verifying("stranger", "", traceBuild, "acme/other") + verifying("own-workflow", "", "", "acme/consumer")
	c := newConsumer(t, "on: push\njobs:"+building("build", "build", built, "auto")+building("blinded", "blinded", blinded, "ptrace")+variants+
		gating("good", "variants", "build", signedPolicy)+gating("pack", "variants", "build", "")+released("good")+released("pack")+
		verifying("artifact", "variants", traceBuild, "acme/consumer"))
	c.files[".github/workflows/bad.yml"] = bad
	_, c.files["other.pub"] = newKey(t)
	c.withSigstore(s, nil)

	r := c.run("push")
	ended(t, r, "success", "build", "blinded", "variants", "good", "pack", "artifact", "after-good", "after-pack")
	passed := regexp.MustCompile(`^pass [0-9a-f]{64} build-products\n[0-9a-f]{64}  app\n[0-9a-f]{64}  readme.txt\n$`)
	for _, gate := range []string{"good", "pack"} {
		if said := of(r, "after-"+gate).Output("released"); !passed.MatchString(said) {
			t.Errorf("after %s it said %q", gate, said)
		}
	}
	c.said(1, `(?s)verdict: pass.*step "build".*its evidence belongs to the artifact`)
	c.checkStore()

	commit := c.commit
	r = c.run("workflow_dispatch")
	if c.commit != commit {
		t.Fatal("the second run is of another commit")
	}
	ended(t, r, "failure", "gate-byte", "gate-extra", "gate-empty", "gate-blank", "gate-missing", "gate-blinded", "blinded-pack", "policy", "stranger", "own-workflow")
	for job, step := range map[string]string{
		"gate-byte": "signer", "gate-extra": "signer", "gate-empty": "files", "gate-blank": "files", "gate-missing": "2", // the download of evidence
		"gate-blinded": "policy", "blinded-pack": "signer", "policy": "policy", "stranger": "verify", "own-workflow": "verify",
	} {
		stopped(t, r, job, step)
	}
	c.said(1, `fail: subject of \S+/gate/products/app: expected sha256:[0-9a-f]+ among the signed subjects`)
	c.said(1, `fail: subject of \S+/gate/products/tool: expected sha256:[0-9a-f]+ among the signed subjects`)
	c.said(3, `the tracer ended before the step did`) // before gate-blinded asks its policy, too
	c.said(1, `fail: policy signature of "P.signed.json"`)
	c.said(1, `expected source repository https://github.com/acme/other`)
	c.said(1, `expected a workflow of https://github.com/acme/consumer`)
	c.elsewhere(s)
}

// verifying is a job that calls verify-artifact.
func verifying(job, needs, signer, repository string) string {
	identity := ""
	if needs != "" {
		needs = "    needs: " + needs + "\n"
	}
	if signer != "" {
		identity = "      cert-identity: https://github.com/" + signer + "\n"
	}
	return fmt.Sprintf(`
  %s:
%s    permissions: {contents: read}
    uses: org/cilock-action/.github/workflows/verify-artifact.yml@%s
    with:
      artifact: both
      bundle: evidence.json
      verify-repo: %s
%s      trusted-root: trusted_root.json`, job, needs, pinned, repository, identity)
}

// checkStore looks at what trace-build uploaded.
func (c *consumer) checkStore() {
	c.t.Helper()
	store := c.env["ARTIFACT_STORE"]
	for name, want := range map[string][]string{
		"build-unsigned": {"evidence.json", "evidence.json.dsse.json", "evidence.json.pub", "evidence.json.sarif", "evidence.json.slsa.json"},
		"build-evidence": {"evidence.json", "evidence.json.dsse.json", "evidence.json.slsa.json"},
		"build-products": {"app", "readme.txt"},
	} {
		id, err := os.ReadFile(filepath.Join(store, "name "+name))
		if err != nil {
			c.t.Fatal(err)
		}
		entries, err := os.ReadDir(filepath.Join(store, string(id)))
		if err != nil {
			c.t.Fatal(err)
		}
		var got []string
		for _, e := range entries {
			got = append(got, e.Name())
		}
		if !slices.Equal(got, want) {
			c.t.Errorf("artifact %s has %q, want %q", name, got, want)
		}
	}
}

// elsewhere is a later run, of another commit, in which another workflow has the
// token. The artifacts of the first run are still there.
func (c *consumer) elsewhere(s *stack.Stack) {
	t := c.t
	evil := "acme/consumer/.github/workflows/evil.yml@refs/heads/main"
	later := newConsumer(t, "on: push\njobs:"+building("build", "later", built, "auto")+
		gating("signer", "build", "later", signedPolicy)+gating("commit", "build", "build", signedPolicy))
	later.withSigstore(s, map[string]any{"job_workflow_ref": evil})
	for _, name := range []string{"trusted_root.json", "P.signed.json", "policy.pub"} {
		later.files[name] = c.files[name]
	}
	later.env["ARTIFACT_STORE"] = c.env["ARTIFACT_STORE"]
	r := later.run("push")
	if later.commit == c.commit {
		t.Fatal("both runs are of one commit")
	}
	ended(t, r, "success", "build")
	ended(t, r, "failure", "signer", "commit")
	stopped(t, r, "signer", "signer")
	stopped(t, r, "commit", "signer")
	later.said(1, `found    https://github.com/acme/consumer/.github/workflows/evil.yml@refs/heads/main`)
	later.said(1, `expected a certificate for commit `+later.commit)
}

// of is the part of the log that belongs to a job of the consumer, and of what it calls.
func of(r *act.Result, job string) *act.Result {
	part := *r
	part.Log = slices.DeleteFunc(slices.Clone(r.Log), func(e act.Event) bool {
		name := strings.TrimSpace(e.Job)
		return !strings.HasPrefix(name, job+"/") && !strings.HasSuffix(name, "/"+job)
	})
	return &part
}

// ended fails the test unless jobs of the consumer ended so. A called workflow has
// failed if one of its jobs has.
func ended(t *testing.T, r *act.Result, want string, jobs ...string) {
	t.Helper()
	for _, job := range jobs {
		got := ""
		for _, e := range of(r, job).Log {
			if e.JobResult != "" && got != "failure" {
				got = e.JobResult
			}
		}
		if got != want {
			t.Errorf("%s ended in %q, want %q:\n%s", job, got, want, of(r, job).Text())
		}
	}
}

// stopped fails the test unless this step of a job is the one that failed.
func stopped(t *testing.T, r *act.Result, job, step string) {
	t.Helper()
	for _, e := range of(r, job).Log {
		if id := strings.Join(e.StepID, "/"); e.StepResult == "failure" && e.Stage == "Main" && len(e.StepID) == 1 && id != step {
			t.Errorf("step %s of %s failed, want %s", id, job, step)
		}
	}
	if got := of(r, job).StepResult(step); got != "failure" {
		t.Errorf("step %s of %s ended in %q", step, job, got)
	}
}

// said fails the test unless so many uses of the action in the last run, but for
// those that run a command, said what the pattern matches.
func (c *consumer) said(times int, pattern string) {
	c.t.Helper()
	files, err := filepath.Glob(filepath.Join(c.keep, "said-*"))
	if err != nil {
		c.t.Fatal(err)
	}
	all, found := "", 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			c.t.Fatal(err)
		}
		if regexp.MustCompile(pattern).Match(text) {
			found++
		}
		all += string(text)
	}
	if found != times {
		c.t.Errorf("%d said %q, want %d:\n%s", found, pattern, times, all)
	}
}

// withSigstore gives the consumer the instance's root, a policy, and tokens whose
// claims are those of a job of its run in trace-build, but for the changes.
func (c *consumer) withSigstore(s *stack.Stack, change map[string]any) {
	c.t.Helper()
	root, err := os.ReadFile(s.TrustedRoot)
	if err != nil {
		c.t.Fatal(err)
	}
	c.files["trusted_root.json"] = string(root)
	c.files["P.signed.json"], c.files["policy.pub"] = signed(c.t)
	for _, kv := range s.Env {
		name, value, _ := strings.Cut(kv, "=")
		c.env[name] = value
	}
	// trace-build has no input for these; they take the public instance's place.
	c.services = map[string]string{"FULCIO": s.FulcioURL, "REKOR": s.RekorURL, "TIMESTAMP": s.TSAURL}
	c.ready = func(commit string) {
		claims := map[string]any{
			"repository": "acme/consumer", "sub": "repo:acme/consumer:ref:refs/heads/main", "repository_owner": "acme",
			"sha": commit, "run_id": "1", "run_attempt": "1", "workflow_ref": c.env["GITHUB_WORKFLOW_REF"], "workflow_sha": commit,
			"job_workflow_ref": traceBuild, "job_workflow_sha": pinned,
		}
		maps.Copy(claims, change)
		s.SetClaims(claims)
	}
}

// plan is the policy that docs/templates.md shows, for the consumer.
func plan(t *testing.T) string {
	t.Helper()
	for _, block := range documented(t) {
		if strings.HasPrefix(block, "# P.yaml") {
			block = regexp.MustCompile(`expires: \S+`).ReplaceAllString(block, "expires: 2099-12-31")
			return strings.NewReplacer("<full commit SHA>", pinned, "octo-org/octo-repo", "acme/consumer").Replace(block)
		}
	}
	t.Fatal("docs/templates.md has no policy")
	return ""
}

// signed is the policy, signed by an author, and the author's public key.
func signed(t *testing.T) (policy, public string) {
	t.Helper()
	dir := t.TempDir()
	private, public := newKey(t)
	for name, text := range map[string]string{"author.pem": private, "P.yaml": plan(t)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cilock(t, dir, "policy", "build", "P.yaml", "-o", "P.json")
	cilock(t, dir, "policy", "sign", "--key", "author.pem", "P.json", "-o", "P.signed.json")
	text, err := os.ReadFile(filepath.Join(dir, "P.signed.json"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text), public
}
